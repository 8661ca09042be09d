#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edudelta::gateway::cli {

// The whole file; "-" is standard input. Exit::kUsage when it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);
// Exit::kUsage when `text`, which is JSON of the caller's that goes by `name`, nests deeper than ParseJson takes.
absl::Status CheckDepth(absl::string_view name, absl::string_view text);
// Whether both are one file, by whatever paths. False where one of them is not there.
bool IsSameFile(const std::string& one, const std::string& other);
// An empty file that its owner alone can read, in place of one that was left there. False when it cannot be made.
bool MakePrivate(const std::string& path);
// Whether WritePrivate can make that file, which it may replace but not where it is no regular one. Leaves nothing
// behind.
bool CanWritePrivate(const std::string& path);
// Complete or not at all, and readable by its owner alone. Exit::kUsage when it cannot be written.
absl::Status WritePrivate(const std::string& path, absl::string_view text);

}  // namespace edudelta::gateway::cli
