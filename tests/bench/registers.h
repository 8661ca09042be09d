#pragma once

#include "nlohmann/json.hpp"
#include "tests/bench/calls.h"

namespace edudelta::bench {

// A CSV file through an Import method; the reading of the file is not timed.
//   --address --method --file --parent   ->  rows, created, errors, seconds
nlohmann::json ImportFile(const Flags& flags);

// All of an Export method.
//   --address --method --parent   ->  rows, seconds
nlohmann::json Export(const Flags& flags);

// Pages through a List method to row --depth, then reads the first page and the page there by turns.
//   --address --method --parent --depth --pairs   ->  first_us, deep_us, walk_seconds
nlohmann::json DeepPage(const Flags& flags);

// Evaluates a district --times times.
//   --address --district --times   ->  seconds (a list), report (the last name), coefficients
nlohmann::json Balance(const Flags& flags);

// Changes --count rows of each of enrolments and rooms of a district through Import.
//   --address --facilities --district --count   ->  changed
nlohmann::json Change(const Flags& flags);

// Recomputes a stored report.
//   --address --report   ->  equal, seconds
nlohmann::json Recompute(const Flags& flags);

}  // namespace edudelta::bench
