#include "gateway/codec/json_values.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace edudelta::gateway::codec {
namespace {

constexpr int64_t kMinSecond = -62135596800;
constexpr int64_t kMaxSecond = 253402300799;
constexpr int64_t kMaxDuration = 315576000000;

// The number grammar of RFC 8259, but leading zeros are allowed in strings, as the utility does.
bool IsNumber(absl::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t from = i;
    while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
    return i > from;
  };
  if (i < text.size() && text[i] == '-') ++i;
  if (!digits()) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

template <typename Int>
NumberError ParseInt(absl::string_view text, bool real, Int* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  if (error == std::errc() && stop == end) return NumberError::kNone;
  if (!IsNumber(text)) return NumberError::kNotANumber;
  const bool plain = text.find_first_of(".eE") == absl::string_view::npos;
  if (!plain && !real) return NumberError::kNotANumber;
  double wide;
  if (ParseDouble(text, false, &wide) != NumberError::kNone) return NumberError::kOutOfRange;
  if (wide != std::floor(wide)) return NumberError::kNotANumber;
  // 2^63 and 2^64 are exact as doubles; the maxima are not.
  const double limit = std::ldexp(1.0, std::numeric_limits<Int>::digits);
  if (wide >= limit || wide < static_cast<double>(std::numeric_limits<Int>::min())) return NumberError::kOutOfRange;
  if (plain) return NumberError::kOutOfRange;
  *value = static_cast<Int>(wide);
  return NumberError::kNone;
}

// Two digits; -1 when they are none.
int TwoDigits(const char* at) {
  const auto tens = static_cast<unsigned>(at[0] - '0'), ones = static_cast<unsigned>(at[1] - '0');
  return tens > 9 || ones > 9 ? -1 : static_cast<int>(tens * 10 + ones);
}

// ".123" at the head of `text`; removes it.
bool TakeFraction(absl::string_view* text, int32_t* nanos) {
  *nanos = 0;
  const char* at = text->data();
  const char* const end = at + text->size();
  if (at == end || *at != '.') return true;
  const char* const first = ++at;
  int32_t unit = 100000000;
  for (; at < end && absl::ascii_isdigit(*at); ++at) {
    if (unit == 0) return false;
    *nanos += (*at - '0') * unit;
    unit /= 10;
  }
  *text = absl::string_view(at, end - at);
  return at > first;
}

// Days since 1970-01-01 and back, in the proleptic Gregorian calendar with years that begin in March, so that the leap
// day is the last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). Years 1 to 9999; a day costs a tenth
// of what absl's civil time does.
int64_t DaysOf(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year;
  const int era = y / 400;
  const int of_era = y - era * 400;
  const int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return int64_t{era} * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct Day {
  int year;
  int month;
  int day;
};

Day DayOf(int64_t days) {
  const auto shifted = static_cast<uint32_t>(days + 719468);
  const uint32_t era = shifted / 146097;
  const uint32_t of_era = shifted - era * 146097;
  const uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const uint32_t month = (5 * of_year + 2) / 153;
  const int day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
  return {static_cast<int>(year + era * 400 + (month >= 10 ? 1 : 0)),
          static_cast<int>(month < 10 ? month + 3 : month - 9), day};
}

char* PutTwo(int value, char* at) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
  return at + 2;
}

char* PutDigits(int value, int count, char* at) {
  for (int i = count - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return at + count;
}

char* PutFraction(int32_t nanos, char* at) {
  if (nanos == 0) return at;
  *at++ = '.';
  if (nanos % 1000000 == 0) return PutDigits(nanos / 1000000, 3, at);
  if (nanos % 1000 == 0) return PutDigits(nanos / 1000, 6, at);
  return PutDigits(nanos, 9, at);
}

}  // namespace

NumberError ParseInt64(absl::string_view text, bool real, int64_t* value) { return ParseInt(text, real, value); }
NumberError ParseUint64(absl::string_view text, bool real, uint64_t* value) { return ParseInt(text, real, value); }
NumberError ParseInt32(absl::string_view text, bool real, int32_t* value) { return ParseInt(text, real, value); }
NumberError ParseUint32(absl::string_view text, bool real, uint32_t* value) { return ParseInt(text, real, value); }

NumberError ParseDouble(absl::string_view text, bool names, double* value) {
  if (names) {
    if (text == "NaN") return *value = std::numeric_limits<double>::quiet_NaN(), NumberError::kNone;
    if (text == "Infinity") return *value = std::numeric_limits<double>::infinity(), NumberError::kNone;
    if (text == "-Infinity") return *value = -std::numeric_limits<double>::infinity(), NumberError::kNone;
  } else if (text == "-0") {
    // Without quotes it is an integer first, for the utility too; -0.0 keeps its sign.
    return *value = 0, NumberError::kNone;
  }
  if (!IsNumber(text)) return NumberError::kNotANumber;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  if (error == std::errc()) return NumberError::kNone;
  // from_chars does not tell too big from too small; a number that rounds to zero is good.
  *value = std::strtod(std::string(text).c_str(), nullptr);
  return std::isfinite(*value) ? NumberError::kNone : NumberError::kOutOfRange;
}

NumberError ParseFloat(absl::string_view text, bool names, float* value) {
  double wide;
  if (const NumberError error = ParseDouble(text, names, &wide); error != NumberError::kNone) return error;
  if (std::isfinite(wide) && std::abs(wide) > static_cast<double>(std::numeric_limits<float>::max())) {
    return NumberError::kOutOfRange;
  }
  *value = static_cast<float>(wide);
  return NumberError::kNone;
}

std::string FormatDouble(double value) {
  char buffer[40];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

std::string FormatFloat(float value) {
  char buffer[40];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

bool IsDay(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  if (day <= 28) return true;
  if (month == 2) return day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= 30 || (month != 4 && month != 6 && month != 9 && month != 11);
}

bool ParseDate(absl::string_view text, int* year, int* month, int* day) {
  const char* const at = text.data();
  if (text.size() != 10 || at[4] != '-' || at[7] != '-') return false;
  const int century = TwoDigits(at), of_century = TwoDigits(at + 2);
  *year = century * 100 + of_century;
  *month = TwoDigits(at + 5);
  *day = TwoDigits(at + 8);
  return century >= 0 && of_century >= 0 && IsDay(*year, *month, *day);
}

char* FormatDate(int year, int month, int day, char* at) {
  at = PutTwo(year / 100, at);
  at = PutTwo(year % 100, at);
  *at++ = '-';
  at = PutTwo(month, at);
  *at++ = '-';
  return PutTwo(day, at);
}

bool ParseTimestamp(absl::string_view text, int64_t* seconds, int32_t* nanos) {
  int year, month, day;
  const char* const at = text.data();
  if (text.size() < 20 || !ParseDate(absl::string_view(at, 10), &year, &month, &day) || at[10] != 'T' ||
      at[13] != ':' || at[16] != ':') {
    return false;
  }
  const int hour = TwoDigits(at + 11), minute = TwoDigits(at + 14), second = TwoDigits(at + 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  *seconds = DaysOf(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  text.remove_prefix(19);
  if (!TakeFraction(&text, nanos)) return false;
  if (text != "Z") {
    const char* const zone = text.data();
    if (text.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return false;
    const int off_hour = TwoDigits(zone + 1), off_minute = TwoDigits(zone + 4);
    if (off_hour < 0 || off_hour > 23 || off_minute < 0 || off_minute > 59) return false;
    const int64_t offset = off_hour * 3600 + off_minute * 60;
    *seconds += zone[0] == '+' ? -offset : offset;
  }
  return *seconds >= kMinSecond && *seconds <= kMaxSecond;
}

char* FormatTimestamp(int64_t seconds, int32_t nanos, char* at) {
  if (seconds < kMinSecond || seconds > kMaxSecond || nanos < 0 || nanos > 999999999) return nullptr;
  const auto since = static_cast<uint64_t>(seconds - kMinSecond);
  const auto of_day = static_cast<int>(since % 86400);
  const Day day = DayOf(static_cast<int64_t>(since / 86400) + kMinSecond / 86400);
  at = FormatDate(day.year, day.month, day.day, at);
  *at++ = 'T';
  at = PutTwo(of_day / 3600, at);
  *at++ = ':';
  at = PutTwo(of_day / 60 % 60, at);
  *at++ = ':';
  at = PutTwo(of_day % 60, at);
  at = PutFraction(nanos, at);
  *at++ = 'Z';
  return at;
}

bool ParseDuration(absl::string_view text, int64_t* seconds, int32_t* nanos) {
  if (text.empty() || text.back() != 's') return false;
  text.remove_suffix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || !absl::ascii_isdigit(text[0])) return false;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *seconds);
  if (error != std::errc() || *seconds > kMaxDuration) return false;
  text.remove_prefix(stop - text.data());
  if (!TakeFraction(&text, nanos) || !text.empty()) return false;
  if (*seconds == kMaxDuration && *nanos > 0) return false;
  if (negative) *seconds = -*seconds, *nanos = -*nanos;
  return true;
}

char* FormatDuration(int64_t seconds, int32_t nanos, char* at) {
  if (seconds < -kMaxDuration || seconds > kMaxDuration || nanos < -999999999 || nanos > 999999999) return nullptr;
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return nullptr;
  if (seconds < 0 || nanos < 0) *at++ = '-';
  at = std::to_chars(at, at + 20, std::abs(seconds)).ptr;
  at = PutFraction(std::abs(nanos), at);
  *at++ = 's';
  return at;
}

bool ParseFieldMask(absl::string_view text, std::vector<std::string>* paths) {
  if (text.empty()) return true;
  for (absl::string_view path : absl::StrSplit(text, ',')) {
    if (path.empty()) return false;
    std::string snake;
    for (char c : path) {
      if (absl::ascii_isupper(c)) {
        if (snake.empty() || !absl::ascii_isalnum(snake.back())) return false;
        snake.push_back('_');
        c = absl::ascii_tolower(c);
      } else if (!absl::ascii_isalnum(c) && c != '_' && c != '.' && c != '*') {
        return false;
      }
      snake.push_back(c);
    }
    paths->push_back(std::move(snake));
  }
  return true;
}

bool FormatFieldMaskPath(absl::string_view path, std::string* out) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (absl::ascii_isupper(path[i])) return false;
    if (path[i] != '_') {
      out->push_back(path[i]);
      continue;
    }
    if (++i == path.size() || !absl::ascii_islower(path[i])) return false;
    out->push_back(absl::ascii_toupper(path[i]));
  }
  return true;
}

bool ParseBase64(absl::string_view text, std::string* bytes) {
  // Abseil takes blanks anywhere, and a dot in place of "=".
  for (char c : text) {
    if (absl::ascii_isspace(c) || c == '.') return false;
  }
  // Only the text that encoding would give: stray low bits in the last digit are refused.
  const absl::string_view digits = text.substr(0, text.find('='));
  return (absl::Base64Unescape(text, bytes) && absl::StartsWith(absl::Base64Escape(*bytes), digits)) ||
         (absl::WebSafeBase64Unescape(text, bytes) && absl::WebSafeBase64Escape(*bytes) == digits);
}

}  // namespace edudelta::gateway::codec
