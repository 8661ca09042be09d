#pragma once

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/base/status.h"

namespace edudelta::db {

// Calls `each` with [begin, end) over `count` rows, of a hundred, ten or one at a time: statements over many rows then
// have three texts, and each connection prepares few. Ends at the first error.
inline absl::Status InBatches(size_t count, absl::FunctionRef<absl::Status(size_t begin, size_t end)> each) {
  size_t done = 0;
  for (const size_t batch : {100, 10, 1}) {
    for (; count - done >= batch; done += batch) RETURN_IF_ERROR(each(done, done + batch));
  }
  return absl::OkStatus();
}

}  // namespace edudelta::db
