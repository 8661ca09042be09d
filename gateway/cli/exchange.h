#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "gateway/cli/session.h"

// Agreements, the evidence log, and plain requests.
namespace edudelta::gateway::cli {

absl::Status ListAgreements(Session& session, const std::string& filter);
absl::Status ShowAgreement(Session& session, const std::string& name);

struct AgreementStep {
  // "propose", "sign", "countersign", "suspend", "resume" or "revoke".
  std::string verb;
  std::string name;
  std::string note;
  // Do not ask.
  bool yes = false;
};
// Shows what a signature will bind before it is given; the hash that was shown is the hash that is signed.
absl::Status TakeAgreementStep(Session& session, const AgreementStep& step);

struct AccessLogOptions {
  std::string district;
  std::string filter;
  // A day in Shanghai ("2026-11-20") or an RFC 3339 instant; empty: as far back as `limit` entries take.
  std::string since;
  int64_t limit = 50;
};
// The newest entries, the oldest of them first.
absl::Status ShowAccessLog(Session& session, const AccessLogOptions& options);

// Sends the requests of a JSON list of {"method", "path", "body"} in order and stops at the first that fails. Writes
// the answers' bodies to `responses` (private; empty: nowhere), null where the resource was there already.
absl::Status ApplyRequests(Session& session, const std::string& file, const std::string& responses);

}  // namespace edudelta::gateway::cli
