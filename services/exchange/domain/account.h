#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "edudelta/call/v1/call.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/types.pb.h"

// Organisations, clients and users. Pure. Check failures are INVALID_ARGUMENT about a field; what a grantor may not
// give is PERMISSION_DENIED.
namespace edudelta::exchange::domain {

// DISTRICT_TWICE, DISTRICTS_NOT_BUREAU (only a bureau keeps registers).
absl::Status Check(const v1::Organization& next);
// DISTRICT_OWNED: two organisations must not keep the same register. `others` may contain `next` itself.
absl::Status MayOwn(const v1::Organization& next, const std::vector<v1::Organization>& others);
// DISTRICT_NOT_YOURS: a district goes to an organisation only by an administrator of the district. `old` may be null.
absl::Status MayAssignDistricts(const call::v1::Caller& caller, const v1::Organization* old,
                                const v1::Organization& next);

// Shared by clients and users: ROLE_REQUIRED, ROLE_NOT_GRANTABLE (services alone are services), PREFIX_INVALID,
// BINDING_TWICE.
absl::Status CheckBindings(const google::protobuf::RepeatedPtrField<v1::RoleBinding>& bindings);

// Whether a prefix is "*", or a name of a district or an organisation, or of something below one.
bool IsPrefix(absl::string_view prefix);

// About bindings that are added; those that an account has stay. GRANT_TO_SELF: nobody gives a role to the account that
// calls. PREFIX_COVERS_NOTHING, INVALID_ARGUMENT: cities and districts keep the registers. GRANT_ACROSS_ORGANIZATIONS:
// who keeps a register, or sees its personal data, belongs to an organisation that owns the district; others read under
// agreements. Also those of MayAdminister. `account` is of `organization`.
absl::Status MayGrant(const call::v1::Caller& caller, const v1::Organization& organization, absl::string_view account,
                      const v1::RoleBinding& binding);
// Whether the caller may have to do with who holds the role. GRANT_TOO_WIDE: an administrator grants what lies within
// its own prefixes; an administrator of an organisation also roles other than administrator within that organisation's
// districts.
absl::Status MayAdminister(const call::v1::Caller& caller, const v1::Organization& organization,
                           const v1::RoleBinding& binding);
// The bindings of `next` that `old` has not.
std::vector<v1::RoleBinding> Added(const google::protobuf::RepeatedPtrField<v1::RoleBinding>& old,
                                   const google::protobuf::RepeatedPtrField<v1::RoleBinding>& next);

// "organizations/x" of "organizations/x/users/y"; empty for other names.
absl::string_view OrganizationOf(absl::string_view principal);

}  // namespace edudelta::exchange::domain
