#include "exchange/domain/password.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/text.h"

namespace edudelta::exchange::domain {
namespace {

constexpr size_t kFewestCharacters = 12;
constexpr size_t kMostBytes = 256;
// What must be left of it when all that is easily guessed is taken away.
constexpr size_t kFewestOwn = 8;
// A shorter name is a part of many words.
constexpr size_t kShortestName = 4;

constexpr const char* kCommonWords[] = {"password", "passw0rd", "p@ssw0rd", "administrator", "admin",  "edudelta",
                                        "welcome",  "letmein",  "iloveyou", "woaini",        "mima",   "5201314",
                                        "changeme", "secret",   "login",    "jiaoyu",        "xuexiao"};
// Runs on a keyboard and in the alphabet, to be read either way.
constexpr absl::string_view kRuns[] = {"01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl",
                                       "zxcvbnm",     "1qaz2wsx3edc4rfv5tgb6yhn"};

std::u32string CharactersOf(absl::string_view text) {
  std::u32string characters;
  while (!text.empty()) characters += TakeCharacter(&text);
  return characters;
}

bool AreNeighbours(char32_t a, char32_t b) {
  if (a == b) return true;
  if (a >= 0x80 || b >= 0x80) return a + 1 == b || b + 1 == a;
  const std::string there = {static_cast<char>(a), static_cast<char>(b)};
  const std::string back = {there[1], there[0]};
  return std::any_of(std::begin(kRuns), std::end(kRuns), [&](absl::string_view run) {
    return run.find(there) != absl::string_view::npos || run.find(back) != absl::string_view::npos;
  });
}

// "abcabcab" -> "abc".
std::u32string WithoutRepetition(const std::u32string& text) {
  for (size_t period = 1; period <= text.size() / 2; ++period) {
    if (std::equal(text.begin() + static_cast<std::ptrdiff_t>(period), text.end(), text.begin())) {
      return text.substr(0, period);
    }
  }
  return text;
}

size_t OwnCharacters(absl::string_view password, absl::string_view account) {
  std::string rest = absl::AsciiStrToLower(password);
  std::vector<std::string> words(std::begin(kCommonWords), std::end(kCommonWords));
  for (const absl::string_view part : absl::StrSplit(account, '/')) {
    if (part.size() >= kShortestName) words.push_back(absl::AsciiStrToLower(part));
  }
  for (const std::string& word : words) absl::StrReplaceAll({{word, ""}}, &rest);
  const std::u32string own = WithoutRepetition(CharactersOf(rest));
  size_t count = own.empty() ? 0 : 1;
  for (size_t i = 1; i < own.size(); ++i) count += AreNeighbours(own[i - 1], own[i]) ? 0 : 1;
  return count;
}

}  // namespace

absl::Status CheckPassword(absl::string_view password, absl::string_view account) {
  if (CharactersOf(password).size() < kFewestCharacters) {
    return Invalid("password", "PASSWORD_TOO_SHORT", "口令至少12个字符");
  }
  if (password.size() > kMostBytes) return Invalid("password", "PASSWORD_TOO_LONG", "口令太长");
  if (FaultOf(password, Lines::kOne) != TextFault::kNone || StripBlanks(password) != password) {
    return Invalid("password", "PASSWORD_CHARACTER", "口令不能含控制字符，首尾不能是空格");
  }
  if (OwnCharacters(password, account) < kFewestOwn) {
    return Invalid("password", "PASSWORD_GUESSABLE", "口令太容易猜到，请不要用账号名、常见词、连续或重复的字符");
  }
  return absl::OkStatus();
}

}  // namespace edudelta::exchange::domain
