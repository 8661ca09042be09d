#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "tests/fault/clerk.h"
#include "tests/fault/ledger.h"
#include "tests/fault/registers.h"

namespace edudelta::fault {

// What the database of one service says of one scope about what its clients were told.
struct Findings {
  std::vector<std::string> problems;
  int versions = 0;
  // Requests that nobody waited for, and those of them that were done.
  int given_up = 0;
  int given_up_done = 0;
};

// Every acknowledged change is one version of a row with the answered etag and content; versions count from 1 without
// gaps, the last one in the table and the others in the history, one ending when the next begins; each version and each
// deletion has one event with the same content, where the resource has events; the request log and the transition log
// know exactly what was acknowledged; and what was refused or given up left all or nothing. All declared resources of
// the service are looked at. Waits for transactions that are still at their commit. `ledger`: everything that the
// clients of the scope sent to any service.
absl::StatusOr<Findings> AuditScope(db::Pool& pool, const crypto::FieldCipher& cipher,
                                    const std::vector<const Kind*>& kinds, const Scope& scope, const Ledger& ledger);

}  // namespace edudelta::fault
