#include "gateway/cli/progress.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

constexpr int kBar = 24;
constexpr absl::Duration kEvery = absl::Milliseconds(100);

}  // namespace

Progress::Progress(std::ostream& err, bool shown, absl::string_view verb, int64_t total)
    : err_(err), shown_(shown), verb_(verb), total_(total), next_(absl::InfinitePast()) {}

Progress::~Progress() {
  if (shown_) err_ << "\r\033[K" << std::flush;
}

void Progress::Show(int64_t bytes, int64_t rows) {
  if (!shown_) return;
  const absl::Time now = absl::Now();
  const bool last = total_ > 0 && bytes >= total_;
  if (now < next_ && !last) return;
  next_ = now + kEvery;
  std::string line = verb_;
  if (total_ > 0) {
    const int done = static_cast<int>(std::min(bytes, total_) * kBar / total_);
    absl::StrAppend(&line, " [", std::string(done, '='), std::string(kBar - done, ' '), "] ");
    absl::StrAppendFormat(&line, "%3d %%  ", static_cast<int>(std::min(bytes, total_) * 100 / total_));
  } else {
    absl::StrAppend(&line, " ");
  }
  absl::StrAppend(&line, Bytes(bytes), "  ", Grouped(rows), " 行", last ? "，等待服务器处理" : "");
  err_ << "\r\033[K" << line << std::flush;
}

bool ProgressIsShown(bool asked, bool quiet) { return asked || (!quiet && isatty(STDERR_FILENO) == 1); }

}  // namespace edudelta::gateway::cli
