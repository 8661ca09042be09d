#include <cstddef>
#include <cstdint>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  edudelta::fuzz::Try(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
