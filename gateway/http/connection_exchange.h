#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "gateway/http/server.h"

namespace edudelta::gateway::http {

// An Exchange for any thread: posts everything to the strand of the connection `C`, and waits for it where it blocks.
template <typename C>
class ConnectionExchange final : public Exchange {
 public:
  ConnectionExchange(std::shared_ptr<C> connection, Request request)
      : connection_(std::move(connection)), request_(std::move(request)) {}

  ~ConnectionExchange() override {
    if (!ended_) connection_->Break();
  }

  const Request& request() const override { return request_; }

  void ReadAll(std::size_t limit, std::function<void(absl::StatusOr<std::string>)> done) override {
    connection_->Dispatch([limit, done = std::move(done)](auto& c) mutable { c.ReadAll(limit, std::move(done)); });
  }

  absl::StatusOr<std::string> ReadSome() override {
    auto piece = std::make_shared<std::promise<absl::StatusOr<std::string>>>();
    auto result = piece->get_future();
    connection_->Post([piece](auto& c) {
      c.ReadPiece([piece](absl::StatusOr<std::string> got) { piece->set_value(std::move(got)); }, true);
    });
    return result.get();
  }

  void StopReading() override {
    connection_->Post([](auto& c) { c.StopReading(); });
  }

  void Send(Response response) override {
    ended_ = true;
    connection_->Post([response = std::move(response)](auto& c) mutable { c.Send(std::move(response)); });
  }

  void Begin(int status, Headers headers) override {
    connection_->Post([status, headers = std::move(headers)](auto& c) mutable { c.Begin(status, std::move(headers)); });
  }

  bool Write(std::string piece) override {
    if (piece.empty()) return true;
    auto sent = std::make_shared<std::promise<bool>>();
    auto result = sent->get_future();
    connection_->Post(
        [piece = std::move(piece), sent](auto& c) { c.WriteChunk(piece, [sent](bool ok) { sent->set_value(ok); }); });
    return result.get();
  }

  void End() override {
    ended_ = true;
    connection_->Post([](auto& c) { c.End(); });
  }

  void Abort() override {
    ended_ = true;
    connection_->Break();
  }

  void OnGone(std::function<void()> gone) override {
    connection_->Post([gone = std::move(gone)](auto& c) mutable { c.OnGone(std::move(gone)); });
  }

 private:
  const std::shared_ptr<C> connection_;
  const Request request_;
  std::atomic<bool> ended_{false};
};

}  // namespace edudelta::gateway::http
