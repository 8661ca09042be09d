#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace edudelta::gateway::cli {

// Members keep the order in which they were sent.
using Json = nlohmann::ordered_json;

// Lists and objects that may stand within one another. The library recurses where it copies, writes and frees a value.
constexpr int kMaxJsonDepth = 100;
bool NestsTooDeep(absl::string_view text);

// Discarded (is_discarded()) when it is not JSON, or nests too deep.
Json ParseJson(absl::string_view text);
// Never fails: bytes that are not UTF-8 are replaced.
std::string Dump(const Json& value, int indent = -1);

// A member as text: strings as they are, numbers and booleans as in JSON; empty when absent, null or composite.
std::string Text(const Json& object, const char* key);
// Numbers, and the strings that protobuf's JSON writes for 64-bit ones; 0 when absent.
int64_t Integer(const Json& object, const char* key);
// An empty array when absent.
const Json& List(const Json& object, const char* key);
// A null when absent.
const Json& Member(const Json& object, const char* key);

}  // namespace edudelta::gateway::cli
