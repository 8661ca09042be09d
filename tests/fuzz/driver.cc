// fuzz_NAME FOLDER [MUTATIONS [FIRST]]: replays what stands in FOLDER/accepted and FOLDER/refused, which must be so,
// and then mutations of it, numbered; each follows from its number alone. fuzz_NAME FILE: one input, as libFuzzer
// leaves it behind.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

struct Seed {
  std::string path;
  std::string text;
};

// What is being tried, for the message of a process that dies of it.
std::string& Current() {
  static auto& current = *new std::string();
  return current;
}

void SayWhat(int signal) {
  std::cerr << "while trying " << Current() << std::endl;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<Seed> SeedsOf(const std::filesystem::path& folder) {
  std::vector<Seed> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    seeds.push_back({entry.path().string(), ReadFile(entry.path())});
  }
  std::sort(seeds.begin(), seeds.end(), [](const Seed& a, const Seed& b) { return a.path < b.path; });
  return seeds;
}

class Mutator {
 public:
  Mutator(const std::vector<Seed>& seeds, uint64_t number) : seeds_(seeds), random_(number) {}

  std::string Next() {
    std::string text = AnySeed();
    for (size_t steps = 1 + Below(5); steps > 0; --steps) Step(&text);
    return text;
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }
  const std::string& AnySeed() { return seeds_[Below(seeds_.size())].text; }

  std::string Piece(const std::string& text) {
    if (text.empty()) return "";
    const size_t at = Below(text.size());
    return text.substr(at, 1 + Below(std::min<size_t>(text.size() - at, 40)));
  }

  void Step(std::string* text) {
    static constexpr const char* kOdd[] = {"\"",
                                           "'",
                                           "\\",
                                           "\n",
                                           "\r\n",
                                           "\t",
                                           " ",
                                           "/",
                                           "..",
                                           "%",
                                           "%00",
                                           ",",
                                           ";",
                                           "{",
                                           "}",
                                           "[",
                                           "]",
                                           "(",
                                           ")",
                                           ":",
                                           "-",
                                           "+",
                                           "=",
                                           "&",
                                           "0",
                                           "-1",
                                           "1e",
                                           "99999999999999999999",
                                           ".",
                                           "null",
                                           "true",
                                           "\xEF\xBB\xBF",
                                           "\xFF",
                                           "\xC0\x80",
                                           "\xED\xA0\x80",
                                           "学校",
                                           "\x81\x30\x84\x36",
                                           "𠮷",
                                           "*",
                                           "?"};
    const size_t at = Below(text->size() + 1);
    const size_t rest = text->size() - at;
    switch (Below(8)) {
      case 0:
        if (rest > 0) (*text)[at] = static_cast<char>((*text)[at] ^ (1 << Below(8)));
        break;
      case 1:
        if (rest > 0) (*text)[at] = static_cast<char>(random_());
        break;
      case 2:
        text->erase(at, 1 + Below(8));
        break;
      case 3:
        text->resize(at);
        break;
      case 4:
        text->insert(at, Piece(*text));
        break;
      case 5:
        text->insert(at, Piece(AnySeed()));
        break;
      case 6:
        text->replace(at, Below(rest + 1), Piece(AnySeed()));
        break;
      case 7:
        text->insert(at, kOdd[Below(std::size(kOdd))]);
        break;
    }
  }

  const std::vector<Seed>& seeds_;
  std::mt19937_64 random_;
};

int Replay(const std::vector<Seed>& seeds, bool accepted) {
  int wrong = 0;
  for (const Seed& seed : seeds) {
    Current() = seed.path;
    if (Try(seed.text) == accepted) continue;
    std::cerr << seed.path << ": was " << (accepted ? "refused" : "accepted") << std::endl;
    ++wrong;
  }
  return wrong;
}

int Main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::filesystem::path corpus = argv[1];
  if (std::filesystem::is_regular_file(corpus)) {
    std::cout << (Try(ReadFile(corpus)) ? "accepted" : "refused") << std::endl;
    return 0;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, SayWhat);
  std::vector<Seed> seeds = SeedsOf(corpus / "accepted");
  const std::vector<Seed> refused = SeedsOf(corpus / "refused");
  if (seeds.empty() || refused.empty()) return 2;
  if (Replay(seeds, true) + Replay(refused, false) > 0) return 1;
  seeds.insert(seeds.end(), refused.begin(), refused.end());

  const uint64_t mutations = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const uint64_t first = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  uint64_t taken = 0;
  for (uint64_t number = first; number < first + mutations; ++number) {
    Current() = absl::StrCat("mutation ", number);
    taken += Try(Mutator(seeds, number).Next());
  }
  std::cout << seeds.size() << " seeds, " << mutations << " mutations, " << taken << " of them accepted" << std::endl;
  return 0;
}

}  // namespace
}  // namespace edudelta::fuzz

int main(int argc, char** argv) { return edudelta::fuzz::Main(argc, argv); }
