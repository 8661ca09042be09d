#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "boost/asio.hpp"
#include "boost/asio/ssl.hpp"
#include "boost/beast/core.hpp"
#include "boost/beast/http.hpp"
#include "common/base/error.h"
#include "gateway/http/server.h"

// Included by server.cc alone.
namespace edudelta::gateway::http {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using net::ip::tcp;

// A socket with or without TLS, as Asio's read and write operations want it.
class Wire {
 public:
  using executor_type = tcp::socket::executor_type;

  Wire(tcp::socket socket, net::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
  }

  executor_type get_executor() { return socket_.get_executor(); }
  tcp::socket& socket() { return socket_; }
  auto& tls() { return tls_; }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
    socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
    socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }

 private:
  tcp::socket socket_;
  std::optional<net::ssl::stream<tcp::socket&>> tls_;
};

// One client. Everything but the constructor, Post and the counters runs on the socket's strand.
//
// Between requests and while one is being answered, one raw read is outstanding (Watch): it brings the next request's
// first bytes, or the news that the client has left.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Pieces = std::function<void(absl::StatusOr<std::string>)>;

  Connection(tcp::socket socket, net::ssl::context* tls, const ServerOptions& options, const Handler& handler,
             bool refused)
      : wire_(std::move(socket), tls),
        timer_(wire_.get_executor()),
        options_(options),
        handler_(handler),
        refused_(refused) {}

  template <typename Work>
  void Post(Work work) {
    net::post(wire_.get_executor(), [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
  }

  void Start() {
    error_code ignored;
    wire_.socket().set_option(tcp::no_delay(true), ignored);
    peer_ = wire_.socket().remote_endpoint(ignored).address().to_string();
    if (!wire_.tls()) return Watch();
    Arm(options_.header_timeout);
    wire_.tls()->async_handshake(net::ssl::stream_base::server,
                                 [self = shared_from_this()](error_code ec) { ec ? self->Close() : self->Watch(); });
  }

  // The answer to what is running is the last one; an idle client gets `grace` to send one more request.
  void BeginDrain(absl::Duration grace) {
    draining_ = true;
    if (state_ == State::kIdle) Arm(grace);
  }

  void Close() {
    state_ = State::kClosed;
    timer_.cancel();
    error_code ignored;
    wire_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    wire_.socket().close(ignored);
    TellGone();
  }

  // Reset instead of an orderly end: the client must not take a part for the whole.
  void Break() {
    error_code ignored;
    wire_.socket().set_option(net::socket_base::linger(true, 0), ignored);
    Close();
  }

  void ReadPiece(Pieces done, bool rearm) {
    if (state_ != State::kHandling) return done(absl::CancelledError("the client is gone"));
    if (body_done_) return done(std::string());
    single_ = rearm;
    if (rearm) Arm(options_.body_timeout);
    if (expects_continue_) {
      expects_continue_ = false;
      return WriteRaw("HTTP/1.1 100 Continue\r\n\r\n", [this, done = std::move(done)](bool sent) mutable {
        sent ? ReadPiece(std::move(done), false) : done(absl::CancelledError("the client is gone"));
      });
    }
    piece_.resize(64 << 10);
    auto& body = parser_->get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    body.more = true;
    beast::http::async_read_some(wire_, buffer_, *parser_,
                                 [self = shared_from_this(), done = std::move(done)](
                                     error_code ec, std::size_t) mutable { self->OnPiece(ec, std::move(done)); });
  }

  void ReadAll(std::size_t limit, Pieces done) {
    if (parser_->content_length() && *parser_->content_length() > limit) return done(TooLarge());
    Arm(options_.body_timeout);
    Gather(limit, std::make_shared<std::string>(), std::move(done));
  }

  void Send(Response response) {
    if (state_ != State::kHandling) return;
    keep_alive_ = keep_alive_ && body_done_ && !draining_ && !refused_;
    response.headers.emplace_back("Content-Length", absl::StrCat(response.body.size()));
    if (!keep_alive_) response.headers.emplace_back("Connection", "close");
    std::string bytes = Head(response.status, response.headers);
    bytes += response.body;
    Arm(options_.write_timeout);
    WriteRaw(std::move(bytes), [this](bool sent) { sent ? NextRequest() : Close(); });
  }

  void Begin(int status, Headers headers) {
    if (state_ != State::kHandling) return;
    keep_alive_ = keep_alive_ && body_done_ && !draining_ && chunked_allowed_;
    if (chunked_allowed_) headers.emplace_back("Transfer-Encoding", "chunked");
    if (!keep_alive_) headers.emplace_back("Connection", "close");
    held_head_ = Head(status, headers);
  }

  void WriteChunk(absl::string_view piece, std::function<void(bool)> done) {
    if (state_ != State::kHandling) return done(false);
    std::string bytes = std::exchange(held_head_, {});
    if (chunked_allowed_) {
      absl::StrAppend(&bytes, absl::Hex(piece.size()), "\r\n", piece, "\r\n");
    } else {
      absl::StrAppend(&bytes, piece);
    }
    Arm(options_.write_timeout);
    WriteRaw(std::move(bytes), [this, done = std::move(done)](bool sent) {
      timer_.cancel();
      done(sent);
    });
  }

  void End() {
    if (state_ != State::kHandling) return;
    std::string bytes = std::exchange(held_head_, {});
    if (chunked_allowed_) bytes += "0\r\n\r\n";
    Arm(options_.write_timeout);
    WriteRaw(std::move(bytes), [this](bool sent) { sent ? NextRequest() : Close(); });
  }

  void OnGone(std::function<void()> gone) {
    if (state_ == State::kClosed) return gone();
    gone_ = std::move(gone);
  }

 private:
  enum class State { kIdle, kHead, kHandling, kLingering, kClosed };

  static absl::Status TooLarge() {
    return Error(absl::StatusCode::kResourceExhausted, "BODY_TOO_LARGE", "请求体超过上限");
  }

  void Arm(absl::Duration limit) {
    timer_.expires_after(absl::ToChronoNanoseconds(limit));
    timer_.async_wait([weak = weak_from_this()](error_code ec) {
      auto self = weak.lock();
      if (self != nullptr && !ec) self->OnTimeout();
    });
  }

  void OnTimeout() {
    // The timer may have been armed anew while this was on its way.
    if (timer_.expiry() > std::chrono::steady_clock::now() || state_ == State::kClosed) return;
    const bool reading = state_ == State::kHead || (state_ == State::kHandling && !writing_ && !body_done_);
    if (!reading) return writing_ ? Break() : Close();
    timed_out_ = true;
    error_code ignored;
    wire_.socket().cancel(ignored);
  }

  void TellGone() {
    if (auto gone = std::exchange(gone_, nullptr)) gone();
  }

  void Watch() {
    if (state_ == State::kIdle) Arm(draining_ ? absl::Seconds(1) : options_.idle_timeout);
    // What the client sent ahead is read when its turn comes.
    if (watching_ || buffer_.size() > 0) return;
    watching_ = true;
    wire_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](error_code ec, std::size_t count) {
      self->watching_ = false;
      if (self->state_ == State::kClosed || self->state_ == State::kLingering) return;
      if (ec) return self->Close();
      self->buffer_.commit(count);
      if (self->state_ == State::kIdle) self->ReadHead();
    });
  }

  void NextRequest() {
    gone_ = nullptr;
    if (!keep_alive_) return Linger();
    state_ = State::kIdle;
    buffer_.size() > 0 ? ReadHead() : Watch();
  }

  void ReadHead() {
    state_ = State::kHead;
    timed_out_ = false;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options_.header_bytes));
    parser_->body_limit(options_.body_bytes);
    Arm(options_.header_timeout);
    beast::http::async_read_header(wire_, buffer_, *parser_,
                                   [self = shared_from_this()](error_code ec, std::size_t) { self->OnHead(ec); });
  }

  void OnHead(error_code ec) {
    if (state_ == State::kClosed) return;
    timer_.cancel();
    state_ = State::kHandling;
    body_done_ = !ec && parser_->is_done();
    keep_alive_ = !ec && parser_->keep_alive();
    const bool malformed = ec.category() == beast::http::make_error_code(beast::http::error::bad_method).category();
    if (ec == beast::http::error::header_limit) {
      return Send(PlainError(431, absl::StatusCode::kInvalidArgument, "HEADER_TOO_LARGE", "请求头超过上限"));
    }
    if (ec == beast::http::error::body_limit) {
      return Send(PlainError(413, absl::StatusCode::kResourceExhausted, "BODY_TOO_LARGE", "请求体超过上限"));
    }
    if (timed_out_) {
      return Send(PlainError(408, absl::StatusCode::kDeadlineExceeded, "HEADER_TIMEOUT", "请求头到得太慢"));
    }
    if (ec && malformed && ec != beast::http::error::end_of_stream && ec != beast::http::error::partial_message) {
      return Send(PlainError(400, absl::StatusCode::kInvalidArgument, "REQUEST_MALFORMED", "请求不是合法的 HTTP/1.1"));
    }
    if (ec) return Close();
    if (refused_) {
      return Send(PlainError(503, absl::StatusCode::kUnavailable, "CONNECTION_LIMIT", "连接数已达上限，请稍后重试"));
    }
    TakeRequest();
    if (body_done_) Watch();
    handler_(MakeExchange());
  }

  void TakeRequest() {
    const auto& head = parser_->get();
    chunked_allowed_ = head.version() >= 11;
    request_ = Request();
    request_.method = std::string(head.method_string());
    request_.target = std::string(head.target());
    request_.peer = peer_;
    expects_continue_ = beast::iequals(head[beast::http::field::expect], "100-continue");
    for (const auto& field : head) {
      request_.headers.emplace_back(absl::AsciiStrToLower(std::string(field.name_string())),
                                    std::string(field.value()));
    }
  }

  void OnPiece(error_code ec, Pieces done) {
    if (state_ == State::kClosed) return done(absl::CancelledError("the client is gone"));
    if (ec == beast::http::error::need_buffer) ec = {};
    if (timed_out_) {
      return done(Error(absl::StatusCode::kDeadlineExceeded, "BODY_TIMEOUT", "请求体到得太慢"));
    }
    if (ec == beast::http::error::body_limit) return done(TooLarge());
    const bool transport = ec.category() == boost::system::system_category() ||
                           ec.category() == net::error::get_ssl_category() || ec == net::error::eof ||
                           ec == beast::http::error::partial_message;
    if (ec && transport) {
      Close();
      return done(absl::CancelledError("the client is gone"));
    }
    if (ec) {
      return done(Error(absl::StatusCode::kInvalidArgument, "BODY_MALFORMED", "请求体的分块编码有误"));
    }
    piece_.resize(piece_.size() - parser_->get().body().size);
    body_done_ = parser_->is_done();
    if (body_done_ || single_) timer_.cancel();
    if (body_done_) Watch();
    if (piece_.empty() && !body_done_) return ReadPiece(std::move(done), single_);
    done(std::exchange(piece_, {}));
  }

  void Gather(std::size_t limit, std::shared_ptr<std::string> body, Pieces done) {
    ReadPiece(
        [this, limit, body, done = std::move(done)](absl::StatusOr<std::string> piece) mutable {
          if (!piece.ok()) return done(piece.status());
          if (body->size() + piece->size() > limit) return done(TooLarge());
          body->append(*piece);
          if (body_done_) return done(std::move(*body));
          Gather(limit, std::move(body), std::move(done));
        },
        false);
  }

  void WriteRaw(std::string bytes, std::function<void(bool)> done) {
    writing_ = true;
    auto held = std::make_shared<std::string>(std::move(bytes));
    net::async_write(wire_, net::buffer(*held),
                     [self = shared_from_this(), held, done = std::move(done)](error_code ec, std::size_t) {
                       self->writing_ = false;
                       if (ec && self->state_ != State::kClosed) self->Close();
                       done(!ec);
                     });
  }

  // Reads on for a moment, so that a client that is still sending gets the answer instead of a reset.
  void Linger() {
    state_ = State::kLingering;
    Arm(body_done_ ? absl::Seconds(1) : absl::Seconds(5));
    if (wire_.tls() && body_done_) {
      return wire_.tls()->async_shutdown([self = shared_from_this()](error_code) { self->Close(); });
    }
    error_code ignored;
    if (!wire_.tls()) wire_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    Discard();
  }
  void Discard() {
    piece_.resize(64 << 10);
    wire_.socket().async_read_some(net::buffer(piece_), [self = shared_from_this()](error_code ec, std::size_t) {
      ec ? self->Close() : self->Discard();
    });
  }

  std::shared_ptr<Exchange> MakeExchange();

  Wire wire_;
  net::steady_timer timer_;
  const ServerOptions& options_;
  const Handler& handler_;
  const bool refused_;
  std::string peer_;
  State state_ = State::kIdle;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::buffer_body>> parser_;
  Request request_;
  std::string piece_;
  std::string held_head_;
  std::function<void()> gone_;
  bool watching_ = false, writing_ = false, body_done_ = false, expects_continue_ = false, timed_out_ = false;
  // The body timeout runs for each piece alone.
  bool single_ = false;
  bool keep_alive_ = false, draining_ = false, chunked_allowed_ = true;
};

}  // namespace edudelta::gateway::http
