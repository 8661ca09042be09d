#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http/framing.h"
#include "gateway/http/message.h"

namespace edudelta::gateway::http {

// Makes requests of the bytes of one connection, without I/O. What it holds is bounded whatever the bytes are: a head,
// or what stands between two pieces of a body, of `header_bytes`, and one read more. Not thread-safe.
class RequestReader {
 public:
  struct Limits {
    std::size_t header_bytes;
    std::uint64_t body_bytes;
  };

  struct Head {
    // Of a refused one only the method and the origin are known, and perhaps wrong.
    Request request;
    std::optional<Refusal> refusal;
    bool http11 = true;
    bool keep_alive = false;
    bool expects_continue = false;
  };

  static std::unique_ptr<RequestReader> Make(const Limits& limits);
  virtual ~RequestReader() = default;

  // How many bytes to read next at most, and those that came.
  virtual std::size_t wanted() const = 0;
  virtual void Append(absl::string_view bytes) = 0;

  // No request has begun: empty lines before one do not count.
  virtual bool idle() = 0;
  // The next head; nothing until all of it is there. After a refusal the rest cannot be read.
  virtual std::optional<Head> ReadHead() = 0;

  // Of the request whose head has been read.
  virtual bool body_done() const = 0;
  virtual std::optional<std::uint64_t> content_length() const = 0;
  // What has come of the body, at most 16 KiB, empty at its end; nothing until more comes. RESOURCE_EXHAUSTED
  // (BODY_TOO_LARGE) above the limit, INVALID_ARGUMENT (BODY_MALFORMED).
  virtual std::optional<absl::StatusOr<std::string>> ReadBody() = 0;

  // Forgets what has come; nothing is read any more.
  virtual void Discard() = 0;
  // Gives memory back before a wait for the next request.
  virtual void Rest() = 0;
};

absl::Status BodyTooLarge();

}  // namespace edudelta::gateway::http
