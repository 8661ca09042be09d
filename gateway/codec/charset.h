#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace edudelta::gateway::codec {

enum class Charset { kUtf8, kGb18030 };

// "UTF-8", "utf8", "GB18030", "gbk", "GB2312" in any case. False for others.
bool ParseCharset(absl::string_view name, Charset* charset);

// Decodes cells of one charset to UTF-8. One thread at a time.
class Decoder {
 public:
  explicit Decoder(Charset charset);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // False when the bytes are not text of the charset.
  bool Decode(absl::string_view bytes, std::string* text);

 private:
  // iconv_t; null for UTF-8.
  void* converter_ = nullptr;
};

// What the head of a file is written in: the charset in which fewer lines are undecodable, UTF-8 when both do. `whole`:
// the head is the file, so that its last line is complete.
Charset GuessCharset(absl::string_view head, bool whole);

}  // namespace edudelta::gateway::codec
