#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/field_cipher.h"
#include "common/db/session.h"
#include "common/rpc/call.h"
#include "google/protobuf/message.h"

namespace edudelta::resource {

// Makes a write safe to repeat (AIP-155): the log row commits with the write, keyed by principal and request id, and
// holds the request's keyed hash and what came of it, never a body: without the key nobody finds out what a request
// said by trying what it may have said.
class RequestLog {
 public:
  // `cipher` outlives it.
  explicit RequestLog(const crypto::FieldCipher& cipher) : cipher_(cipher) {}

  struct Outcome {
    std::string name;
    int64_t version = 0;
    // When it was written, by the database's clock.
    std::string time = {};
  };
  struct Opened {
    // The database's clock, for every row of this transaction.
    std::string now;
    // Set when this request was done before.
    std::optional<Outcome> earlier;
  };
  // One statement; takes the time even when the request has no id. INVALID_ARGUMENT: REQUEST_ID_FORMAT,
  // REQUEST_ID_REUSED (same id, another payload).
  absl::StatusOr<Opened> Open(const rpc::Call& call, const google::protobuf::Message& request, db::Tx& tx) const;
  // Whether this request id was used before; false for a request without one.
  absl::StatusOr<bool> Knows(const rpc::Call& call, const google::protobuf::Message& request,
                             db::Session& session) const;
  // ABORTED, reason REQUEST_IN_PROGRESS, when a concurrent twin came first: run the transaction again, it finds it.
  absl::Status Close(const rpc::Call& call, const google::protobuf::Message& request, db::Tx& tx,
                     const Outcome& outcome) const;
  // For a call without an id that found its work done: what another transaction committed can be read a moment before
  // it is on the disk, so a row of its own makes this one's commit wait for the disk too.
  static absl::Status ForceDurable(const rpc::Call& call, const std::string& now, db::Tx& tx);

  // How long a request may be repeated under its id.
  static constexpr absl::Duration kKeep = absl::Hours(24 * 7);
  // Deletes what is older, some at a time.
  static absl::Status DropOld(db::Session& session);

 private:
  const crypto::FieldCipher& cipher_;
};

// The id in the request's `request_id`, empty when it has none.
std::string RequestIdOf(const google::protobuf::Message& request);

// INVALID_ARGUMENT, reason REQUEST_ID_FORMAT: it has one that is no UUID4.
absl::Status CheckRequestId(const google::protobuf::Message& request);

}  // namespace edudelta::resource
