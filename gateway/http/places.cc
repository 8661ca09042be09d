#include "gateway/http/places.h"

namespace edudelta::gateway::http {

Places::Address* Places::Largest() {
  Address* largest = nullptr;
  for (auto& [name, address] : addresses_) {
    if (!address.waiting.empty() && (largest == nullptr || address.held > largest->held)) largest = &address;
  }
  return largest;
}

Places::Entry Places::Enter(Id id, const std::string& address) {
  Entry entry;
  const auto known = addresses_.find(address);
  const bool shared_out = known != addresses_.end() && known->second.held >= most_per_address_;
  if (shared_out || static_cast<int>(places_.size()) >= most_) {
    const Address* from = shared_out ? &known->second : Largest();
    if (from == nullptr || from->waiting.empty()) {
      entry.refused = shared_out ? Refused::kShare : Refused::kFull;
      return entry;
    }
    entry.gives_way = from->waiting.front();
    Leave(*entry.gives_way);
  }
  places_[id].address = address;
  ++addresses_[address].held;
  SetWaiting(id, true);
  return entry;
}

void Places::SetWaiting(Id id, bool waiting) {
  const auto found = places_.find(id);
  if (found == places_.end() || found->second.waiting.has_value() == waiting) return;
  Place& place = found->second;
  auto& queue = addresses_[place.address].waiting;
  if (waiting) {
    place.waiting = queue.insert(queue.end(), id);
  } else {
    queue.erase(*place.waiting);
    place.waiting.reset();
  }
}

void Places::Leave(Id id) {
  SetWaiting(id, false);
  const auto found = places_.find(id);
  if (found == places_.end()) return;
  const auto address = addresses_.find(found->second.address);
  if (--address->second.held == 0) addresses_.erase(address);
  places_.erase(found);
}

}  // namespace edudelta::gateway::http
