#include "common/resource/keep_unknown.h"

#include <vector>

#include "nlohmann/json.hpp"

namespace edudelta::resource {
namespace {

using Json = nlohmann::ordered_json;

Json Keep(const Json& stored, const Json& before, const Json& after);

Json KeepOfObject(const Json& stored, const Json& before, const Json& after) {
  Json kept = after;
  for (const auto& [key, value] : stored.items()) {
    const bool known = before.contains(key);
    if (known && after.contains(key)) kept[key] = Keep(value, before[key], after[key]);
    if (!known && !after.contains(key)) kept[key] = value;
  }
  return kept;
}

Json KeepOfArray(const Json& stored, const Json& before, const Json& after) {
  Json kept = after;
  std::vector<bool> taken(before.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    if (!kept[i].is_object()) continue;
    // Mostly it is where it was.
    for (size_t tried = 0; tried < before.size(); ++tried) {
      const size_t at = (i + tried) % before.size();
      if (taken[at] || before[at] != kept[i]) continue;
      taken[at] = true;
      kept[i] = stored[at];
      break;
    }
  }
  return kept;
}

Json Keep(const Json& stored, const Json& before, const Json& after) {
  if (before == after) return stored;
  if (stored.is_object() && before.is_object() && after.is_object()) return KeepOfObject(stored, before, after);
  // Values of an enum that are not known here are no elements of `before`.
  const bool arrays = stored.is_array() && before.is_array() && after.is_array() && stored.size() == before.size();
  return arrays ? KeepOfArray(stored, before, after) : after;
}

}  // namespace

std::string KeepUnknown(const std::string& stored, const std::string& before, const std::string& after) {
  const auto parse = [](const std::string& text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); };
  const Json was = parse(stored);
  const Json known = parse(before);
  const Json next = parse(after);
  if (was.is_discarded() || known.is_discarded() || next.is_discarded()) return after;
  return Keep(was, known, next).dump();
}

}  // namespace edudelta::resource
