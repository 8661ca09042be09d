#include "gateway/codec/written_time.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/text.h"
#include "common/calendar/days.h"
#include "common/codes/identifiers.h"
#include "gateway/codec/json_values.h"

namespace edudelta::gateway::codec {
namespace {

constexpr Flaw kNoDay = {"DATE_INVALID", "日期不存在，或不是 2025-09-01、2025/9/1、2025年9月1日 的形式"};
constexpr Flaw kNoTime = {"TIME_INVALID", "时间应写成 2025-09-01 08:00（北京时间）或 2025-09-01T00:00:00Z 的形式"};
constexpr Flaw kAmbiguous = {"DATE_AMBIGUOUS", "无法确定是哪一天：请写成 2025-09-01，或在电子表格中设为日期格式"};
constexpr int kShanghaiSeconds = 8 * 3600;
constexpr int kDaySeconds = 24 * 3600;

using codes::AllDigits;

// Digits, from `least` to `most` of them.
std::optional<int> Number(absl::string_view text, size_t least, size_t most) {
  int number = 0;
  if (text.size() < least || text.size() > most || !AllDigits(text) || !absl::SimpleAtoi(text, &number)) return {};
  return number;
}

std::optional<absl::CivilDay> DayOfParts(absl::string_view text) {
  const std::string plain = absl::StrReplaceAll(
      text, {{" 年", "-"}, {" 月", "-"}, {" 日", ""}, {"年", "-"}, {"月", "-"}, {"日", ""}, {"/", "-"}, {".", "-"}});
  const std::vector<absl::string_view> parts = absl::StrSplit(plain, '-');
  if (parts.size() != 3) return std::nullopt;
  const auto year = Number(parts[0], 4, 4);
  const auto month = Number(absl::StripLeadingAsciiWhitespace(parts[1]), 1, 2);
  const auto day = Number(absl::StripLeadingAsciiWhitespace(parts[2]), 1, 2);
  return year && month && day ? calendar::MakeDay(*year, *month, *day) : std::nullopt;
}

// Days since 1899-12-30, which is how spreadsheets store a day.
std::optional<absl::CivilDay> DayOfCount(double days) {
  const absl::CivilDay first(1950, 1, 1), last(2099, 12, 31), zero(1899, 12, 30);
  if (days < static_cast<double>(first - zero) || days >= static_cast<double>(last - zero) + 1) return std::nullopt;
  return zero + static_cast<int>(days);
}

// 20269 is September 2026 more likely than 1955-06-29.
bool MayBeMonth(double number) {
  return number == std::floor(number) && number > 19500 && number < 21000 && std::fmod(number, 10) != 0;
}

bool IsDecimal(absl::string_view text, double* number) {
  return text.find_first_not_of("0123456789.") == absl::string_view::npos && absl::SimpleAtod(text, number);
}

// 24/3/1, 3/1/2024, 2024 and 2024.3.
bool IsAmbiguous(absl::string_view text) {
  const std::string plain = absl::StrReplaceAll(text, {{"/", "-"}, {".", "-"}});
  const std::vector<absl::string_view> parts = absl::StrSplit(plain, '-');
  const bool no_such_day = parts.size() == 3 && parts[0].size() == 4;
  return !no_such_day && parts.size() <= 3 && std::all_of(parts.begin(), parts.end(), AllDigits);
}

// "9:00", "09:00:15.5", "9时00分", "9时00分15秒": nanoseconds of the day.
std::optional<int64_t> TimeOfDay(absl::string_view text) {
  std::string plain = absl::StrReplaceAll(text, {{"时", ":"}, {"分", ":"}, {"秒", ""}});
  if (absl::EndsWith(plain, ":") && !absl::EndsWith(text, ":")) plain.pop_back();
  const std::vector<absl::string_view> parts = absl::StrSplit(plain, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const std::pair<absl::string_view, absl::string_view> last = absl::StrSplit(parts.back(), absl::MaxSplits('.', 1));
  const auto hour = Number(parts[0], 1, 2), minute = Number(parts.size() == 3 ? parts[1] : last.first, 2, 2);
  const auto second = parts.size() == 3 ? Number(last.first, 2, 2) : std::optional<int>(0);
  std::string fraction(last.second);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  if (parts.size() == 2 && !fraction.empty()) return std::nullopt;
  if (fraction.size() > 9 || fraction.empty() == absl::StrContains(text, '.')) return std::nullopt;
  fraction.resize(9, '0');
  const auto nanos = Number(fraction, 9, 9);
  if (!nanos) return std::nullopt;
  return ((*hour * 60 + *minute) * 60 + *second) * int64_t{1'000'000'000} + *nanos;
}

// Where the day ends and the time of day begins.
size_t EndOfDay(absl::string_view text) {
  if (const size_t at = text.rfind("日"); at != absl::string_view::npos) return at + absl::string_view("日").size();
  return std::min(text.size(), text.find_first_of(" T"));
}

void Set(absl::CivilDay day, int64_t nanos_of_day, int64_t* seconds, int32_t* nanos) {
  *seconds = absl::ToUnixSeconds(calendar::StartOf(day)) + nanos_of_day / 1'000'000'000;
  *nanos = static_cast<int32_t>(nanos_of_day % 1'000'000'000);
}

}  // namespace

std::optional<absl::CivilDay> WrittenDay(absl::string_view cell) {
  for (const char* midnight : {":00:00", ":00"}) {
    absl::string_view day = cell;
    if (!absl::ConsumeSuffix(&day, midnight)) continue;
    if (!absl::ConsumeSuffix(&day, " 00") && !absl::ConsumeSuffix(&day, "T00") && !absl::ConsumeSuffix(&day, " 0"))
      continue;
    return DayOfParts(day);
  }
  return DayOfParts(cell);
}

Flaw ReadDay(absl::string_view cell, absl::CivilDay* day) {
  const std::string text = HalfWidth(cell);
  std::optional<absl::CivilDay> found = WrittenDay(text);
  double number = 0;
  if (!found && text.size() == 8 && AllDigits(text)) {
    found = DayOfParts(absl::StrCat(text.substr(0, 4), "-", text.substr(4, 2), "-", text.substr(6)));
  } else if (!found && IsDecimal(text, &number) && number == std::floor(number) && !MayBeMonth(number)) {
    found = DayOfCount(number);
  }
  if (!found) return IsAmbiguous(text) ? kAmbiguous : kNoDay;
  *day = *found;
  return {};
}

Flaw ReadInstant(absl::string_view cell, int64_t* seconds, int32_t* nanos) {
  if (ParseTimestamp(cell, seconds, nanos)) return {};
  const std::string folded = HalfWidth(cell);
  const absl::string_view text = folded;
  double number = 0;
  if (IsDecimal(text, &number)) {
    const auto counted = absl::StrContains(text, '.') && !MayBeMonth(number) ? DayOfCount(number) : std::nullopt;
    if (!counted) return kAmbiguous;
    // Spreadsheets count in fractions of a day, good for milliseconds and no more.
    const int64_t millis = std::llround((number - std::floor(number)) * kDaySeconds * 1000);
    Set(*counted, millis * 1'000'000, seconds, nanos);
    return {};
  }
  const size_t end = EndOfDay(text);
  const auto day = DayOfParts(text.substr(0, end));
  absl::string_view rest = absl::StripLeadingAsciiWhitespace(text.substr(end));
  absl::ConsumePrefix(&rest, "T");
  const auto of_day = TimeOfDay(rest);
  if (!day || !of_day) return kNoTime;
  Set(*day, *of_day, seconds, nanos);
  return {};
}

std::string LocalInstant(int64_t seconds, int32_t nanos) {
  char text[40];
  const char* const end = FormatTimestamp(seconds + kShanghaiSeconds, nanos, text);
  return end == nullptr ? "" : absl::StrCat(absl::string_view(text, end - text - 1), "+08:00");
}

}  // namespace edudelta::gateway::codec
