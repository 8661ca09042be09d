#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/db/session.h"
#include "common/resource/table.h"
#include "edudelta/call/v1/call.pb.h"

namespace edudelta::resource {

using Roles = google::protobuf::RepeatedField<int>;

// A piece of SQL with its parameters; empty means no condition.
struct Where {
  std::string sql;
  std::vector<db::Value> values;

  void And(const Where& other);
  void And(absl::string_view condition, std::vector<db::Value> parameters = {});
};

// PERMISSION_DENIED, reason ROLE_MISSING.
absl::Status RoleMissing();

// Whether the caller holds one of `roles` at `name` or above.
bool HoldsRole(const call::v1::Caller& caller, const Roles& roles, absl::string_view name);
bool HoldsRoleFromAbove(const call::v1::Caller& caller, const Roles& roles, absl::string_view name);
// The same for a stored row, which also counts below the resources that its `within` fields name; in a district's
// register only those of the row's own district.
bool HoldsRole(const call::v1::Caller& caller, const Roles& roles, const Table& table,
               const google::protobuf::Message& row);

// PERMISSION_DENIED, reason ROLE_MISSING, when the caller can write no row below `parent` by a method of this kind.
// Before rows are looked at: nobody learns from the faults of such. A scope's caller is refused elsewhere.
absl::Status CheckWritesBelow(const call::v1::Caller& caller, const Table& table, describe::MethodKind kind,
                              absl::string_view parent);

// Readers and writers of a resource.
Roles ReadersOf(const Table& table);

// The rows of a table that the caller may read by `roles`, as SQL; nullopt when there can be none.
std::optional<Where> ReadableRows(const call::v1::Caller& caller, const Roles& roles, const Table& table);

// Whether the caller sees L3 and L4 of anything in clear: the role anywhere, and a stated purpose.
bool SeesPersonalSomewhere(const call::v1::Caller& caller);
// The same of a row: the role at its name.
bool SeesPersonal(const call::v1::Caller& caller, const Table& table, const google::protobuf::Message& row);
// Whether a write may leave the row alone because it is so already. Not where `given` has a personal value that the
// caller sees masked only: whoever guesses would be told that the guess is right, by the answer or by the row's
// version.
bool MayTellSame(const call::v1::Caller& caller, const Table& table, const google::protobuf::Message& stored,
                 const google::protobuf::Message& given);
// The same as SeesPersonal for everything below a name.
bool SeesPersonalBelow(const call::v1::Caller& caller, absl::string_view parent);

}  // namespace edudelta::resource
