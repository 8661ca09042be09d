#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/codec/json.h"
#include "gateway/codec/json_table.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

// A parser with its memory. One thread at a time.
class JsonParser {
 public:
  JsonParser();
  ~JsonParser();

  // JsonCodec::Read.
  absl::Status Read(const Tables& tables, absl::string_view json, google::protobuf::Message* message, Fields* said);
  // Bytes kept between calls.
  size_t memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace edudelta::gateway::codec
