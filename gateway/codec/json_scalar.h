#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/codec/json_values.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

// Why a value was refused: a stable reason and one Chinese sentence, both literals. Null reason: it was not.
struct Flaw {
  const char* reason = nullptr;
  const char* zh = nullptr;
};

inline constexpr Flaw kWrongType = {"VALUE_WRONG_TYPE", "值的类型不对"};

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

// One value that is no message. The member that counts goes by the field's type; an enum is its number in `i`, `i` is
// set for both signed sizes and `u` for both unsigned ones.
struct Scalar {
  int64_t i = 0;
  uint64_t u = 0;
  double d = 0;
  float f = 0;
  // Views into the text that was parsed, or into `decoded`.
  absl::string_view text;
  // What base64 stood for.
  std::string decoded;
};

// What `text` means as a JSON string, or, when `bare`, as a JSON number. Not for bool and messages.
Flaw ParseScalar(const google::protobuf::FieldDescriptor* field, google::protobuf::FieldDescriptor::CppType type,
                 absl::string_view text, bool bare, Scalar* scalar);

// ParseScalar, then sets the field or adds to it.
Flaw StoreText(const google::protobuf::FieldDescriptor* field, absl::string_view text,
               google::protobuf::Message* message);
Flaw StoreBool(const google::protobuf::FieldDescriptor* field, bool value, google::protobuf::Message* message);

// The messages that are JSON strings.
Flaw ParseTime(absl::string_view text, bool duration, int64_t* seconds, int32_t* nanos);
Flaw ParseDay(absl::string_view text, int* year, int* month, int* day);
Flaw ParsePaths(absl::string_view text, std::vector<std::string>* paths);

// Timestamp, Duration, FieldMask and Date from their texts.
Flaw StoreSpecial(absl::string_view text, google::protobuf::Message* message);

}  // namespace edudelta::gateway::codec
