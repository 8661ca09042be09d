#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "tests/fault/clerk.h"
#include "tests/fault/registers.h"
#include "tests/fault/transport.h"

namespace edudelta::fault {

// What one reading of what stands may take.
inline constexpr absl::Duration kReadWithin = absl::Seconds(60);

// Condition on the rows of a scope, with its parameters.
std::string ScopeClause(const Kind& kind, const Scope& scope, std::vector<db::Value>* parameters);

// All pages of a list: adds "name etag" of each row. Waits so long for a service that is not there.
absl::Status ListAll(const Transport& transport, const Actor& actor, const Kind& kind, const Scope& scope,
                     absl::Duration within, std::vector<std::string>* found);

// The API lists exactly the rows that the tables hold.
absl::StatusOr<std::vector<std::string>> CompareLists(db::Pool& pool, const crypto::FieldCipher& cipher,
                                                      const Transport& transport, const Actor& actor,
                                                      const std::vector<const Kind*>& kinds, const Scope& scope);

// Waits until everything is published: positions and sequences without gaps, events of a row in the order of its
// versions.
absl::StatusOr<std::vector<std::string>> AuditFeed(db::Pool& pool);

}  // namespace edudelta::fault
