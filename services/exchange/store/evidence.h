#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/session.h"

// The rows that one batch of access entries reads and writes beside the entries. The head is locked first, so batches
// run one after another and nothing else needs a lock of its own.
namespace edudelta::exchange::store {

struct Head {
  int64_t next_sequence = 0;
  // The database's clock.
  std::string now;
};
absl::StatusOr<Head> LockHead(db::Tx& tx);
absl::Status MoveHead(db::Tx& tx, int64_t next_sequence);

// The highest sequence number of each of these districts; of one without entries none. They are numbered one by one, so
// that a number tells nobody how much is asked elsewhere.
absl::StatusOr<std::map<std::string, int64_t>> LastSequences(db::Tx& tx, const std::vector<std::string>& districts);

// Principal, request id, chunk.
using ClaimKey = std::tuple<std::string, std::string, int32_t>;
struct Claim {
  int64_t sequence = 0;
  // Of the whole request, 32 bytes.
  std::string request_hash;
};
absl::StatusOr<std::map<ClaimKey, Claim>> FindClaims(db::Tx& tx, const std::vector<ClaimKey>& keys);
absl::Status InsertClaims(db::Tx& tx, const std::vector<std::pair<ClaimKey, Claim>>& claims);
// Claims of a week ago, some at a time: nobody repeats those requests any more.
absl::Status DropOldClaims(db::Session& session);

// What a batch needs of an agreement; its row is locked against change until the commit.
struct Terms {
  int state = 0;
  std::string content_hash;
  std::string consumer;
  // SQL times.
  std::string start_time;
  std::string end_time;
  int64_t daily_calls = 0;
  int64_t daily_records = 0;
};
// By id; those that do not exist are left out.
absl::StatusOr<std::map<std::string, Terms>> LockTerms(db::Tx& tx, const std::vector<std::string>& ids);

struct Use {
  int64_t calls = 0;
  int64_t records = 0;
};
// By agreement, for one day ("2026-11-21"); those without use are left out.
absl::StatusOr<std::map<std::string, Use>> FindUse(db::Tx& tx, const std::string& day,
                                                   const std::vector<std::string>& agreements);
absl::Status SetUse(db::Tx& tx, const std::string& day, const std::map<std::string, Use>& use);

}  // namespace edudelta::exchange::store
