#pragma once

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/db/session.h"
#include "common/metrics/registry.h"

namespace edudelta::db {

struct Options {
  // mysql://user@host:port/schema, or mysql://user@localhost/schema?socket=/run/x.sock; the password comes separately,
  // never in the URL. `ssl_ca` set means TLS is required and verified.
  std::string url;
  std::string password;
  std::string ssl_ca;
  int connections = 6;
  absl::Duration connect_timeout = absl::Seconds(2);
  // No byte from the server for so long means that the connection is lost; only for a server that died without a word,
  // since deadlines end slow statements. Infinite for migrations, whose statements may take hours.
  absl::Duration network_timeout = absl::Seconds(60);
  // A writing transaction is ended (KILL, DEADLINE_EXCEEDED) after this long, whatever the caller's deadline: a
  // read_time at least 5 s old then sees every commit before it.
  absl::Duration transaction_limit = absl::Seconds(3);
  // How long a statement waits for the lock of a row or a table. Zero: for a row a second less than a transaction may
  // last, so that waiting ends in a retry and not in a kill; for a table until the statement's deadline.
  absl::Duration lock_wait = absl::ZeroDuration();
};

// Connections to one schema. Thread-safe. A connection that failed, or whose statement was killed, is discarded; the
// pool reconnects by itself when the database returns.
class Pool {
 public:
  // Does not connect: a service starts without its database. INVALID_ARGUMENT for a bad URL.
  static absl::StatusOr<std::unique_ptr<Pool>> Create(const Options& options, metrics::Registry& registry);
  virtual ~Pool() = default;

  // Runs `work` in one READ COMMITTED transaction and commits when it returns OK. On a deadlock or lock wait (not on an
  // ABORTED of the work's own) the whole work is run once more, so it must not keep results of the first run. Waiting
  // for a connection and every statement end at `deadline`. Failures: those of Session; UNKNOWN with reason
  // DATABASE_OUTCOME_UNKNOWN only when the COMMIT itself was cut off, every other failure wrote nothing.
  virtual absl::Status Transact(absl::Time deadline, absl::FunctionRef<absl::Status(Tx&)> work) = 0;

  // Runs `work` on an autocommit connection. One retry when the connection turns out to be dead before a statement ran.
  virtual absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> work) = 0;

  // One question: ends when the database answers, at the first refusal, or at the deadline. Sets edudelta_db_up and how
  // far the clocks are apart.
  virtual absl::Status Ping(absl::Time deadline) = 0;
};

}  // namespace edudelta::db
