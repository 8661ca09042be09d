#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/ssl/context.hpp"
#include "gateway/http/ticket_keys.h"

namespace edudelta::gateway::http {

// The TLS context of the edge. When its files change, connections made later get one made anew; earlier ones keep
// theirs. For one thread at a time; it outlives the connections.
class Certificate {
 public:
  // PEM files of the chain and of its key. `now` is asked for the age of ticket keys. INVALID_ARGUMENT when they are of
  // no use.
  static absl::StatusOr<std::unique_ptr<Certificate>> Load(const std::string& chain, const std::string& key,
                                                           std::function<absl::Time()> now);

  // For the next connection.
  boost::asio::ssl::context& context() { return *context_; }

  // Looks whether the files are others than those of the context. Whether there is a new one; INVALID_ARGUMENT when the
  // files are of no use, and the context stays as it is. Files that change one after the other come right with the last
  // one.
  absl::StatusOr<bool> Renew();

 private:
  Certificate(const std::string& chain, const std::string& key, std::function<absl::Time()> now);
  absl::StatusOr<boost::asio::ssl::context> Make() const;

  const std::string chain_, key_;
  const std::unique_ptr<TicketKeys> ticket_keys_;
  // What tells the files' states apart.
  std::string seen_;
  std::optional<boost::asio::ssl::context> context_;
};

}  // namespace edudelta::gateway::http
