#include "tests/fault/http.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/http/testing.h"

namespace edudelta::fault {
namespace {

// As far as it came; true when the last chunk was seen.
bool Unchunk(absl::string_view bytes, std::string* body) {
  while (true) {
    const size_t end = bytes.find("\r\n");
    if (end == absl::string_view::npos) return false;
    int64_t size = 0;
    if (!absl::SimpleHexAtoi(bytes.substr(0, end), &size)) return false;
    bytes.remove_prefix(end + 2);
    if (size == 0) return absl::StartsWith(bytes, "\r\n");
    absl::StrAppend(body, bytes.substr(0, size));
    if (static_cast<int64_t>(bytes.size()) < size + 2) return false;
    bytes.remove_prefix(size + 2);
  }
}

}  // namespace

HttpAnswer ParseAnswer(absl::string_view bytes) {
  HttpAnswer answer;
  const size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == absl::string_view::npos || !absl::ConsumePrefix(&bytes, "HTTP/1.1 ")) return answer;
  const absl::string_view head = bytes.substr(0, bytes.find("\r\n\r\n"));
  bytes.remove_prefix(head.size() + 4);
  const std::vector<absl::string_view> lines = absl::StrSplit(head, "\r\n");
  if (!absl::SimpleAtoi(lines[0].substr(0, 3), &answer.status)) return answer;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> field = absl::StrSplit(lines[i], absl::MaxSplits(':', 1));
    answer.headers[absl::AsciiStrToLower(field.first)] = std::string(absl::StripAsciiWhitespace(field.second));
  }
  if (answer.headers["transfer-encoding"] == "chunked") {
    answer.complete = Unchunk(bytes, &answer.body);
    return answer;
  }
  size_t length = 0;
  answer.body = std::string(bytes);
  answer.complete = absl::SimpleAtoi(answer.headers["content-length"], &length) && length == answer.body.size();
  return answer;
}

HttpAnswer Exchange(int port, const std::string& request) {
  gateway::http::testing::Client client(port);
  if (!client.connected() || !client.Send(request)) return {};
  return ParseAnswer(client.ReadAll());
}

int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace edudelta::fault
