#include "gateway/http/request_reader.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http.hpp"
#include "common/base/error.h"

namespace edudelta::gateway::http {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::buffer_body>;
using BeastError = beast::http::error;

constexpr std::size_t kHeadRead = 4 << 10;
constexpr std::size_t kBodyRead = 16 << 10;

constexpr Refusal kVersion = {505, "VERSION_UNSUPPORTED", "只支持 HTTP/1.0 和 HTTP/1.1"};
constexpr Refusal kBodyLimit = {413, "BODY_TOO_LARGE", "请求体超过上限"};

absl::Status MalformedBody() {
  return Error(absl::StatusCode::kInvalidArgument, "BODY_MALFORMED", "请求体的分块编码有误");
}

// "GET / HTTP/2.0\r\n..."
bool NamesAVersion(absl::string_view head) {
  const absl::string_view line = head.substr(0, head.find("\r\n"));
  const auto at = line.rfind(" HTTP/");
  return absl::c_count(line, ' ') == 2 && at != absl::string_view::npos && line.size() == at + 9 &&
         absl::ascii_isdigit(line[at + 6]) && line[at + 7] == '.' && absl::ascii_isdigit(line[at + 8]);
}

// Of a head that may not be whole or right: what a browser puts there is compared with a list and nothing else.
std::string OriginIn(absl::string_view head) {
  const absl::string_view fields = head.substr(0, head.find("\r\n\r\n"));
  for (const absl::string_view line : absl::StrSplit(fields, "\r\n")) {
    if (absl::StartsWithIgnoreCase(line, "origin:")) return std::string(absl::StripAsciiWhitespace(line.substr(7)));
  }
  return "";
}

class BeastReader final : public RequestReader {
 public:
  explicit BeastReader(const Limits& limits)
      : limits_(limits), buffer_(limits.header_bytes + kHeadRead + kBodyRead), scanner_(limits.header_bytes) {}

  std::size_t wanted() const override {
    if (!parser_ || parser_->is_done()) return kHeadRead;
    const auto left = parser_->content_length_remaining();
    return left ? static_cast<std::size_t>(std::clamp<std::uint64_t>(*left, kHeadRead, kBodyRead)) : kBodyRead;
  }

  void Append(absl::string_view bytes) override {
    const auto space = buffer_.prepare(bytes.size());
    std::copy(bytes.begin(), bytes.end(), static_cast<char*>(space.data()));
    buffer_.commit(bytes.size());
  }

  bool idle() override {
    while (absl::StartsWith(Unread(), "\r\n")) buffer_.consume(2);
    return Unread().empty() || Unread() == "\r";
  }

  std::optional<Head> ReadHead() override {
    if (idle() || !scanner_.Find(Unread())) return std::nullopt;
    Head head;
    if (absl::StartsWith(Unread(), "HEAD ")) head.request.method = "HEAD";
    head.refusal = scanner_.refusal();
    if (head.refusal) head.request.headers = {{"origin", OriginIn(Unread())}};
    if (!head.refusal) Parse(head);
    if (!head.refusal) Fill(head);
    if (head.refusal) parser_.reset();
    scanner_ = HeadScanner(limits_.header_bytes);
    return head;
  }

  bool body_done() const override { return parser_ && parser_->is_done(); }

  std::optional<std::uint64_t> content_length() const override {
    const auto length = parser_->content_length();
    return length ? std::make_optional(*length) : std::nullopt;
  }

  std::optional<absl::StatusOr<std::string>> ReadBody() override {
    std::string piece(std::min(kBodyRead, buffer_.size()), '\0');
    auto& body = parser_->get().body();
    body.data = piece.data();
    body.size = piece.size();
    body.more = true;
    while (!body_done() && body.size > 0 && buffer_.size() > 0) {
      error_code ec;
      buffer_.consume(parser_->put(buffer_.data(), ec));
      if (ec == BeastError::need_more) break;
      if (ec == BeastError::body_limit) return BodyTooLarge();
      if (ec && ec != BeastError::need_buffer) return MalformedBody();
    }
    piece.resize(piece.size() - body.size);
    if (!piece.empty() || body_done()) return piece;
    // What stands between two pieces: a chunk's size with its extension, or the trailers.
    if (buffer_.size() > limits_.header_bytes) return MalformedBody();
    return std::nullopt;
  }

  void Discard() override { buffer_.clear(); }

  void Rest() override {
    parser_.reset();
    if (buffer_.size() == 0 && buffer_.capacity() > kHeadRead) buffer_ = Buffer(buffer_.max_size());
  }

 private:
  using Buffer = beast::flat_buffer;

  absl::string_view Unread() const { return {static_cast<const char*>(buffer_.cdata().data()), buffer_.size()}; }

  void Parse(Head& into) {
    parser_.emplace();
    // The scanner has looked at the size.
    parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes + 1));
    parser_->body_limit(limits_.body_bytes);
    parser_->on_chunk_header(on_chunk_);
    const absl::string_view head = Unread().substr(0, scanner_.end());
    error_code ec;
    parser_->put(boost::asio::const_buffer(head.data(), head.size()), ec);
    if (ec == BeastError::body_limit) {
      into.refusal = kBodyLimit;
    } else if (ec) {
      into.refusal = ec == BeastError::bad_version && NamesAVersion(head) ? kVersion : kMalformed;
    }
    if (into.refusal) into.request.headers = {{"origin", OriginIn(head)}};
    buffer_.consume(scanner_.end());
  }

  void Fill(Head& head) const {
    const auto& message = parser_->get();
    head.http11 = message.version() >= 11;
    head.keep_alive = parser_->keep_alive();
    head.expects_continue = head.http11 && message.count(beast::http::field::expect) > 0;
    Request& request = head.request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message) {
      request.headers.emplace_back(absl::AsciiStrToLower(std::string(field.name_string())), std::string(field.value()));
    }
    head.refusal = CheckHead(request, head.http11 ? 1 : 0);
    if (const auto origin = OriginForm(request.target)) request.target = std::string(*origin);
  }

  const Limits limits_;
  Buffer buffer_;
  HeadScanner scanner_;
  std::optional<Parser> parser_;
  // A line end in an extension would be one for a reader that takes a bare line feed.
  std::function<void(std::uint64_t, beast::string_view, error_code&)> on_chunk_ =
      [](std::uint64_t, beast::string_view extension, error_code& ec) {
        const bool text = absl::c_all_of(extension, [](char c) { return c == '\t' || !absl::ascii_iscntrl(c); });
        if (!text) ec = BeastError::bad_chunk_extension;
      };
};

}  // namespace

absl::Status BodyTooLarge() { return Error(absl::StatusCode::kResourceExhausted, "BODY_TOO_LARGE", "请求体超过上限"); }

std::unique_ptr<RequestReader> RequestReader::Make(const Limits& limits) {
  return std::make_unique<BeastReader>(limits);
}

}  // namespace edudelta::gateway::http
