#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "gateway/codec/json_values.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

// Why a value was refused: a stable reason and one Chinese sentence, both literals. Null reason: it was not.
struct Flaw {
  const char* reason = nullptr;
  const char* zh = nullptr;
};

inline Flaw FlawOf(NumberError error) {
  switch (error) {
    case NumberError::kNone:
      return {};
    case NumberError::kNotANumber:
      return {"VALUE_NOT_A_NUMBER", "应为数字"};
    case NumberError::kOutOfRange:
      return {"NUMBER_OUT_OF_RANGE", "数字超出范围"};
  }
  return {};
}

// Sets or adds the value that `text` means as a JSON string; `bare` when it stood without quotes as a number. No
// messages.
Flaw StoreText(const google::protobuf::FieldDescriptor* field, absl::string_view text, bool bare,
               google::protobuf::Message* message);
Flaw StoreBool(const google::protobuf::FieldDescriptor* field, bool value, google::protobuf::Message* message);

// The messages that are JSON strings: Timestamp, Duration, FieldMask, Date.
Flaw StoreSpecial(absl::string_view text, google::protobuf::Message* message);

}  // namespace edudelta::gateway::codec
