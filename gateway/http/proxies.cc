#include "gateway/http/proxies.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/asio/ip/address.hpp"

namespace edudelta::gateway::http {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

template <typename Network, typename Address>
bool Covers(const std::vector<Network>& networks, const Address& address) {
  return absl::c_any_of(networks, [&](const Network& network) {
    return network.canonical() == Network(address, network.prefix_length()).canonical();
  });
}

}  // namespace

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& network : networks) {
    const bool slash = network.find('/') != std::string::npos;
    error_code not_v4, not_v6;
    const auto v4 = ip::make_network_v4(slash ? network : absl::StrCat(network, "/32"), not_v4);
    const auto v6 = ip::make_network_v6(slash ? network : absl::StrCat(network, "/128"), not_v6);
    if (not_v4 && not_v6) return absl::InvalidArgumentError(absl::StrCat("no address or network: ", network));
    if (!not_v4) proxies.v4_.push_back(v4);
    if (!not_v6) proxies.v6_.push_back(v6);
  }
  return proxies;
}

bool TrustedProxies::Contains(absl::string_view address) const {
  error_code ec;
  const ip::address parsed = ip::make_address(std::string(address), ec);
  if (ec) return false;
  if (parsed.is_v4()) return Covers(v4_, parsed.to_v4());
  if (parsed.to_v6().is_v4_mapped()) return Covers(v4_, ip::make_address_v4(ip::v4_mapped, parsed.to_v6()));
  return Covers(v6_, parsed.to_v6());
}

std::string TrustedProxies::ClientOf(const std::string& peer, const Headers& headers) const {
  std::string client = peer;
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    if (header->first != "x-forwarded-for") continue;
    std::vector<absl::string_view> hops = absl::StrSplit(header->second, ',');
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
      error_code ec;
      const ip::address said = ip::make_address(std::string(absl::StripAsciiWhitespace(*hop)), ec);
      // Nobody but the proxy before may name the next.
      if (!Contains(client) || ec) return client;
      client = said.to_string();
    }
  }
  return client;
}

}  // namespace edudelta::gateway::http
