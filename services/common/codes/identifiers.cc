#include "common/codes/identifiers.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/calendar/days.h"

namespace edudelta::codes {
namespace {

constexpr absl::string_view kSocialCreditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

int Number(absl::string_view digits) {
  int value = -1;
  return absl::SimpleAtoi(digits, &value) ? value : -1;
}

template <size_t size>
bool OneOf(absl::string_view text, const std::array<absl::string_view, size>& choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

}  // namespace

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c); });
}

std::optional<char> ResidentIdCheck(absl::string_view first17) {
  constexpr std::array<int, 17> kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  if (first17.size() != kWeights.size() || !AllDigits(first17)) return std::nullopt;
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * (first17[i] - '0');
  return "10X98765432"[sum % 11];
}

std::optional<char> SocialCreditCheck(absl::string_view first17) {
  if (first17.size() != 17) return std::nullopt;
  int sum = 0;
  int weight = 1;
  for (const char c : first17) {
    const size_t value = kSocialCreditAlphabet.find(c);
    if (value == absl::string_view::npos) return std::nullopt;
    sum += weight * static_cast<int>(value);
    weight = weight * 3 % 31;
  }
  return kSocialCreditAlphabet[(31 - sum % 31) % 31];
}

std::optional<char> OrganizationCodeCheck(absl::string_view first8) {
  constexpr std::array<int, 8> kWeights = {3, 7, 9, 10, 5, 8, 4, 2};
  if (first8.size() != kWeights.size()) return std::nullopt;
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) {
    const char c = first8[i];
    if (!absl::ascii_isdigit(c) && !absl::ascii_isupper(c)) return std::nullopt;
    sum += kWeights[i] * (absl::ascii_isdigit(c) ? c - '0' : c - 'A' + 10);
  }
  const int check = 11 - sum % 11;
  if (check == 10) return 'X';
  return check == 11 ? '0' : static_cast<char>('0' + check);
}

std::optional<absl::CivilDay> ResidentIdBirthDay(absl::string_view id) {
  if (id.size() != 18 || !AllDigits(id.substr(6, 8))) return std::nullopt;
  const int year = Number(id.substr(6, 4));
  if (year < 1800) return std::nullopt;
  return calendar::MakeDay(year, Number(id.substr(10, 2)), Number(id.substr(12, 2)));
}

bool IsProvince(absl::string_view two_digits) {
  constexpr std::array<absl::string_view, 34> kProvinces = {
      "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42",
      "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82"};
  if (two_digits.size() == 2 && two_digits[0] == '9') return AllDigits(two_digits);
  return OneOf(two_digits, kProvinces);
}

bool IsSchoolCodeCategory(absl::string_view two_digits) {
  constexpr std::array<absl::string_view, 16> kCategories = {"11", "21", "22", "31", "32", "33", "34", "35",
                                                             "36", "37", "41", "42", "51", "91", "92", "93"};
  return OneOf(two_digits, kCategories);
}

}  // namespace edudelta::codes
