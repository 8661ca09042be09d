#include "common/codes/mask.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/codes/identity_document.h"

namespace edudelta::codes {
namespace {

using options::v1::Field;

constexpr absl::string_view kHidden = "****";
// Passports and permits to travel are shorter: their first six characters and one more would be nearly all.
constexpr size_t kLongNumber = 15;

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
      return Characters(value).size() < kLongNumber ? Around(value, 1, 2, 5, true) : Around(value, 6, 1, 4, true);
    case Field::PHONE:
      return Around(value, 3, 4, 3, false);
    case Field::TAIL4:
      return Around(value, 0, 4, 4, false);
    default:
      return std::string(kHidden);
  }
}

bool LooksMasked(Field::Mask mask, absl::string_view value) {
  if (value == kHidden) return true;
  const std::vector<absl::string_view> all = Characters(value);
  const auto starred = [&](size_t begin, size_t end) {
    return std::all_of(all.begin() + begin, all.begin() + end, [](absl::string_view one) { return one == "*"; });
  };
  switch (mask) {
    case Field::PERSON_NAME:
      return !all.empty() && starred(all.size() == 1 ? 0 : 1, all.size());
    case Field::IDENTITY_NUMBER:
      return (all.size() >= 8 && all.size() < kLongNumber && starred(1, all.size() - 2)) ||
             (all.size() >= kLongNumber && starred(6, all.size() - 1));
    case Field::PHONE:
      return all.size() == 11 && starred(3, 7);
    case Field::TAIL4:
      return all.size() == 8 && starred(0, 4);
    default:
      return false;
  }
}

std::string Normal(Field::Mask mask, absl::string_view value) {
  if (mask == Field::PERSON_NAME) return WithMiddleDots(value);
  return mask == Field::IDENTITY_NUMBER ? NormalIdentityNumber(value) : std::string(value);
}

std::string WithMiddleDots(absl::string_view name) {
  constexpr char kDot[] = "\u00B7";
  return absl::StrReplaceAll(name, {{"\u2022", kDot},
                                    {"\u2027", kDot},
                                    {"\u2219", kDot},
                                    {"\u22C5", kDot},
                                    {"\u25CF", kDot},
                                    {"\u30FB", kDot},
                                    {"\uFF65", kDot}});
}

}  // namespace edudelta::codes
