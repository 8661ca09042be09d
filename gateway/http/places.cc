#include "gateway/http/places.h"

#include <arpa/inet.h>

#include <algorithm>

namespace edudelta::gateway::http {

std::string ShareOf(const std::string& address) {
  in6_addr bytes{};
  // Without the zone of a link-local one.
  if (::inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &bytes) != 1) return address;
  char text[INET6_ADDRSTRLEN] = {};
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) return ::inet_ntop(AF_INET, &bytes.s6_addr[12], text, sizeof(text));
  std::fill(std::begin(bytes.s6_addr) + 8, std::end(bytes.s6_addr), 0);
  return ::inet_ntop(AF_INET6, &bytes, text, sizeof(text));
}

Places::Address* Places::Largest() {
  Address* largest = nullptr;
  for (auto& [name, address] : addresses_) {
    if (!address.waiting.empty() && (largest == nullptr || address.held > largest->held)) largest = &address;
  }
  return largest;
}

Places::Entry Places::Enter(Id id, const std::string& address, bool many) {
  Entry entry;
  const auto known = addresses_.find(address);
  const bool shared_out = !many && known != addresses_.end() && known->second.held >= most_per_address_;
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
