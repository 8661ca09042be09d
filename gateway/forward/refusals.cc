#include "gateway/forward/refusals.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/base/ids.h"
#include "common/crypto/canonical.h"

namespace edudelta::gateway::forward {
namespace {

constexpr std::size_t kMostWindows = 10000;

// Equal is what differs in nothing but the request, and in the case that the client says it is for.
std::string KeyOf(Refusals::Entry entry) {
  entry.clear_request_id();
  entry.clear_repeat_count();
  entry.clear_case_number();
  return crypto::CanonicalBytes(entry);
}

Refusals::Entry Folded(const Refusals::Entry& entry, const std::string& district) {
  Refusals::Entry folded;
  folded.set_principal(entry.principal());
  folded.set_organization(entry.organization());
  folded.set_request_id(entry.request_id());
  folded.set_outcome(entry.outcome());
  folded.set_reason("REFUSALS_FOLDED");
  folded.set_district(district);
  return folded;
}

}  // namespace

void Refusals::Window::Add(const Entry& equal, std::int64_t refusals) {
  counted += refusals;
  if (equal.case_number() != entry.case_number()) entry.clear_case_number();
}

Refusals::Counted Refusals::Count(Entry* entry, const std::string& district, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  std::string key = KeyOf(*entry);
  auto window = windows_.find(key);
  if (window == windows_.end() && kinds_.Take(entry->principal(), now)) {
    *entry = Folded(*entry, district);
    key = KeyOf(*entry);
    window = windows_.find(key);
  }
  if (window != windows_.end()) {
    window->second.Add(*entry, 1);
    return {Place::kCounted, window->second.sequence};
  }
  if (windows_.size() >= kMostWindows) return {};
  windows_[key] = {*entry, 0, 0, now + kWindow};
  return {Place::kFirst, 0};
}

void Refusals::Entered(const Entry& first, std::int64_t sequence) {
  absl::MutexLock lock(&mutex_);
  if (const auto window = windows_.find(KeyOf(first)); window != windows_.end()) window->second.sequence = sequence;
}

std::int64_t Refusals::NotEntered(const Entry& entry, absl::Time now) {
  const std::int64_t refusals = std::int64_t{1} + entry.repeat_count();
  absl::MutexLock lock(&mutex_);
  std::string key = KeyOf(entry);
  auto window = windows_.find(key);
  if (window == windows_.end()) {
    if (windows_.size() >= kMostWindows) return refusals;
    window = windows_.emplace(std::move(key), Window{entry, 0, 0, now + kWindow}).first;
  }
  window->second.Add(entry, refusals);
  return 0;
}

std::vector<Refusals::Entry> Refusals::TakeEnded(absl::Time now) {
  std::vector<Entry> ended;
  absl::MutexLock lock(&mutex_);
  for (auto window = windows_.begin(); window != windows_.end();) {
    if (window->second.end > now) {
      ++window;
      continue;
    }
    if (window->second.counted > 0) {
      Entry& entry = ended.emplace_back(std::move(window->second.entry));
      entry.set_request_id(NewUuid());
      entry.set_repeat_count(static_cast<std::int32_t>(
          std::min<std::int64_t>(window->second.counted - 1, std::numeric_limits<std::int32_t>::max())));
    }
    windows_.erase(window++);
  }
  return ended;
}

}  // namespace edudelta::gateway::forward
