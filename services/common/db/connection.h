#pragma once

#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/errors.h"
#include "common/db/pool.h"
#include "common/db/rows.h"
#include "common/db/url.h"

namespace sql {
class Connection;
class Statement;
}  // namespace sql

namespace edudelta::db {

// One connection to the server. One thread at a time, but any thread: the packaged driver sits on libmariadb, which
// keeps nothing per thread.
class Connection {
 public:
  // `timeout` is rounded up to whole seconds. UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Options& options, const Address& address,
                                                          absl::Duration timeout);
  ~Connection();

  // One round trip each, after the first time of a text.
  absl::StatusOr<Rows> Query(absl::string_view sql, const std::vector<Value>& parameters);
  absl::StatusOr<int64_t> Execute(absl::string_view sql, const std::vector<Value>& parameters, Doing doing);
  // Without preparing; for BEGIN, COMMIT, KILL, DDL. Affected rows.
  absl::StatusOr<int64_t> Command(absl::string_view sql, Doing doing);

  // The server's number of this connection, for KILL.
  int64_t id() const { return id_; }
  // True after a failure that leaves the connection useless.
  bool lost() const { return lost_; }

 private:
  explicit Connection(std::unique_ptr<sql::Connection> connection);
  void Configure(const Options& options);
  // Keeps the statements that were used last; see kMostPrepared.
  std::shared_ptr<Prepared> Prepare(absl::string_view sql);
  std::shared_ptr<Prepared> MakePrepared(const std::string& sql);
  void ForgetOldest();
  template <typename Work>
  auto CatchSql(Doing doing, Work work) -> absl::StatusOr<decltype(work())>;

  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::Statement> plain_;
  // By text, the one that was used last first; the map's keys are views of the list's texts.
  using Recent = std::list<std::pair<const std::string, std::shared_ptr<Prepared>>>;
  Recent recent_;
  absl::flat_hash_map<absl::string_view, Recent::iterator> prepared_;
  int64_t id_ = 0;
  bool lost_ = false;
};

}  // namespace edudelta::db
