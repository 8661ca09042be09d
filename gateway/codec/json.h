#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

// Protobuf's JSON mapping (protobuf.dev/programming-guides/json), driven by tables made once per message type. It means
// what google::protobuf::util::MessageToJsonString and JsonStringToMessage mean, with these decisions:
//
//   * names are written in snake_case; snake_case and lowerCamelCase are read
//   * fields without presence are written when they are not the default, repeated fields when not empty
//   * google.type.Date is "YYYY-MM-DD", and a day that does not exist is refused (our only departure in the text)
//   * reading is strict where the utility is lenient: unknown fields, a field given twice, null in a list, true and
//     numbers in the wrong type, more than 32 levels, anything outside RFC 8259
namespace edudelta::gateway::codec {

class Tables;

using Fields = std::vector<const google::protobuf::FieldDescriptor*>;

// Thread-safe. Reading borrows a parser from a small internal stock.
class JsonCodec {
 public:
  // Makes the tables of these types and all they contain. Other types are added when they are first met.
  explicit JsonCodec(const std::vector<const google::protobuf::Descriptor*>& types);
  ~JsonCodec();
  JsonCodec(const JsonCodec&) = delete;
  JsonCodec& operator=(const JsonCodec&) = delete;

  // Appends what a message of `type` says to `out`, from its bytes as they came over the wire; fields that this program
  // does not know are left out. INVALID_ARGUMENT for what JSON cannot say: TIME_INVALID, FIELD_MASK_INVALID,
  // ANY_TYPE_UNKNOWN, ANY_INVALID, INVALID_UTF8, WIRE_INVALID. Then `out` is as before.
  absl::Status WriteWire(const google::protobuf::Descriptor* type, absl::string_view wire, std::string* out) const;

  // The same for a message.
  absl::Status Write(const google::protobuf::Message& message, std::string* out) const;

  // Clears `message` and fills it. INVALID_ARGUMENT with the path of the field, reason one of JSON_SYNTAX,
  // JSON_TOO_DEEP, INVALID_UTF8, UNKNOWN_FIELD, DUPLICATE_FIELD, ONEOF_DUPLICATE, VALUE_WRONG_TYPE, VALUE_NULL,
  // VALUE_NOT_A_NUMBER, NUMBER_OUT_OF_RANGE, ENUM_UNKNOWN, DATE_INVALID, TIME_INVALID, DURATION_INVALID,
  // FIELD_MASK_INVALID, BASE64_INVALID, ANY_TYPE_UNKNOWN. Then `message` is unspecified.
  absl::Status Read(absl::string_view json, google::protobuf::Message* message) const {
    return Read(json, message, nullptr);
  }

  // Also adds to `said` the fields that the outermost object has members for, in order of number: a message does not
  // tell zero, or null, from nothing said.
  absl::Status Read(absl::string_view json, google::protobuf::Message* message, Fields* said) const;

 private:
  struct Stock;

  std::unique_ptr<Tables> tables_;
  std::unique_ptr<Stock> stock_;
};

// Sets (or appends to, when repeated) one field from the text of a query parameter or a cell: what a JSON string with
// that text would mean, and true and false for bool. Messages: Timestamp, Duration, Date, FieldMask and wrappers only.
// Failures as Read, with the field's name as path.
absl::Status SetFromText(const google::protobuf::FieldDescriptor* field, absl::string_view text,
                         google::protobuf::Message* message);

}  // namespace edudelta::gateway::codec
