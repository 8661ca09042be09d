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

template <typename Accounts>
absl::Time LatestOf(const Accounts& accounts) {
  absl::Time latest = absl::InfinitePast();
  for (const auto& [account, count] : accounts) latest = std::max(latest, count.until);
  return latest;
}

}  // namespace

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
  const auto accounts = addresses_.find(address);
  if (accounts == addresses_.end()) return;
  counted_ -= accounts->second.erase(account);
  if (accounts->second.empty()) addresses_.erase(accounts);
}

Attempts::Count& Attempts::CountOf(absl::string_view account, absl::string_view address, absl::Time now) {
  if (counted_ >= kMost) MakeRoom();
  Accounts& accounts = addresses_[address];
  const auto found = accounts.find(account);
  if (found != accounts.end()) return found->second;
  if (accounts.size() >= kMostOfAddress) {
    const auto oldest = std::min_element(accounts.begin(), accounts.end(),
                                         [](const auto& a, const auto& b) { return a.second.until < b.second.until; });
    accounts.erase(oldest);
    --counted_;
  }
  ++counted_;
  return accounts[std::string(account)] = {0, now};
}

void Attempts::MakeRoom() {
  const auto quietest = std::min_element(addresses_.begin(), addresses_.end(), [](const auto& a, const auto& b) {
    return LatestOf(a.second) < LatestOf(b.second);
  });
  counted_ -= quietest->second.size();
  addresses_.erase(quietest);
}

}  // namespace edudelta::exchange::api
