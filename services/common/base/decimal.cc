#include "common/base/decimal.h"

#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace edudelta {
namespace {

absl::Status Malformed() {
  return Error(absl::StatusCode::kInvalidArgument, "DECIMAL_FORMAT", "应为十进制数，例如 12.50");
}

absl::Status OutOfRange() {
  return Error(absl::StatusCode::kInvalidArgument, "DECIMAL_OUT_OF_RANGE", "数值超出可表示的范围");
}

bool OnlyDigits(absl::string_view text) {
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<int64_t> ParseDecimal(absl::string_view text, int scale) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  absl::string_view fraction = point == absl::string_view::npos ? absl::string_view() : text.substr(point + 1);
  const bool bare_point = point != absl::string_view::npos && fraction.empty();
  if (whole.empty() || bare_point || !OnlyDigits(whole) || !OnlyDigits(fraction)) return Malformed();

  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.size() > static_cast<size_t>(scale)) {
    return Error(absl::StatusCode::kInvalidArgument, "DECIMAL_TOO_PRECISE", absl::StrCat("最多保留 ", scale, " 位小数"),
                 {{"scale", absl::StrCat(scale)}});
  }
  const absl::int128 limit = absl::int128(INT64_MAX) + (negative ? 1 : 0);
  absl::int128 value = 0;
  auto append = [&](int digit) {
    value = value * 10 + digit;
    return value <= limit;
  };
  for (char c : whole) {
    if (!append(c - '0')) return OutOfRange();
  }
  for (int place = 0; place < scale; ++place) {
    const bool given = static_cast<size_t>(place) < fraction.size();
    if (!append(given ? fraction[place] - '0' : 0)) return OutOfRange();
  }
  return static_cast<int64_t>(negative ? -value : value);
}

std::string FormatDecimal(int64_t value, int scale) {
  const uint64_t magnitude = value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
  const std::string digits = absl::StrCat(magnitude);
  const size_t places = static_cast<size_t>(scale);
  const std::string zeros = digits.size() > places ? "" : std::string(places + 1 - digits.size(), '0');
  const std::string padded = absl::StrCat(zeros, digits);
  const absl::string_view all = padded;
  return absl::StrCat(value < 0 ? "-" : "", all.substr(0, all.size() - places), scale > 0 ? "." : "",
                      all.substr(all.size() - places));
}

std::string FormatDecimalShort(int64_t value, int scale) {
  std::string text = FormatDecimal(value, scale);
  if (scale == 0) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace edudelta
