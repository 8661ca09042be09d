#include "gateway/codec/charset.h"

#include <iconv.h>

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gateway/codec/text.h"

namespace edudelta::gateway::codec {
namespace {

bool IsAscii(absl::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// Private-use and replacement characters come out of GB18030 when the bytes were something else.
bool LooksRead(absl::string_view text) {
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0xEE || (lead == 0xEF && static_cast<unsigned char>(text[i + 1]) < 0xA4)) return false;
  }
  return true;
}

}  // namespace

bool ParseCharset(absl::string_view name, Charset* charset) {
  if (absl::EqualsIgnoreCase(name, "utf-8") || absl::EqualsIgnoreCase(name, "utf8")) {
    *charset = Charset::kUtf8;
    return true;
  }
  for (absl::string_view other : {"gb18030", "gbk", "gb2312"}) {
    if (absl::EqualsIgnoreCase(name, other)) {
      *charset = Charset::kGb18030;
      return true;
    }
  }
  return false;
}

Decoder::Decoder(Charset charset) {
  if (charset == Charset::kGb18030) converter_ = iconv_open("UTF-8", "GB18030");
}

Decoder::~Decoder() {
  if (converter_ != nullptr) iconv_close(converter_);
}

bool Decoder::Decode(absl::string_view bytes, std::string* text) {
  if (converter_ == nullptr || IsAscii(bytes)) {
    text->assign(bytes.data(), bytes.size());
    return converter_ != nullptr || IsUtf8(bytes);
  }
  // Four bytes of GB18030 give at most four of UTF-8, two give three.
  text->resize(bytes.size() * 2 + 4);
  char* from = const_cast<char*>(bytes.data());
  size_t from_left = bytes.size();
  char* to = text->data();
  size_t to_left = text->size();
  iconv(converter_, nullptr, nullptr, nullptr, nullptr);
  if (iconv(converter_, &from, &from_left, &to, &to_left) == static_cast<size_t>(-1)) return false;
  text->resize(text->size() - to_left);
  return true;
}

Charset GuessCharset(absl::string_view head, bool whole) {
  if (IsUtf8(head)) return Charset::kUtf8;
  Decoder gb18030(Charset::kGb18030);
  int bad_utf8 = 0;
  int bad_gb18030 = 0;
  while (!head.empty()) {
    const size_t end = head.find('\n');
    if (end == absl::string_view::npos && !whole) break;
    const absl::string_view line = head.substr(0, end);
    head.remove_prefix(end == absl::string_view::npos ? head.size() : end + 1);
    if (IsAscii(line)) continue;
    std::string text;
    if (!IsUtf8(line)) ++bad_utf8;
    if (!gb18030.Decode(line, &text) || !LooksRead(text)) ++bad_gb18030;
  }
  return bad_gb18030 < bad_utf8 ? Charset::kGb18030 : Charset::kUtf8;
}

}  // namespace edudelta::gateway::codec
