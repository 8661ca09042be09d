#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

// What people cannot see in a text, and what none may have. Texts are valid UTF-8; what is not is taken byte by byte.
namespace edudelta {

// Takes the first character off `text`, which is not empty.
char32_t TakeCharacter(absl::string_view* text);

// A space of any width, a tab, a line break, or a character without a width or a shape of its own, U+200B among them.
bool IsBlank(char32_t character);

// Without the blanks at both ends.
absl::string_view StripBlanks(absl::string_view text);
// The same text with the digits, letters and signs of full width (２１１，ｘ：) in the width of ASCII.
std::string HalfWidth(absl::string_view text);
// Whether there is nothing to be seen.
inline bool IsBlank(absl::string_view text) { return StripBlanks(text).empty(); }

enum class Lines { kOne, kMany };

// For people to read: what cannot be seen is written out as U+200B, and what is behind `most` bytes as "…".
std::string Excerpt(absl::string_view text, size_t most = 40);

enum class TextFault {
  kNone,
  // In a text of one line.
  kLineBreak,
  // A control character, one that turns the direction of writing, a byte order mark, U+FFFD or what is no character.
  kCharacter,
};

// The rule for every text that is stored. Many lines may have tabs too.
TextFault FaultOf(absl::string_view text, Lines lines);

}  // namespace edudelta
