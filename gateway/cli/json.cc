#include "gateway/cli/json.h"

#include "absl/strings/numbers.h"

namespace edudelta::gateway::cli {

bool NestsTooDeep(absl::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

Json ParseJson(absl::string_view text) {
  if (NestsTooDeep(text)) return Json(Json::value_t::discarded);
  return Json::parse(text.begin(), text.end(), nullptr, false);
}

std::string Dump(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

const Json& Member(const Json& object, const char* key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

const Json& List(const Json& object, const char* key) {
  static const Json kEmpty = Json::array();
  const Json& member = Member(object, key);
  return member.is_array() ? member : kEmpty;
}

std::string Text(const Json& object, const char* key) {
  const Json& member = Member(object, key);
  if (member.is_string()) return member.get<std::string>();
  return member.is_number() || member.is_boolean() ? Dump(member) : "";
}

int64_t Integer(const Json& object, const char* key) {
  int64_t value = 0;
  return absl::SimpleAtoi(Text(object, key), &value) ? value : 0;
}

}  // namespace edudelta::gateway::cli
