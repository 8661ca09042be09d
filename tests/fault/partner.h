#pragma once

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "tests/fault/http.h"

namespace edudelta::fault {

// In the name of every shared school, and nowhere else.
inline constexpr char kSharedWord[] = "演练共享小学";

enum class Question { kGet, kList, kExport };

struct Reading {
  Question question = Question::kGet;
  // Stated by the reader, unique; the entries of this access carry it.
  std::string case_number;
  HttpAnswer answer;
};

// A client of another district that reads schools under an agreement until it has got enough complete answers. Not
// thread-safe.
class Partner {
 public:
  struct Settings {
    int port = 0;
    std::string token;
    // Unique among partners.
    std::string id;
    unsigned seed = 0;
    int schools = 0;
    // Counts requests.
    std::atomic<int>* attempts = nullptr;
  };
  explicit Partner(Settings settings) : settings_(std::move(settings)), random_(settings_.seed) {}

  void Read(int answers);

  const std::vector<Reading>& readings() const { return readings_; }

 private:
  const Settings settings_;
  std::mt19937 random_;
  std::vector<Reading> readings_;
};

}  // namespace edudelta::fault
