#include "gateway/http/message.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace edudelta::gateway::http {
namespace {

absl::string_view PhraseOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

absl::StatusCode CodeOf(int status) {
  switch (status) {
    case 408:
      return absl::StatusCode::kDeadlineExceeded;
    case 413:
      return absl::StatusCode::kResourceExhausted;
    case 404:
      return absl::StatusCode::kNotFound;
    case 405:
    case 501:
    case 505:
      return absl::StatusCode::kUnimplemented;
    case 503:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

absl::string_view Request::Header(absl::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

absl::string_view Request::path() const {
  const absl::string_view view = target;
  return view.substr(0, view.find('?'));
}

absl::string_view Request::query() const {
  const absl::string_view view = target;
  const auto mark = view.find('?');
  return mark == absl::string_view::npos ? absl::string_view() : view.substr(mark + 1);
}

std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %E4Y %H:%M:%S GMT", time, absl::UTCTimeZone());
}

Response PlainError(const Refusal& refusal) {
  Response response;
  response.status = refusal.status;
  response.headers = {{"Content-Type", "application/json"}};
  response.body =
      absl::StrCat(R"({"code":)", static_cast<int>(CodeOf(refusal.status)), R"(,"message":")", refusal.reason,
                   R"(","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":")", refusal.reason,
                   R"(","domain":"gateway.edudelta"},{"@type":"type.googleapis.com/google.rpc.LocalizedMessage",)",
                   R"("locale":"zh-CN","message":")", refusal.zh, R"("}]})");
  return response;
}

std::string Head(int status, const Headers& headers) {
  std::string head = absl::StrCat("HTTP/1.1 ", status, " ", PhraseOf(status), "\r\n");
  for (const auto& [name, value] : headers) {
    absl::StrAppend(&head, name, ": ");
    for (const char c : value) head.push_back(absl::ascii_iscntrl(c) ? ' ' : c);
    head.append("\r\n");
  }
  head.append("\r\n");
  return head;
}

bool DecodeForm(absl::string_view text, std::string* out) {
  out->clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out->push_back(' ');
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = HexValue(text[i + 1]), low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out->push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out->push_back(text[i]);
    }
  }
  return true;
}

}  // namespace edudelta::gateway::http
