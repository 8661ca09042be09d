#pragma once

#include <cstddef>

namespace edudelta::rpc {

// What one message may hold, on both ends of every channel.
inline constexpr std::size_t kLargestMessage = std::size_t{16} << 20;

// Where a page ends that has not its count of rows yet: well below the largest message, which a single row above it may
// fill.
inline constexpr std::size_t kPageBytes = std::size_t{4} << 20;

}  // namespace edudelta::rpc
