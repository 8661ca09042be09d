#include "gateway/http/framing.h"

#include <algorithm>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace edudelta::gateway::http {
namespace {

constexpr int kMostFields = 100;

constexpr Refusal kTargetTooLong = {414, "TARGET_TOO_LONG", "请求地址超过上限"};
constexpr Refusal kHeaderTooLarge = {431, "HEADER_TOO_LARGE", "请求头超过上限"};
constexpr Refusal kHost = {400, "HOST_INVALID", "请求须有且只有一个有效的 Host"};
constexpr Refusal kTarget = {400, "TARGET_INVALID", "请求地址须为绝对路径或完整的 http(s) 地址"};
constexpr Refusal kLength = {400, "CONTENT_LENGTH_INVALID", "Content-Length 须为一个非负整数"};
constexpr Refusal kCoding = {400, "TRANSFER_ENCODING_INVALID", "Transfer-Encoding 须为一个 chunked"};
constexpr Refusal kUnknownCoding = {501, "TRANSFER_ENCODING_UNSUPPORTED", "只支持 chunked 传输编码"};
constexpr Refusal kExpectation = {417, "EXPECTATION_UNSUPPORTED", "Expect 只支持 100-continue"};
constexpr Refusal kMethod = {501, "METHOD_UNSUPPORTED", "不支持 CONNECT"};

std::vector<absl::string_view> ValuesOf(const Request& request, absl::string_view name) {
  std::vector<absl::string_view> values;
  for (const auto& [key, value] : request.headers) {
    if (key == name) values.push_back(value);
  }
  return values;
}

// uri-host [":" port], as far as it decides where a host ends.
bool IsAuthority(absl::string_view text) {
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  if (colon != absl::string_view::npos && (bracket == absl::string_view::npos || colon > bracket)) {
    if (!absl::c_all_of(text.substr(colon + 1), absl::ascii_isdigit)) return false;
    text = text.substr(0, colon);
  }
  const bool literal = absl::ConsumePrefix(&text, "[");
  if (literal && !absl::ConsumeSuffix(&text, "]")) return false;
  return absl::c_all_of(text, [literal](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("-._~%!$&'()*+;=", c) || (literal && c == ':');
  });
}

std::optional<Refusal> CheckHost(const Request& request, int minor) {
  const auto hosts = ValuesOf(request, "host");
  if (hosts.empty()) return minor == 0 ? std::nullopt : std::make_optional(kHost);
  if (hosts.size() > 1 || !IsAuthority(hosts.front())) return kHost;
  return std::nullopt;
}

// The final coding says where the body ends, and only chunked can.
std::optional<Refusal> CheckCodings(const Request& request, int minor) {
  const auto fields = ValuesOf(request, "transfer-encoding");
  if (fields.empty()) return std::nullopt;
  if (minor == 0 || !ValuesOf(request, "content-length").empty()) return kCoding;
  int chunked = 0;
  absl::string_view last;
  for (const absl::string_view field : fields) {
    for (const absl::string_view coding : absl::StrSplit(field, ',')) {
      last = absl::StripAsciiWhitespace(coding);
      if (last.empty()) return kCoding;
      if (absl::EqualsIgnoreCase(last, "chunked")) ++chunked;
    }
  }
  if (chunked != 1 || !absl::EqualsIgnoreCase(last, "chunked")) return kCoding;
  const bool alone = fields.size() == 1 && absl::EqualsIgnoreCase(fields.front(), "chunked");
  return alone ? std::nullopt : std::make_optional(kUnknownCoding);
}

std::optional<Refusal> CheckLength(const Request& request) {
  const auto lengths = ValuesOf(request, "content-length");
  if (lengths.empty()) return std::nullopt;
  const absl::string_view length = lengths.front();
  if (lengths.size() > 1 || length.empty() || !absl::c_all_of(length, absl::ascii_isdigit)) return kLength;
  return std::nullopt;
}

}  // namespace

bool HeadScanner::Refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return true;
}

bool HeadScanner::Find(absl::string_view bytes) {
  for (;;) {
    const auto feed = bytes.find('\n', seen_);
    const std::size_t known = feed == absl::string_view::npos ? bytes.size() : feed + 1;
    // A line that begins with a blank continues the one before: obsolete, and read differently by everybody.
    const char first = line_ < known ? bytes[line_] : '\n';
    if (first == ' ' || first == '\t') return Refuse(kMalformed);
    if (known > most_bytes_) return Refuse(lines_ == 0 ? kTargetTooLong : kHeaderTooLarge);
    seen_ = known;
    if (feed == absl::string_view::npos) return false;
    if (feed == line_ || bytes[feed - 1] != '\r') return Refuse(kMalformed);
    if (feed == line_ + 1) {
      end_ = feed + 1;
      return true;
    }
    if (++lines_ > kMostFields + 1) return Refuse(kHeaderTooLarge);
    line_ = feed + 1;
  }
}

std::optional<absl::string_view> OriginForm(absl::string_view target) {
  if (absl::StrContains(target, '#')) return std::nullopt;
  if (absl::StartsWith(target, "/")) return target;
  const auto scheme = target.find("://");
  if (scheme == absl::string_view::npos) return std::nullopt;
  const absl::string_view name = target.substr(0, scheme);
  if (!absl::EqualsIgnoreCase(name, "http") && !absl::EqualsIgnoreCase(name, "https")) return std::nullopt;
  const absl::string_view rest = target.substr(scheme + 3);
  const auto path = rest.find('/');
  const absl::string_view authority = rest.substr(0, path);
  if (authority.empty() || !IsAuthority(authority)) return std::nullopt;
  return path == absl::string_view::npos ? absl::string_view("/") : rest.substr(path);
}

std::optional<Refusal> CheckHead(const Request& request, int minor) {
  if (request.method == "CONNECT") return kMethod;
  if (auto refusal = CheckHost(request, minor)) return refusal;
  if (auto refusal = CheckLength(request)) return refusal;
  if (auto refusal = CheckCodings(request, minor)) return refusal;
  const bool of_the_server = request.method == "OPTIONS" && request.target == "*";
  if (!of_the_server && !OriginForm(request.target)) return kTarget;
  const auto expectations = ValuesOf(request, "expect");
  const bool known = absl::c_all_of(
      expectations, [](absl::string_view value) { return absl::EqualsIgnoreCase(value, "100-continue"); });
  // HTTP/1.0 knows no expectations: they are ignored.
  if (minor > 0 && !known) return kExpectation;
  return std::nullopt;
}

}  // namespace edudelta::gateway::http
