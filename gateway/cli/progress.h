#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace edudelta::gateway::cli {

// One line that is rewritten while bytes go by. Silent where nobody watches. One thread.
class Progress {
 public:
  // `total` bytes, 0 when unknown.
  Progress(std::ostream& err, bool shown, absl::string_view verb, int64_t total);
  // Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Bytes and rows so far.
  void Show(int64_t bytes, int64_t rows);

 private:
  std::ostream& err_;
  bool shown_;
  std::string verb_;
  int64_t total_;
  absl::Time next_;
};

// A terminal on standard error that nobody asked to be quiet, or --progress.
bool ProgressIsShown(bool asked, bool quiet);

}  // namespace edudelta::gateway::cli
