#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// A fuzz target: one parser of bytes from outside, and the properties that hold whatever the bytes are. Each program of
// this folder is one target: driver.cc replays its corpus in every build, libfuzzer.cc makes it a libFuzzer program.
namespace edudelta::fuzz {

// Defined by each target: whether the parser took the input. A property that does not hold ends the process.
bool Try(absl::string_view input);

// Prints what broke and aborts, unless `holds`.
void Must(bool holds, absl::string_view property, absl::string_view shown = "");

// A refusal of ours: this code, one of `reasons` (words, a blank between two) and a Chinese text.
void MustBeRefusal(const absl::Status& status, absl::StatusCode code, absl::string_view reasons);

// The same, INVALID_ARGUMENT.
inline void MustBeRefusal(const absl::Status& status, absl::string_view reasons) {
  MustBeRefusal(status, absl::StatusCode::kInvalidArgument, reasons);
}

}  // namespace edudelta::fuzz
