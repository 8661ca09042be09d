#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace edudelta::gateway::codec {

// Room for any number, time or punctuation.
constexpr size_t kSmall = 64;

inline bool NeedsEscape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

// Whether one of eight bytes needs an escape; exact for the first such byte, which is all that is asked.
inline bool AnyNeedsEscape(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x8080808080808080;
  const auto zero = [](uint64_t v) { return (v - kOnes) & ~v; };
  const uint64_t control = (word - kOnes * 0x20) & ~word;
  return ((control | zero(word ^ (kOnes * '"')) | zero(word ^ (kOnes * '\\'))) & kHigh) != 0;
}

// Writes into a string's own memory by pointer: appending piece by piece costs more than the pieces.
class Sink {
 public:
  explicit Sink(std::string* out) : out_(out), begin_(out->size()) { Grow(512); }

  size_t size() const { return at_ - out_->data(); }
  void Finish() { out_->resize(size()); }
  void Abandon() { out_->resize(begin_); }

  // Room for `count` bytes; valid until the next call of a member.
  char* Reserve(size_t count) {
    if (static_cast<size_t>(end_ - at_) < count) Grow(count);
    return at_;
  }
  void Advance(char* to) { at_ = to; }

  void Char(char c) {
    Reserve(1);
    *at_++ = c;
  }
  void Raw(absl::string_view text) {
    Reserve(text.size());
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void Quoted(absl::string_view text) {
    // The common case, all bytes plain, costs one copy.
    char* to = Reserve(text.size() + 2);
    *to++ = '"';
    const char* from = text.data();
    const char* const last = from + text.size();
    while (last - from >= 8) {
      uint64_t word;
      std::memcpy(&word, from, 8);
      if (AnyNeedsEscape(word)) break;
      std::memcpy(to, &word, 8);
      from += 8;
      to += 8;
    }
    while (from < last && !NeedsEscape(static_cast<unsigned char>(*from))) *to++ = *from++;
    at_ = to;
    if (from == last) {
      *at_++ = '"';
      return;
    }
    Escape(absl::string_view(from, last - from));
    Char('"');
  }

 private:
  void Escape(absl::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    char* to = Reserve(6 * text.size());
    for (const char c : text) {
      if (!NeedsEscape(static_cast<unsigned char>(c))) {
        *to++ = c;
        continue;
      }
      *to++ = '\\';
      switch (c) {
        case '"':
        case '\\':
          *to++ = c;
          break;
        case '\n':
          *to++ = 'n';
          break;
        case '\r':
          *to++ = 'r';
          break;
        case '\t':
          *to++ = 't';
          break;
        default:
          std::memcpy(to, "u00", 3);
          to[3] = kHex[(c >> 4) & 15];
          to[4] = kHex[c & 15];
          to += 5;
      }
    }
    at_ = to;
  }

  void Grow(size_t count) {
    const size_t used = at_ == nullptr ? begin_ : size();
    out_->resize(std::max(used + count + kSmall, used * 2));
    at_ = out_->data() + used;
    end_ = out_->data() + out_->size();
  }

  std::string* out_;
  size_t begin_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace edudelta::gateway::codec
