#include "gateway/policy/snapshot.h"

#include <algorithm>

#include "common/describe/district.h"

namespace edudelta::gateway::policy {
namespace {

template <typename Map, typename Rows>
void Merge(Map& map, const Rows& rows) {
  for (const auto& row : rows) {
    map[row.name()] = std::make_shared<std::decay_t<decltype(row)>>(row);
  }
}

void IndexConsumers(Snapshot& snapshot) {
  snapshot.by_consumer.clear();
  for (const auto& [name, agreement] : snapshot.agreements) {
    snapshot.by_consumer[agreement->content().consumer()].push_back(agreement);
  }
  for (auto& [consumer, agreements] : snapshot.by_consumer) {
    std::sort(agreements.begin(), agreements.end(), [](const auto& a, const auto& b) { return a->name() < b->name(); });
  }
}

}  // namespace

std::shared_ptr<const Snapshot> Apply(const std::shared_ptr<const Snapshot>& before,
                                      const exchange::v1::PolicyUpdate& update) {
  const bool heartbeat = !update.snapshot() && update.principals().empty() && update.agreements().empty() &&
                         update.organizations().empty() && update.jwks().empty();
  if (heartbeat && update.version() == before->version) return before;
  auto next = update.snapshot() ? std::make_shared<Snapshot>() : std::make_shared<Snapshot>(*before);
  next->version = update.version();
  Merge(next->principals, update.principals());
  Merge(next->organizations, update.organizations());
  Merge(next->agreements, update.agreements());
  if (!update.agreements().empty()) IndexConsumers(*next);
  next->jwks = update.jwks().empty() ? before->jwks : update.jwks();
  next->token_issuer = update.token_issuer().empty() ? before->token_issuer : update.token_issuer();
  next->token_audience = update.token_audience().empty() ? before->token_audience : update.token_audience();
  return next;
}

std::string RegisteredDistrict(const Snapshot& snapshot, absl::string_view code) {
  std::string narrowest;
  for (const auto& [name, organization] : snapshot.organizations) {
    for (const std::string& district : organization->districts()) {
      if (!describe::CoversDistrict(district, code)) continue;
      if (narrowest.empty() || describe::CoversDistrict(narrowest, district)) narrowest = district;
    }
  }
  return narrowest;
}

}  // namespace edudelta::gateway::policy
