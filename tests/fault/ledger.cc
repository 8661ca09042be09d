#include "tests/fault/ledger.h"

#include <iterator>

namespace edudelta::fault {

void Ledger::Add(Ledger other) {
  std::move(other.sent.begin(), other.sent.end(), std::back_inserter(sent));
  std::move(other.problems.begin(), other.problems.end(), std::back_inserter(problems));
  attempts += other.attempts;
}

}  // namespace edudelta::fault
