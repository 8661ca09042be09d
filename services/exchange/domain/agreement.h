#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"

// Who may take which step of an agreement. Pure. FAILED_PRECONDITION unless said otherwise.
namespace edudelta::exchange::domain {

// AGREEMENT_NOT_DRAFT: from PROPOSED on, the content is bound by its hash.
absl::Status MayChange(const v1::Agreement& old, const v1::Agreement& next);

// AGREEMENT_ENDED: its term is over.
absl::Status CheckTerm(const v1::Agreement& agreement, absl::Time now);
// PERMISSION_DENIED, reason NOT_A_PARTY: `organization` is neither provider nor consumer.
absl::Status ActsForParty(const v1::Agreement& agreement, absl::string_view organization);
// DISTRICT_NOT_PROVIDERS: an agreement shares only what its provider keeps.
absl::Status CheckDistricts(const v1::Agreement& agreement, const v1::Organization& provider);

// CONTENT_HASH_MISMATCH: what is signed is what was seen.
absl::Status MaySign(const v1::Agreement& agreement, absl::string_view content_hash);
// PERMISSION_DENIED, reason SAME_PARTY: both parties sign, each for itself.
absl::Status MayCountersign(const v1::Agreement& agreement, absl::string_view organization);
void AddSignature(absl::string_view organization, absl::string_view principal, absl::Time now,
                  v1::Agreement* agreement);

// SUPERSEDED_OTHER_PARTIES: only the same two parties replace their agreement.
absl::Status MaySupersede(const v1::Agreement& next, const v1::Agreement& superseded);
// SUPERSEDED_NOT_RUNNING: another takes the place of one in force, or suspended, and so ends it; of two successors the
// second finds it ended.
absl::Status MayEndSuperseded(const v1::Agreement& superseded);

// SUCCESSOR_NOT_COUNTERSIGNED: only the countersignature of an agreement that names it ends it so; the successor as it
// stood before.
absl::Status MayBeSuperseded(const v1::Agreement& old, const v1::Agreement& successor);

// PERMISSION_DENIED, reason NOT_SUSPENDING_PARTY. `suspended_by`: the principal that suspended it.
absl::Status MayResume(absl::string_view organization, absl::string_view suspended_by);
// AGREEMENT_NOT_ENDED.
absl::Status MayExpire(const v1::Agreement& agreement, absl::Time now);

}  // namespace edudelta::exchange::domain
