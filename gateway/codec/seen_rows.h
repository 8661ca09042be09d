#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"

namespace edudelta::gateway::codec {

// Which row of a file named a resource first. One thread at a time. Keeps 128 bits of hash instead of a name, so that a
// row costs about 50 bytes whatever its ids are; that two names share them does not happen.
class SeenRows {
 public:
  // The row that named it before, 0 for none: it is then `row`'s. `known`: ids that all rows share, empty where they
  // differ; as many as `ids`.
  template <typename Id>
  int64_t Note(const std::vector<std::string>& known, const std::vector<Id>& ids, int64_t row) {
    std::string key;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (!known[i].empty()) continue;
      if (!key.empty()) key.push_back('/');
      key.append(ids[i].data(), ids[i].size());
    }
    const absl::Hash<std::pair<int, std::string>> hash;
    const std::pair<uint64_t, uint64_t> mark(hash({1, key}), hash({2, key}));
    const auto [at, first] = rows_.emplace(mark, row);
    return first ? 0 : at->second;
  }

  size_t size() const { return rows_.size(); }

 private:
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, int64_t> rows_;
};

}  // namespace edudelta::gateway::codec
