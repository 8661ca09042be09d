#include "common/base/entity_tag.h"

#include "absl/algorithm/container.h"
#include "absl/strings/strip.h"

namespace edudelta {
namespace {

bool IsInTag(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

std::optional<EntityTag> TakeOne(absl::string_view* list) {
  EntityTag tag;
  tag.weak = absl::ConsumePrefix(list, "W/");
  const auto end = list->find('"', 1);
  if (list->empty() || list->front() != '"' || end == absl::string_view::npos) return std::nullopt;
  tag.text = std::string(list->substr(0, end + 1));
  if (!absl::c_all_of(list->substr(1, end - 1), IsInTag)) return std::nullopt;
  list->remove_prefix(end + 1);
  return tag;
}

void SkipBlanks(absl::string_view* list) {
  while (!list->empty() && (list->front() == ' ' || list->front() == '\t')) list->remove_prefix(1);
}

}  // namespace

std::optional<std::vector<EntityTag>> ParseEntityTags(absl::string_view list) {
  std::vector<EntityTag> tags;
  for (;;) {
    SkipBlanks(&list);
    // Empty elements count for nothing.
    if (!list.empty() && list.front() != ',') {
      auto tag = TakeOne(&list);
      if (!tag) return std::nullopt;
      tags.push_back(*std::move(tag));
      SkipBlanks(&list);
    }
    if (list.empty()) break;
    if (!absl::ConsumePrefix(&list, ",")) return std::nullopt;
  }
  return tags.empty() ? std::nullopt : std::make_optional(std::move(tags));
}

bool MatchesStrongly(const std::vector<EntityTag>& list, absl::string_view tag) {
  return absl::c_any_of(list, [tag](const EntityTag& one) { return !one.weak && one.text == tag; });
}

}  // namespace edudelta
