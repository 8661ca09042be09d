#include "exchange/api/attempts.h"

#include <algorithm>

namespace edudelta::exchange::api {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);
constexpr absl::Duration kLongestPause = absl::Minutes(5);
constexpr absl::Duration kForgotten = absl::Hours(1);
constexpr size_t kMostOfAddress = 1000;
constexpr size_t kMost = 100000;

// After so many failures beyond those that are free.
absl::Duration PauseAfter(int failures) {
  constexpr int kEnough = 20;
  return std::min(kFirstPause * (1 << std::min(failures - 1, kEnough)), kLongestPause);
}

}  // namespace

absl::Time Attempts::Address::Latest() const {
  absl::Time latest = others.until;
  for (const auto& [account, count] : accounts) latest = std::max(latest, count.until);
  return latest;
}

std::optional<absl::Duration> Attempts::Begin(absl::string_view account, absl::string_view address, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  Count& count = CountOf(account, address, now);
  if (now - count.until >= kForgotten) count = {0, now};
  if (now < count.until) return count.until - now;
  ++count.failures;
  count.until = count.failures < free_ ? now : now + PauseAfter(count.failures - free_ + 1);
  return std::nullopt;
}

void Attempts::Succeeded(absl::string_view account, absl::string_view address) {
  absl::MutexLock lock(&mutex_);
  const auto found = addresses_.find(address);
  if (found == addresses_.end()) return;
  counted_ -= found->second.accounts.erase(account);
  if (found->second.accounts.empty()) addresses_.erase(found);
}

Attempts::Count& Attempts::CountOf(absl::string_view account, absl::string_view address, absl::Time now) {
  if (counted_ >= kMost) MakeRoom();
  Address& counts = addresses_[address];
  const auto found = counts.accounts.find(account);
  if (found != counts.accounts.end()) return found->second;
  if (counts.accounts.size() >= kMostOfAddress) {
    counted_ -= absl::erase_if(counts.accounts, [&](const auto& one) { return now - one.second.until >= kForgotten; });
  }
  if (counts.accounts.size() >= kMostOfAddress) return counts.others;
  ++counted_;
  return counts.accounts[account] = {0, now};
}

void Attempts::MakeRoom() {
  const auto quietest = std::min_element(addresses_.begin(), addresses_.end(), [](const auto& a, const auto& b) {
    return a.second.Latest() < b.second.Latest();
  });
  counted_ -= quietest->second.accounts.size();
  addresses_.erase(quietest);
}

}  // namespace edudelta::exchange::api
