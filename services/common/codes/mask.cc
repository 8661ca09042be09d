#include "common/codes/mask.h"

#include <array>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace edudelta::codes {
namespace {

using options::v1::Field;

constexpr absl::string_view kHidden = "****";

std::vector<absl::string_view> Characters(absl::string_view value) {
  std::vector<absl::string_view> characters;
  size_t begin = 0;
  for (size_t i = 1; i <= value.size(); ++i) {
    const bool continues = i < value.size() && (static_cast<unsigned char>(value[i]) & 0xc0) == 0x80;
    if (continues) continue;
    characters.push_back(value.substr(begin, i - begin));
    begin = i;
  }
  return characters;
}

// The first `head` and last `tail` characters around the stars, if at least `hide` others stay hidden.
std::string Around(absl::string_view value, size_t head, size_t tail, size_t hide, bool star_each) {
  const std::vector<absl::string_view> all = Characters(value);
  if (all.size() < head + tail + hide) return std::string(kHidden);
  const std::string stars = star_each ? std::string(all.size() - head - tail, '*') : std::string(kHidden);
  return absl::StrCat(absl::StrJoin(all.begin(), all.begin() + head, ""), stars,
                      absl::StrJoin(all.end() - tail, all.end(), ""));
}

}  // namespace

std::string Mask(Field::Mask mask, absl::string_view value) {
  if (value.empty()) return "";
  switch (mask) {
    case Field::PERSON_NAME: {
      const std::vector<absl::string_view> characters = Characters(value);
      return characters.size() == 1 ? "*" : absl::StrCat(characters[0], "*");
    }
    case Field::IDENTITY_NUMBER:
      return Around(value, 6, 1, 4, true);
    case Field::PHONE:
      return Around(value, 3, 4, 3, false);
    case Field::TAIL4:
      return Around(value, 0, 4, 4, false);
    default:
      return std::string(kHidden);
  }
}

bool LooksMasked(absl::string_view value) {
  constexpr std::array<absl::string_view, 9> kSigns = {"*", "＊", "×", "●", "•", "■", "█", "XXX", "xxx"};
  for (const absl::string_view sign : kSigns) {
    if (absl::StrContains(value, sign)) return true;
  }
  return false;
}

}  // namespace edudelta::codes
