#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/describe/describe.h"
#include "edudelta/call/v1/call.pb.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "gateway/policy/snapshot.h"

namespace edudelta::gateway::policy {

// One call, as far as the decision depends on it.
struct Ask {
  // "organizations/{organization}/users/{user}" or ".../clients/{client}", authenticated.
  std::string principal;
  // Of the token by which it was.
  std::int64_t token_generation = 0;
  // It is the change of the principal's own password.
  bool changes_own_password = false;
  describe::MethodKind kind = describe::MethodKind::kCustom;
  // Pattern of the resource, or of the custom method's name.
  std::string pattern;
  // Dataset of the resource; for a custom method the one it declares, empty when it declares none.
  std::string dataset;
  // Resource or parent that the request names; empty when it names none.
  std::string target;
  std::string purpose;
  std::string case_number;
  absl::Time now;
};

struct Decision {
  enum class Access {
    // The caller's own district, or no district: the service authorises by the caller's roles.
    kOwn,
    // Under an agreement, or denied for want of one.
    kPartner,
  };

  // OK, or why not.
  absl::Status status;
  Access access = Access::kOwn;
  // Whom the service is told. Under an agreement it carries the scope and no roles.
  call::v1::Caller caller;
  std::string dataset;
  // Code of the register that is asked; empty when there is none or all are meant.
  std::string district;
  // Resource or parent that is asked.
  std::string target;
  std::int64_t token_generation = 0;
  // The agreement that permits, or that was found wanting. Null when there is none.
  std::shared_ptr<const exchange::v1::PolicyAgreement> agreement;

  bool partner() const { return access == Access::kPartner; }
};

// Default deny. UNAUTHENTICATED: ACCOUNT_DISABLED, TOKEN_ENDED. PERMISSION_DENIED: PASSWORD_CHANGE_REQUIRED; of others'
// registers, in the order in which they are found:
// METHOD_NOT_SHARED, NO_AGREEMENT, AGREEMENT_REVOKED, AGREEMENT_SUSPENDED, AGREEMENT_EXPIRED, AGREEMENT_NOT_YET_VALID,
// PURPOSE_NOT_ALLOWED, CASE_NUMBER_REQUIRED; INVALID_ARGUMENT: PURPOSE_REQUIRED. Of several agreements one that
// permits wins, otherwise the one that came furthest.
Decision Decide(const Snapshot& snapshot, const Ask& ask);

// Whether what was decided still holds: for streams, before each chunk and with each change of the policy. The status a
// decision would have now, or PERMISSION_DENIED: ROLE_CHANGED when a role that the caller had is gone or reaches less
// far. What the caller has got besides makes no difference.
absl::Status StillHolds(const Snapshot& snapshot, const Decision& decision, absl::Time now);

}  // namespace edudelta::gateway::policy
