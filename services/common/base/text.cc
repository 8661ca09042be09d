#include "common/base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace edudelta {
namespace {

// Bytes of a character by its first one; 1 for what begins none.
size_t SizeOf(unsigned char first) {
  if (first < 0xc2 || first > 0xf4) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool IsLineBreak(char32_t c) { return (c >= 0x0a && c <= 0x0d) || c == 0x2028 || c == 0x2029; }

// Unicode's Bidi_Control.
bool TurnsDirection(char32_t c) {
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool IsNoCharacter(char32_t c) { return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef); }

}  // namespace

char32_t TakeCharacter(absl::string_view* text) {
  const auto first = static_cast<unsigned char>((*text)[0]);
  const size_t size = SizeOf(first) <= text->size() ? SizeOf(first) : 1;
  char32_t character = size == 1 ? first : first & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) character = character << 6 | (static_cast<unsigned char>((*text)[i]) & 0x3f);
  text->remove_prefix(size);
  return character;
}

bool IsBlank(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0d);
  if (c >= 0x2000 && c <= 0x200d) return true;
  switch (c) {
    case 0x0085:
    case 0x00a0:
    case 0x00ad:
    case 0x034f:
    case 0x115f:
    case 0x1160:
    case 0x1680:
    case 0x180e:
    case 0x2028:
    case 0x2029:
    case 0x202f:
    case 0x205f:
    case 0x2060:
    case 0x2800:
    case 0x3000:
    case 0x3164:
    case 0xfeff:
    case 0xffa0:
      return true;
    default:
      return false;
  }
}

absl::string_view StripBlanks(absl::string_view text) {
  while (!text.empty()) {
    absl::string_view rest = text;
    if (!IsBlank(TakeCharacter(&rest))) break;
    text = rest;
  }
  while (!text.empty()) {
    size_t last = text.size() - 1;
    while (last > 0 && text.size() - last < 4 && (static_cast<unsigned char>(text[last]) & 0xc0) == 0x80) --last;
    absl::string_view character = text.substr(last);
    if (!IsBlank(TakeCharacter(&character))) break;
    text = text.substr(0, last);
  }
  return text;
}

std::string HalfWidth(absl::string_view text) {
  std::string half;
  while (!text.empty()) {
    absl::string_view rest = text;
    const char32_t c = TakeCharacter(&rest);
    if (c == 0x3000) {
      half += ' ';
    } else if (c >= 0xff01 && c <= 0xff5e) {
      half += static_cast<char>(c - 0xff01 + '!');
    } else {
      half.append(text.data(), text.size() - rest.size());
    }
    text = rest;
  }
  return half;
}

TextFault FaultOf(absl::string_view text, Lines lines) {
  while (!text.empty()) {
    const char32_t c = TakeCharacter(&text);
    if (IsLineBreak(c)) {
      // Vertical tabs and form feeds are controls.
      if (c == 0x0b || c == 0x0c) return TextFault::kCharacter;
      if (lines == Lines::kOne) return TextFault::kLineBreak;
      continue;
    }
    if (c == '\t' && lines == Lines::kMany) continue;
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfeff || c == 0xfffd || TurnsDirection(c) || IsNoCharacter(c)) {
      return TextFault::kCharacter;
    }
  }
  return TextFault::kNone;
}

std::string Excerpt(absl::string_view text, size_t most) {
  size_t cut = std::min(text.size(), most);
  while (cut < text.size() && cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  const bool whole = cut == text.size();
  text = text.substr(0, cut);
  std::string shown;
  while (!text.empty()) {
    absl::string_view rest = text;
    const char32_t c = TakeCharacter(&rest);
    const absl::string_view bytes = text.substr(0, text.size() - rest.size());
    text = rest;
    const bool hidden = c != ' ' && (IsBlank(c) || FaultOf(bytes, Lines::kOne) != TextFault::kNone);
    absl::StrAppend(&shown, hidden ? absl::StrFormat("U+%04X", static_cast<uint32_t>(c)) : bytes);
  }
  return whole ? shown : absl::StrCat(shown, "…");
}

}  // namespace edudelta
