#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::generate {

// The text of `<service>.proto`, of the hand-written files of its package, which their pool must have built with their
// source locations, or comments are lost. Errors are those of Read (declarations.h).
absl::StatusOr<std::string> Generate(const std::vector<const google::protobuf::FileDescriptor*>& files);

}  // namespace edudelta::generate
