#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace edudelta::fault {

// A small file system that only this process and its children see; it is gone with them. Folders for temporary files
// are made on it from now on (TMPDIR). Not thread-safe.
class Disk {
 public:
  // Before the process has threads. UNAVAILABLE, with why, where mounting is not permitted.
  static absl::StatusOr<std::unique_ptr<Disk>> Mount();
  ~Disk();

  // Nothing more can be written, but into blocks that files have already. Throws std::runtime_error when it cannot.
  void Fill();
  void Free();

 private:
  explicit Disk(std::string folder) : folder_(std::move(folder)) {}

  const std::string folder_;
};

}  // namespace edudelta::fault
