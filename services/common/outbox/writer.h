#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/crypto/field_cipher.h"
#include "common/db/session.h"
#include "common/outbox/sensitivity.h"
#include "edudelta/feed/v1/feed.pb.h"

namespace edudelta::outbox {

// What a write did to one resource. The messages live until Append returns.
struct Change {
  // "planning.School"
  std::string dataset;
  // Six digits; empty for a resource that belongs to no district.
  std::string district;
  std::string name;
  feed::v1::Event::Kind kind = feed::v1::Event::KIND_UNSPECIFIED;
  // In clear; null for a created resource.
  const google::protobuf::Message* before = nullptr;
  // Null for a deleted one.
  const google::protobuf::Message* after = nullptr;
};

// Commits events with the rows they tell of. The relay gives them their place later. Thread-safe.
class Writer {
 public:
  // `cipher` outlives the writer.
  explicit Writer(const crypto::FieldCipher& cipher) : cipher_(cipher) {}

  // To be called when the rows are locked, so that the events of one resource are in the order of its writes.
  // `commit_time` is the transaction's time on the database's clock ("2026-11-21 20:00:00.000000"). An event of a type
  // with L3 or L4 fields is encrypted as a whole. Failures: those of the session; INTERNAL for a malformed time.
  absl::Status Append(db::Tx& tx, absl::string_view commit_time, const std::vector<Change>& changes);

 private:
  const crypto::FieldCipher& cipher_;
  Sensitivity sensitivity_;
};

}  // namespace edudelta::outbox
