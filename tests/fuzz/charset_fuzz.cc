// Charsets: what decodes is UTF-8 and encodes to the same bytes; what is UTF-8 is never taken for another charset.
#include <iconv.h>

#include "gateway/codec/charset.h"
#include "gateway/codec/text.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using gateway::codec::Charset;
using gateway::codec::Decoder;

// The bytes of a text in GB18030.
std::string Encode(absl::string_view text) {
  const iconv_t converter = iconv_open("GB18030", "UTF-8");
  std::string bytes(text.size() * 4 + 4, '\0');
  char* from = const_cast<char*>(text.data());
  char* to = bytes.data();
  size_t from_left = text.size(), to_left = bytes.size();
  const bool whole = iconv(converter, &from, &from_left, &to, &to_left) != static_cast<size_t>(-1);
  iconv_close(converter);
  Must(whole, "every text has bytes in GB18030", text);
  bytes.resize(bytes.size() - to_left);
  return bytes;
}

}  // namespace

bool Try(absl::string_view input) {
  static auto& utf8 = *new Decoder(Charset::kUtf8);
  static auto& gb18030 = *new Decoder(Charset::kGb18030);
  std::string text;
  const bool is_utf8 = utf8.Decode(input, &text);
  Must(is_utf8 == gateway::codec::IsUtf8(input) && (!is_utf8 || text == input), "UTF-8 is itself", input);
  for (const bool whole : {true, false}) {
    const Charset guess = gateway::codec::GuessCharset(input, whole);
    Must(!is_utf8 || guess == Charset::kUtf8, "UTF-8 is never taken for another", input);
  }
  const bool is_gb18030 = gb18030.Decode(input, &text);
  if (is_gb18030) {
    Must(gateway::codec::IsUtf8(text), "what decodes is UTF-8", text);
    // Several byte sequences may stand for one character; what they are encoded to must mean the same.
    std::string again;
    Must(gb18030.Decode(Encode(text), &again) && again == text, "encoded and decoded again it is the same", input);
  }
  return is_utf8 || is_gb18030;
}

}  // namespace edudelta::fuzz
