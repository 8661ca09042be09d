#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/pool.h"
#include "common/resource/request_log.h"
#include "common/rpc/call.h"

namespace edudelta::resource {

// What a write left behind.
struct Written {
  std::string name;
  int64_t version = 0;
  // The row's update time; the transaction's when empty.
  std::string time = {};
  // The row was like that before: nothing was written.
  bool unchanged = false;
};

// Runs a write once per request id, in one transaction with the request log. Thread-safe.
class Once {
 public:
  // `pool` and `cipher` outlive it. `on_commit` is called after each commit and before its answer.
  Once(db::Pool& pool, const crypto::FieldCipher& cipher, std::function<void()> on_commit)
      : pool_(pool), on_commit_(std::move(on_commit)), request_log_(cipher) {}

  // Opens the request log, calls `work` with the database's time, closes the log and commits. `replay` answers a
  // repeated request. Both may run again, when a transaction is repeated.
  absl::Status Run(const rpc::Call& call, const google::protobuf::Message& request,
                   absl::FunctionRef<absl::StatusOr<Written>(db::Tx&, const std::string& now)> work,
                   absl::FunctionRef<absl::Status(db::Tx&, const Written&)> replay) const;

 private:
  db::Pool& pool_;
  const std::function<void()> on_commit_;
  const RequestLog request_log_;
};

}  // namespace edudelta::resource
