#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/codec/json_table.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::gateway::codec {

// JsonCodec::WriteWire.
absl::Status WriteWireAsJson(const Tables& tables, const google::protobuf::Descriptor* type, absl::string_view wire,
                             std::string* out);

// The generated type that a type URL names; null when there is none.
const google::protobuf::Descriptor* FindAnyType(absl::string_view url);

}  // namespace edudelta::gateway::codec
