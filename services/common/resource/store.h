#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/crypto/field_cipher.h"
#include "common/db/session.h"
#include "common/resource/permission.h"
#include "common/resource/row.h"
#include "common/resource/table.h"
#include "common/rpc/call.h"

namespace edudelta::resource {

// Every SQL text of one resource. Reads are one statement; writes run inside the caller's transaction and keep history.
// Thread-safe: it holds no state but the texts.
class Store {
 public:
  Store(const Table& table, const crypto::FieldCipher& cipher);

  struct Read {
    const Projection* projection = nullptr;  // All columns when null.
    Where where;
    // As db::SqlTime; empty for now.
    std::string read_time;
  };
  absl::StatusOr<std::optional<Row>> Find(db::Session& session, const Ids& ids, const Read& read) const;
  // Those that are there, in any order. Precondition: `ids` is not empty.
  absl::StatusOr<std::vector<Row>> Find(db::Session& session, std::vector<Ids> ids, const Read& read) const;
  // The row as it was at one version, current or past, written at `time` at the latest: a row that was deleted and made
  // again under the same name counts its versions anew. For repeated requests.
  absl::StatusOr<std::optional<Row>> FindVersion(db::Session& session, const Ids& ids, int64_t version,
                                                 const std::string& time) const;
  // Up to `limit` versions of one row, the newest first, of those before `version`.
  absl::StatusOr<std::vector<Row>> VersionsBefore(db::Session& session, int64_t row_id, int64_t version,
                                                  int limit) const;
  // Up to `limit` rows in order of row_id, after that one.
  absl::StatusOr<std::vector<Row>> LockNext(db::Tx& tx, int64_t row_id, int limit) const;
  // Up to `limit` rows in order of name, after the given ids.
  absl::StatusOr<std::vector<Row>> Page(db::Session& session, const Read& read, const Ids& after, int limit) const;
  // How many of those rows hold about `bytes`, at least 1: asked before rows are read that may be many times larger
  // than what fits into an answer. Costs a statement only where the declared lengths allow so much.
  absl::StatusOr<int> Fitting(db::Session& session, const Read& read, const Ids& after, int limit, size_t bytes) const;

  // Rows that exist, locked. Ids of up to 1,000 rows.
  absl::StatusOr<std::vector<Row>> Lock(db::Tx& tx, const std::vector<Ids>& ids) const;
  // A row that stays as it is until the transaction ends; others may do the same.
  absl::StatusOr<std::optional<Row>> Hold(db::Tx& tx, const Ids& ids) const;

  std::string EtagOf(int64_t row_id, int64_t version) const { return resource::EtagOf(cipher_, row_id, version); }

  // `now` is the database's clock as db::SqlTime. Sets times and etag when `created` wants a single row's answer.
  absl::Status Insert(db::Tx& tx, const std::string& now,
                      const std::vector<const google::protobuf::Message*>& rows) const;
  // The row id of the single row inserted last.
  absl::StatusOr<int64_t> InsertOne(db::Tx& tx, const std::string& now, const google::protobuf::Message& row) const;
  absl::Status Replace(db::Tx& tx, const std::string& now, const Row& old, const google::protobuf::Message& next) const;
  absl::Status Remove(db::Tx& tx, const std::string& now, const Row& old) const;

  // Whether any row stands below these ids (ids of a parent resource, a prefix of this table's).
  absl::StatusOr<bool> HasBelow(db::Tx& tx, const Ids& parent) const;
  // Whether a row of what the district covers (of any, when empty) names the resource in this column.
  absl::StatusOr<bool> IsNamed(db::Tx& tx, const Column& column, const std::string& district,
                               const std::string& name) const;
  // Rows that are to be named or stood below: those that do not exist, and those that are closed or locked
  // (Resource.closed, Resource.locked).
  struct Standing {
    std::vector<Ids> missing = {};
    std::vector<Ids> closed = {};
    std::vector<Ids> locked = {};
  };
  // Locks the found rows against deletion and change until the transaction ends.
  absl::StatusOr<Standing> StandingOf(db::Tx& tx, const std::vector<Ids>& ids) const;

  // The statements of one row by their purposes, for --describe.
  std::vector<std::pair<std::string, std::string>> Texts() const;

 private:
  // A condition for the rows of ids[begin, end), whose parts go to `values`.
  std::string KeysOf(const std::vector<Ids>& ids, size_t begin, size_t end, std::vector<db::Value>* values) const;
  struct Statement {
    std::string sql;
    std::vector<db::Value> values;
  };
  // Page with another list of columns, which has the keys.
  Statement PageOf(const std::string& select, const Read& read, const Ids& after, int limit) const;
  std::string InsertText(size_t rows) const;
  absl::StatusOr<std::vector<Row>> Collect(db::Session& session, const std::string& sql,
                                           const std::vector<db::Value>& values, const Projection& projection) const;
  absl::Status CopyToHistory(db::Tx& tx, const std::string& now, const Row& old) const;

  const Table& table_;
  const crypto::FieldCipher& cipher_;
  Projection all_;
  std::string select_;
  std::string key_equal_;
  std::string insert_head_;
  std::string insert_row_;
  std::string update_;
  std::string copy_;
  std::string versions_;
  std::string delete_;
};

// A FROM clause for aggregates: the named columns of one district's rows as they were at `read_time` (db::SqlTime;
// empty for now).
struct Source {
  std::string sql;
  std::vector<db::Value> values;
};
Source SourceAsOf(const Table& table, const std::vector<std::string>& columns, const std::string& district,
                  const std::string& read_time);

// Whether the caller may ask for the time that the request asks for. Who reads under an agreement sees what is, not
// what was: rows that have left the agreement, or were corrected before it began. PERMISSION_DENIED, reason
// READ_TIME_NOT_SHARED.
absl::Status MayAskFor(const rpc::Call& call, const google::protobuf::Message& request);
// The time on the database's clock that a read may ask for: `read_time` of the request, or 5 s ago. INVALID_ARGUMENT,
// reason READ_TIME_TOO_RECENT; that of MayAskFor. Nothing becomes visible before that time any more, unless a COMMIT
// took longer than 2 s (edudelta_db_slow_commits_total): transactions end 3 s after they began, but for their COMMIT.
absl::StatusOr<std::string> ReadTimeOr5SecondsAgo(const rpc::Call& call, db::Session& session,
                                                  const google::protobuf::Message& request);
// `read_time` of the request as db::SqlTime, empty when it has none. The same failures.
absl::StatusOr<std::string> ReadTimeOf(const rpc::Call& call, db::Session& session,
                                       const google::protobuf::Message& request);
// The day that a summary is asked for: `as_of` of the request, else the day of its `read_time`, else today.
// INVALID_ARGUMENT, reason DATE_INVALID.
absl::StatusOr<absl::CivilDay> DayAskedFor(const google::protobuf::Message& request, absl::CivilDay today);

// The latest time that the service which refused with READ_TIME_TOO_RECENT would have answered for, as db::SqlTime;
// empty for other statuses.
std::string SafeTimeOf(const absl::Status& status);

}  // namespace edudelta::resource
