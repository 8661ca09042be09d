#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"

namespace edudelta::gateway::http {

// What one customer has of addresses, as which they are limited: of IPv6 a whole /64, else the address.
std::string ShareOf(const std::string& address);

// Who may be connected. When there are too many, the connection that has waited for its client longest gives way, so
// that silence keeps nobody out: one of the same address when that has its share, else one of the address that holds
// most. Only when all are being answered is a new one refused. Not thread-safe.
class Places {
 public:
  using Id = std::uint64_t;
  enum class Refused { kNo, kFull, kShare };
  struct Entry {
    Refused refused = Refused::kNo;
    std::optional<Id> gives_way;
  };

  Places(int most, int most_per_address) : most_(most), most_per_address_(most_per_address) {}

  // A new connection waits, unless it is refused. Whoever gives way has left.
  // `many`: there are many clients behind the address, which has no share then.
  Entry Enter(Id id, const std::string& address, bool many = false);
  // Of those who are not here: nothing.
  void SetWaiting(Id id, bool waiting);
  void Leave(Id id);

 private:
  struct Address {
    int held = 0;
    // Longest first.
    std::list<Id> waiting;
  };
  struct Place {
    std::string address;
    std::optional<std::list<Id>::iterator> waiting;
  };

  Address* Largest();

  const int most_;
  const int most_per_address_;
  absl::flat_hash_map<Id, Place> places_;
  absl::flat_hash_map<std::string, Address> addresses_;
};

}  // namespace edudelta::gateway::http
