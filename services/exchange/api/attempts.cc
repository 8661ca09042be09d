#include "exchange/api/attempts.h"

namespace edudelta::exchange::api {
namespace {

constexpr absl::Duration kWindow = absl::Minutes(1);
// Names that do not exist are counted too; this bounds them.
constexpr size_t kMostAccounts = 10000;

}  // namespace

bool Attempts::Begin(absl::string_view account, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (counts_.size() >= kMostAccounts) {
    absl::erase_if(counts_, [&](const auto& one) { return now - one.second.since >= kWindow; });
    if (counts_.size() >= kMostAccounts && !counts_.contains(account)) return false;
  }
  Count& count = counts_[std::string(account)];
  if (count.failures == 0 || now - count.since >= kWindow) count = {0, now};
  if (count.failures >= limit_) return false;
  ++count.failures;
  return true;
}

void Attempts::Succeeded(absl::string_view account) {
  absl::MutexLock lock(&mutex_);
  const auto found = counts_.find(account);
  if (found != counts_.end() && --found->second.failures <= 0) counts_.erase(found);
}

}  // namespace edudelta::exchange::api
