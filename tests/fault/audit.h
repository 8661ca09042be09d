#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "grpcpp/channel.h"
#include "tests/fault/ledger.h"

namespace edudelta::fault {

// What one district of the database of planning says about what its clients were told.
struct Findings {
  std::vector<std::string> problems;
  int versions = 0;
  // Requests that nobody waited for, and those of them that were done.
  int given_up = 0;
  int given_up_done = 0;
};

// Every acknowledged change is one version of a row with the answered etag; versions count from 1 without gaps, the
// last one in the table and the others in the history, one ending when the next begins; each version and each deletion
// has one event; the request log knows exactly what was acknowledged; and what was refused or given up left all or
// nothing. Waits for transactions that are still at their commit. `principals`: a prefix that only clients of this run
// have.
absl::StatusOr<Findings> AuditDistrict(db::Pool& pool, const crypto::FieldCipher& cipher, const std::string& district,
                                       const std::string& principals, const Ledger& ledger);

// The API lists exactly the rows that the tables hold.
absl::StatusOr<std::vector<std::string>> CompareLists(db::Pool& pool, const std::shared_ptr<grpc::Channel>& channel,
                                                      const std::string& district);

// Waits until everything is published: positions and sequences without gaps, events of a row in the order of its
// versions.
absl::StatusOr<std::vector<std::string>> AuditFeed(db::Pool& pool);

}  // namespace edudelta::fault
