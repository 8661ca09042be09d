#include "gateway/routes/query.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "gateway/codec/text.h"

namespace edudelta::gateway::routes {
namespace {

int HexDigit(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  c = absl::ascii_tolower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool Decode(absl::string_view text, bool plus_is_blank, std::string* out) {
  out->clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return false;
      out->push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out->push_back(plus_is_blank && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return true;
}

}  // namespace

bool DecodePercent(absl::string_view text, std::string* out) { return Decode(text, false, out); }

absl::StatusOr<Query> ParseQuery(absl::string_view text) {
  Query query;
  if (text.empty()) return query;
  for (absl::string_view part : absl::StrSplit(text, '&', absl::SkipEmpty())) {
    const size_t equals = part.find('=');
    std::string name, value;
    const absl::string_view raw = equals == absl::string_view::npos ? "" : part.substr(equals + 1);
    if (!Decode(part.substr(0, equals), true, &name) || !Decode(raw, true, &value) || !codec::IsUtf8(name) ||
        !codec::IsUtf8(value)) {
      return Invalid("query", "QUERY_INVALID", "查询参数的编码有误");
    }
    query.emplace_back(std::move(name), std::move(value));
  }
  return query;
}

}  // namespace edudelta::gateway::routes
