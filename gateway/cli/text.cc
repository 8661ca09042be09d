#include "gateway/cli/text.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace edudelta::gateway::cli {
namespace {

using Range = std::pair<uint32_t, uint32_t>;

// Unicode's East_Asian_Width W and F.
constexpr Range kWide[] = {{0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
                           {0x4E00, 0x9FFF}, {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF}, {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                           {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range kNone[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};

template <size_t n>
bool In(const Range (&ranges)[n], uint32_t code) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [code](const Range& range) { return code >= range.first && code <= range.second; });
}

// Takes one character off the front; a broken byte alone.
uint32_t Take(absl::string_view* text) {
  const auto first = static_cast<unsigned char>(text->front());
  const size_t size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  uint32_t code = size == 1 ? first : first & (0xFF >> (size + 1));
  size_t taken = 1;
  while (taken < size && taken < text->size() && (static_cast<unsigned char>((*text)[taken]) & 0xC0) == 0x80) {
    code = code << 6 | (static_cast<unsigned char>((*text)[taken++]) & 0x3F);
  }
  const bool whole = taken == size;
  text->remove_prefix(whole ? size : 1);
  return whole ? code : 0xFFFD;
}

int WidthOf(uint32_t code) { return In(kNone, code) ? 0 : In(kWide, code) ? 2 : 1; }

std::string Encode(absl::string_view text, absl::string_view kept) {
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || kept.find(c) != absl::string_view::npos) {
      out += c;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) width += WidthOf(Take(&text));
  return width;
}

std::string FitTo(absl::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  absl::string_view rest = text;
  int used = 0;
  while (!rest.empty()) {
    absl::string_view after = rest;
    used += WidthOf(Take(&after));
    if (used > width - 1) break;
    rest = after;
  }
  return absl::StrCat(text.substr(0, text.size() - rest.size()), "…");
}

std::string Printable(absl::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return out;
}

std::string EncodeQuery(absl::string_view text) { return Encode(text, "-._~"); }
std::string EncodePath(absl::string_view text) { return Encode(text, "-._~/:"); }

std::string CleanName(absl::string_view text) {
  absl::ConsumePrefix(&text, "/");
  absl::ConsumePrefix(&text, "v1/");
  absl::ConsumeSuffix(&text, "/");
  return std::string(text);
}

std::string LastSegment(absl::string_view name) {
  const size_t slash = name.rfind('/');
  return std::string(slash == absl::string_view::npos ? name : name.substr(slash + 1));
}

std::string NewRequestId() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), bytes.size());
  bytes[6] = (bytes[6] & 0x0F) | 0x40;
  bytes[8] = (bytes[8] & 0x3F) | 0x80;
  const std::string hex =
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  const absl::string_view all = hex;
  return absl::StrCat(all.substr(0, 8), "-", all.substr(8, 4), "-", all.substr(12, 4), "-", all.substr(16, 4), "-",
                      all.substr(20));
}

std::string Grouped(int64_t number) {
  const std::string digits = absl::StrCat(number);
  const size_t sign = number < 0 ? 1 : 0;
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > sign && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string TrimZeros(std::string decimal) {
  if (decimal.find('.') == std::string::npos) return decimal;
  while (decimal.back() == '0') decimal.pop_back();
  if (decimal.back() == '.') decimal.pop_back();
  return decimal;
}

std::string Bytes(int64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  if (bytes < 1024 * 1024) return absl::StrFormat("%.1f KB", bytes / 1024.0);
  return absl::StrFormat("%.1f MB", bytes / 1024.0 / 1024.0);
}

std::string LocalTime(absl::string_view instant) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, instant, &time, &error)) return std::string(instant);
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, absl::FixedTimeZone(8 * 3600));
}

}  // namespace edudelta::gateway::cli
