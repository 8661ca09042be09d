#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/codec/json_table.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

// JsonCodec::Write.
absl::Status WriteJson(const Tables& tables, const google::protobuf::Message& message, std::string* out);

// JsonCodec::WriteWire.
absl::Status WriteWireAsJson(const Tables& tables, const google::protobuf::Descriptor* type, absl::string_view wire,
                             std::string* out);

// The generated type that a type URL names; null when there is none.
const google::protobuf::Descriptor* FindAnyType(absl::string_view url);

}  // namespace edudelta::gateway::codec
