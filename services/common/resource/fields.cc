#include "common/resource/fields.h"

#include "absl/strings/ascii.h"

namespace edudelta::resource {

using google::protobuf::Message;

std::string TextOf(const Message& message, absl::string_view field) {
  const auto* descriptor = message.GetDescriptor()->FindFieldByName(std::string(field));
  return descriptor == nullptr ? "" : message.GetReflection()->GetString(message, descriptor);
}

const Message* MessageOf(const Message& message, absl::string_view field) {
  const auto* descriptor = message.GetDescriptor()->FindFieldByName(std::string(field));
  if (descriptor == nullptr || !message.GetReflection()->HasField(message, descriptor)) return nullptr;
  return &message.GetReflection()->GetMessage(message, descriptor);
}

std::string ReasonWord(absl::string_view type) {
  std::string word;
  for (const char c : type) {
    if (absl::ascii_isupper(c) && !word.empty()) word += '_';
    word += absl::ascii_toupper(c);
  }
  return word;
}

}  // namespace edudelta::resource
