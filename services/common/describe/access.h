#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/describe/describe.h"
#include "edudelta/call/v1/call.pb.h"
#include "google/protobuf/repeated_field.h"

// Who may call a standard method, as the resource declares it: one reading for the services, which decide by the row,
// and for the gateway, which asks before it reads a body whether the caller could have a row there at all. Pure.
namespace edudelta::describe {

using Roles = google::protobuf::RepeatedField<int>;

// Writers of the resource, and for reads its readers besides.
Roles RolesOf(const options::v1::Resource& resource, MethodKind kind);

// PERMISSION_DENIED, reason ROLE_MISSING.
absl::Status RoleMissing();

// Whether the caller holds one of `roles` at `name` or above.
bool HoldsRole(const call::v1::Caller& caller, const Roles& roles, absl::string_view name);

// Whether some row of `resource` below `parent` could be the caller's by one of `roles`: by its name, or by what its
// `within` fields may name. Says yes rather than no: the row decides. `parent` may have wildcards; empty for all.
bool MayHoldBelow(const call::v1::Caller& caller, const Roles& roles, const google::protobuf::Descriptor* resource,
                  absl::string_view parent);

}  // namespace edudelta::describe
