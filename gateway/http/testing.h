#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace edudelta::gateway::http::testing {

// A blocking client; an empty answer means the connection ended.
class Client {
 public:
  // Of the loopback addresses.
  explicit Client(int port, const char* from = "127.0.0.1") : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::inet_addr(from);
    (void)::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { Close(); }

  bool connected() const { return connected_; }
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(sent);
    }
    return true;
  }
  // Until `end` has been seen or the connection ended.
  std::string ReadUntil(absl::string_view end) {
    while (!absl::StrContains(held_, end)) {
      if (!Receive()) return std::exchange(held_, {});
    }
    return Take(held_.find(std::string(end)) + end.size());
  }
  // Fewer when the connection ended.
  std::string Read(std::size_t count) {
    while (held_.size() < count && Receive()) {
    }
    return Take(count);
  }
  std::string ReadAll() { return ReadUntil("\x01never\x01"); }

 private:
  bool Receive() {
    char buffer[4096];
    const ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (got > 0) held_.append(buffer, got);
    return got > 0;
  }
  std::string Take(std::size_t count) {
    std::string result = held_.substr(0, count);
    held_.erase(0, count);
    return result;
  }

  int socket_;
  bool connected_ = false;
  std::string held_;
};

struct Unzipped {
  std::string text;
  // The end has come too.
  bool complete = false;
};
// As much as can be read of what has come.
inline Unzipped Unzip(absl::string_view gzip) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  Unzipped result;
  for (int code = Z_OK; code == Z_OK;) {
    char buffer[4096];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof(buffer);
    code = inflate(&stream, Z_SYNC_FLUSH);
    result.text.append(buffer, sizeof(buffer) - stream.avail_out);
    result.complete = code == Z_STREAM_END;
  }
  inflateEnd(&stream);
  return result;
}

}  // namespace edudelta::gateway::http::testing
