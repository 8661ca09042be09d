#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "boost/asio/ip/network_v4.hpp"
#include "boost/asio/ip/network_v6.hpp"
#include "gateway/http/message.h"

namespace edudelta::gateway::http {

// The proxies whose word on who the client is counts.
class TrustedProxies {
 public:
  // Addresses and networks: "10.0.0.7", "10.0.0.0/8", "fd00::/8". INVALID_ARGUMENT for anything else.
  static absl::StatusOr<TrustedProxies> Parse(const std::vector<std::string>& networks);

  bool Contains(absl::string_view address) const;

  // The client's address: `peer` when that is no trusted proxy; else the last in X-Forwarded-For, which proxies append
  // to, that is none. What stands before it the client may have made up.
  std::string ClientOf(const std::string& peer, const Headers& headers) const;

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace edudelta::gateway::http
