#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace edudelta::gateway::cli {

// A server on loopback that answers each request by its target; a body is read and not looked at. Ends its connections.
class StubServer {
 public:
  struct Answer {
    int status = 200;
    std::string body;
  };

  // `answer` is called on a thread of the server's.
  explicit StubServer(std::function<Answer(const std::string& target)> answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port));
    thread_ = std::thread([this] { Serve(); });
  }
  ~StubServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  StubServer(const StubServer&) = delete;
  StubServer& operator=(const StubServer&) = delete;

  const std::string& url() const { return url_; }
  // The latest request, once its answer is there.
  const std::string& latest() const { return latest_; }

 private:
  void Serve() {
    for (int peer = accept(listener_, nullptr, nullptr); peer >= 0; peer = accept(listener_, nullptr, nullptr)) {
      std::string head;
      char piece[4096];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = read(peer, piece, sizeof(piece));
        if (got <= 0) break;
        head.append(piece, static_cast<size_t>(got));
      }
      const size_t length = head.find("Content-Length: ");
      const size_t body = length == std::string::npos ? 0 : std::stoul(head.substr(length + 16));
      const size_t whole = head.find("\r\n\r\n") + 4 + body;
      for (ssize_t got = 1; head.size() < whole && got > 0;) {
        got = read(peer, piece, sizeof(piece));
        if (got > 0) head.append(piece, static_cast<size_t>(got));
      }
      latest_ = head;
      const size_t begin = head.find(' ') + 1;
      const Answer answer = answer_(head.substr(begin, head.find(' ', begin) - begin));
      const std::string text =
          absl::StrCat("HTTP/1.1 ", answer.status, " X\r\nConnection: close\r\nContent-Length: ", answer.body.size(),
                       "\r\n\r\n", answer.body);
      if (write(peer, text.data(), text.size()) < 0) head.clear();
      close(peer);
    }
  }

  std::function<Answer(const std::string&)> answer_;
  int listener_ = -1;
  std::string url_;
  std::string latest_;
  std::thread thread_;
};

}  // namespace edudelta::gateway::cli
