#include "gateway/http/probe.h"

#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/ip/tcp.hpp"

namespace edudelta::gateway::http {
namespace {

// An answer that takes longer is none.
constexpr std::chrono::seconds kLimit(2);

absl::Status Ask(const std::string& host, const std::string& port, const std::string& path) {
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(kLimit);
  stream.connect(host, port);
  stream << "GET " << path << " HTTP/1.1\r\nHost: " << host << "\r\nConnection: close\r\n\r\n" << std::flush;
  std::string line;
  std::getline(stream, line);
  if (absl::StartsWith(line, "HTTP/1.1 200 ")) return absl::OkStatus();
  return absl::UnavailableError(line.empty() ? absl::StrCat("no answer: ", stream.error().message()) : line);
}

}  // namespace

absl::Status Get(const std::string& address, const std::string& path) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || address.substr(colon) == ":0") {
    return absl::InvalidArgumentError(absl::StrCat("an address without a port cannot be asked: ", address));
  }
  std::string host = address.substr(0, colon);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) host = host.substr(1, host.size() - 2);
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  return Ask(host, address.substr(colon + 1), path);
}

}  // namespace edudelta::gateway::http
