#include "gateway/http/connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "gateway/http/connection_exchange.h"
#include "gateway/http/places.h"
#include "gateway/http/request_reader.h"
#include "gateway/http/wire.h"

namespace edudelta::gateway::http {
namespace {

constexpr Refusal kHeaderTimeout = {408, "HEADER_TIMEOUT", "请求头到得太慢"};

absl::Status Gone() { return absl::CancelledError("the client is gone"); }

// Everything but the constructor, Post and what posts runs on the socket's strand.
//
// At most one read is outstanding (Fill), whoever wants bytes: a head, a body, or only to know that the client has
// left.
class TheConnection final : public Connection, public std::enable_shared_from_this<TheConnection> {
 public:
  using Pieces = std::function<void(absl::StatusOr<std::string>)>;

  TheConnection(tcp::socket socket, net::ssl::context* tls, const ServerOptions& options, const Handler& handler,
                Admission admission)
      : admission_(std::move(admission)),
        wire_(std::move(socket), tls),
        timer_(wire_.get_executor()),
        options_(options),
        handler_(handler),
        reader_(RequestReader::Make({options.header_bytes, options.body_bytes})) {}

  template <typename Work>
  void Post(Work work) {
    net::post(wire_.get_executor(), [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
  }
  // At once, when this runs on the strand already.
  template <typename Work>
  void Dispatch(Work work) {
    net::dispatch(wire_.get_executor(), [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
  }

  void Start() override {
    Post([](TheConnection& c) { c.Open(); });
  }
  void BeginDrain(absl::Duration grace) override {
    Post([grace](TheConnection& c) {
      c.draining_ = true;
      if (c.state_ == State::kIdle) c.Arm(grace);
    });
  }
  void GiveWay() override {
    Post([](TheConnection& c) {
      if (c.gives_way_) return c.Close();
      // Its place is gone, though its request came first.
      c.draining_ = true;
    });
  }
  void Break() override {
    Post([](TheConnection& c) { c.Reset(); });
  }

  void ReadPiece(Pieces done, bool rearm) {
    if (state_ != State::kHandling || reading_stopped_) return done(Gone());
    if (reader_->body_done()) return done(std::string());
    single_ = rearm;
    if (rearm) Arm(options_.body_timeout);
    waiting_ = std::move(done);
    if (!std::exchange(expects_continue_, false)) return Advance();
    Write("HTTP/1.1 100 Continue\r\n\r\n", [this](bool sent) {
      if (sent) reading_stopped_ ? TellStopped() : Advance();
    });
  }

  void StopReading() {
    if (state_ != State::kHandling || std::exchange(reading_stopped_, true) || !waiting_) return;
    // Whoever is told may answer at once; that waits for the end of "100 Continue", which tells then.
    if (!writing_) TellStopped();
  }

  void ReadAll(std::size_t limit, Pieces done) {
    if (state_ != State::kHandling) return done(Gone());
    if (const auto length = reader_->content_length(); length && *length > limit) return done(BodyTooLarge());
    Arm(options_.body_timeout);
    SetWaiting(true);
    Gather(limit, std::make_shared<std::string>(), [this, done = std::move(done)](absl::StatusOr<std::string> body) {
      if (state_ == State::kHandling) SetWaiting(false);
      done(std::move(body));
    });
  }

  void Send(Response response) {
    if (state_ != State::kHandling) return;
    keep_alive_ = keep_alive_ && reader_->body_done() && !draining_ && !admission_.refusal;
    const bool bodiless = response.status == 204 || response.status == 304;
    auto document = std::move(response.document);
    const std::size_t size = document ? document->size() : response.body.size();
    if (!bodiless) response.headers.emplace_back("Content-Length", absl::StrCat(size));
    std::string bytes = HeadOf(response.status, std::move(response.headers));
    if (bodiless || head_only_) return Finish(std::move(bytes));
    if (!document) bytes += response.body;
    Finish(std::move(bytes), std::move(document));
  }

  void Begin(int status, Headers headers) {
    if (state_ != State::kHandling) return;
    keep_alive_ = keep_alive_ && reader_->body_done() && !draining_ && http11_;
    if (http11_) headers.emplace_back("Transfer-Encoding", "chunked");
    held_head_ = HeadOf(status, std::move(headers));
  }

  void WriteChunk(absl::string_view piece, std::function<void(bool)> done) {
    if (state_ != State::kHandling) return done(false);
    if (head_only_) return done(true);
    std::string bytes = std::exchange(held_head_, {});
    bytes += http11_ ? absl::StrCat(absl::Hex(piece.size()), "\r\n", piece, "\r\n") : std::string(piece);
    Arm(options_.write_timeout);
    Write(std::move(bytes), [this, done = std::move(done)](bool sent) {
      Disarm();
      done(sent);
    });
  }

  void End() {
    if (state_ != State::kHandling) return;
    std::string bytes = std::exchange(held_head_, {});
    if (http11_ && !head_only_) bytes += "0\r\n\r\n";
    Finish(std::move(bytes));
  }

  void Reset() {
    error_code ignored;
    wire_.socket().set_option(net::socket_base::linger(true, 0), ignored);
    Close();
  }

  void OnGone(std::function<void()> gone) {
    if (state_ == State::kClosed) return gone();
    gone_ = std::move(gone);
  }

 private:
  enum class State { kIdle, kHead, kHandling, kLingering, kClosed };

  void Open() {
    if (state_ == State::kClosed) return;
    error_code ignored;
    wire_.socket().set_option(tcp::no_delay(true), ignored);
    if (!wire_.tls()) return AwaitRequest();
    Arm(Patience(options_.header_timeout));
    wire_.tls()->async_handshake(net::ssl::stream_base::server, [self = shared_from_this()](error_code ec) {
      if (self->state_ == State::kClosed) return;
      if (!ec) return self->AwaitRequest();
      // Who only knocks, as a balancer does, has not failed at it.
      if (ec.category() == net::error::get_ssl_category()) self->admission_.seat->CountRefusal("TLS_HANDSHAKE_FAILED");
      self->Close();
    });
  }

  void Close() {
    state_ = State::kClosed;
    Disarm();
    error_code ignored;
    wire_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    wire_.socket().close(ignored);
    if (auto gone = std::exchange(gone_, nullptr)) gone();
    Deliver(Gone());
  }

  void Arm(absl::Duration limit) {
    timer_.expires_after(absl::ToChronoNanoseconds(limit));
    timer_.async_wait([weak = weak_from_this()](error_code ec) {
      auto self = weak.lock();
      if (self != nullptr && !ec) self->OnTimeout();
    });
  }

  // Also for a timeout that is on its way already: cancelled alone the timer would look expired to it.
  void Disarm() { timer_.expires_at(net::steady_timer::time_point::max()); }

  // Whoever is refused is waited for just long enough to be told.
  absl::Duration Patience(absl::Duration usual) const {
    return admission_.refusal ? std::min(usual, absl::Seconds(1)) : usual;
  }

  void OnTimeout() {
    // The timer may have been armed anew, or disarmed, while this was on its way.
    if (timer_.expiry() > std::chrono::steady_clock::now() || state_ == State::kClosed) return;
    if (writing_) return Reset();
    if (state_ == State::kHead) return Refuse(kHeaderTimeout);
    if (!waiting_) return Close();
    Deliver(Error(absl::StatusCode::kDeadlineExceeded, "BODY_TIMEOUT", "请求体到得太慢"));
  }

  // The only read of the socket.
  void Fill() {
    if (std::exchange(reading_, true)) return;
    bytes_.resize(reader_->wanted());
    wire_.async_read_some(net::buffer(bytes_), [self = shared_from_this()](error_code ec, std::size_t count) {
      self->reading_ = false;
      self->OnBytes(ec, count);
    });
  }

  // To know when the client leaves; what it has sent ahead is enough to hold.
  void Watch() {
    if (reader_->body_done() && reader_->idle()) Fill();
  }

  void OnBytes(error_code ec, std::size_t count) {
    if (state_ == State::kClosed) return;
    if (ec) return Close();
    if (state_ == State::kLingering) return Fill();
    reader_->Append(absl::string_view(bytes_).substr(0, count));
    if (state_ != State::kHandling) return ReadHead();
    // Else it is the begin of the next request, and is read when its turn comes.
    if (waiting_) Advance();
  }

  void AwaitRequest() {
    state_ = State::kIdle;
    reader_->Rest();
    http11_ = true;
    head_only_ = false;
    cors_.clear();
    reading_stopped_ = false;
    Arm(Patience(draining_ ? absl::Seconds(1) : options_.idle_timeout));
    ReadHead();
  }

  void ReadHead() {
    auto head = reader_->ReadHead();
    if (head) return OnHead(*std::move(head));
    if (state_ == State::kIdle && !reader_->idle()) {
      state_ = State::kHead;
      Arm(Patience(options_.header_timeout));
    }
    Fill();
  }

  void OnHead(RequestReader::Head head) {
    Disarm();
    state_ = State::kHandling;
    http11_ = head.http11;
    head_only_ = head.request.method == "HEAD";
    keep_alive_ = head.keep_alive;
    expects_continue_ = head.expects_continue;
    cors_ = CorsHeaders(options_.cors, head.request);
    if (head.refusal) return Refuse(*head.refusal);
    if (admission_.refusal) return Refuse(*admission_.refusal);
    head.request.peer = options_.proxies.ClientOf(admission_.peer, head.request.headers);
    head.request.share = ShareOf(head.request.peer);
    Watch();
    // Until the handler waits for the whole body: as long as the client is silent nobody is at work for it.
    SetWaiting(false);
    handler_(MakeExchange(std::move(head.request)));
  }

  void Refuse(const Refusal& refusal) {
    SetWaiting(false);
    state_ = State::kHandling;
    keep_alive_ = false;
    admission_.seat->CountRefusal(refusal.reason);
    Send(PlainError(refusal));
  }

  void Advance() {
    if (!waiting_) return;
    auto piece = reader_->ReadBody();
    if (!piece) return Fill();
    if (reader_->body_done() || single_) Disarm();
    Watch();
    Deliver(*std::move(piece));
  }

  void TellStopped() {
    Disarm();
    Deliver(Gone());
  }

  void Deliver(absl::StatusOr<std::string> piece) {
    if (auto waiting = std::exchange(waiting_, nullptr)) waiting(std::move(piece));
  }

  void Gather(std::size_t limit, std::shared_ptr<std::string> body, Pieces done) {
    ReadPiece(
        [this, limit, body, done = std::move(done)](absl::StatusOr<std::string> piece) mutable {
          if (!piece.ok()) return done(piece.status());
          if (body->size() + piece->size() > limit) return done(BodyTooLarge());
          body->append(*piece);
          if (reader_->body_done()) return done(std::move(*body));
          Gather(limit, std::move(body), std::move(done));
        },
        false);
  }

  std::string HeadOf(int status, Headers headers) {
    headers.emplace_back("Date", HttpDate(absl::Now()));
    // Browsers that have been here by TLS come by nothing else for a year (RFC 6797).
    if (wire_.tls()) headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
    headers.insert(headers.end(), cors_.begin(), cors_.end());
    if (!keep_alive_) headers.emplace_back("Connection", "close");
    if (keep_alive_ && !http11_) headers.emplace_back("Connection", "keep-alive");
    return Head(status, headers);
  }

  using Document = std::shared_ptr<const std::string>;

  void Write(std::string bytes, std::function<void(bool)> done, Document document = nullptr) {
    writing_ = true;
    auto held = std::make_shared<std::string>(std::move(bytes));
    const std::array<net::const_buffer, 2> both = {net::buffer(*held),
                                                   document ? net::buffer(*document) : net::const_buffer()};
    net::async_write(wire_, both,
                     [self = shared_from_this(), held, document, done = std::move(done)](error_code ec, std::size_t) {
                       self->writing_ = false;
                       if (ec && self->state_ != State::kClosed) self->Close();
                       done(!ec);
                     });
  }

  void Finish(std::string bytes, Document document = nullptr) {
    Arm(options_.write_timeout);
    Write(
        std::move(bytes),
        [this](bool sent) {
          if (sent) NextRequest();
        },
        std::move(document));
  }

  void NextRequest() {
    if (state_ == State::kClosed) return;
    gone_ = nullptr;
    SetWaiting(true);
    keep_alive_ ? AwaitRequest() : Linger();
  }

  void SetWaiting(bool waiting) {
    if (std::exchange(gives_way_, waiting) != waiting) admission_.seat->SetWaiting(waiting);
  }

  // Reads on for a moment, so that a client that is still sending gets the answer instead of a reset; until it has
  // closed its side too.
  void Linger() {
    const bool done = reader_->body_done();
    state_ = State::kLingering;
    Deliver(Gone());
    reader_->Discard();
    Arm(Patience(done ? absl::Seconds(1) : absl::Seconds(5)));
    error_code ignored;
    if (!wire_.tls()) wire_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    if (!wire_.tls() || !done) return Fill();
    wire_.tls()->async_shutdown([self = shared_from_this()](error_code) { self->Close(); });
  }

  std::shared_ptr<Exchange> MakeExchange(Request request);

  // Given back last: it tells the server that this has ended.
  const Admission admission_;
  Wire wire_;
  net::steady_timer timer_;
  const ServerOptions& options_;
  const Handler& handler_;
  const std::unique_ptr<RequestReader> reader_;
  State state_ = State::kIdle;
  Pieces waiting_;
  std::string bytes_;
  std::string held_head_;
  std::function<void()> gone_;
  bool reading_ = false, writing_ = false, draining_ = false;
  // As the seat was told.
  bool gives_way_ = true;
  // Of the request that is being answered.
  bool http11_ = true, head_only_ = false, keep_alive_ = false, expects_continue_ = false, reading_stopped_ = false;
  Headers cors_;
  // The body timeout runs for each piece alone.
  bool single_ = false;
};

std::shared_ptr<Exchange> TheConnection::MakeExchange(Request request) {
  return std::make_shared<ConnectionExchange<TheConnection>>(shared_from_this(), std::move(request));
}

}  // namespace

std::shared_ptr<Connection> MakeConnection(tcp::socket socket, net::ssl::context* tls, const ServerOptions& options,
                                           const Handler& handler, Admission admission) {
  return std::make_shared<TheConnection>(std::move(socket), tls, options, handler, std::move(admission));
}

}  // namespace edudelta::gateway::http
