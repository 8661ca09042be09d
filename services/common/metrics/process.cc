#include "common/metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::metrics {
namespace {

std::string ReadAll(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A field of /proc/self/stat by its number in proc(5), which is past the name.
double FieldOf(const std::vector<absl::string_view>& fields, std::size_t number) {
  constexpr std::size_t kFirst = 3;
  double value = 0;
  if (number - kFirst >= fields.size() || !absl::SimpleAtod(fields[number - kFirst], &value)) return 0;
  return value;
}

// When the machine started.
double BootTime() {
  double time = 0;
  for (const absl::string_view line : absl::StrSplit(ReadAll("/proc/stat"), '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words.size() == 2 && words[0] == "btime" && absl::SimpleAtod(words[1], &time)) break;
  }
  return time;
}

double OpenFiles() {
  std::error_code error;
  int entries = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;) {
    ++entries;
    entry.increment(error);
  }
  // Without the one that it is read by.
  return entries - 1;
}

double MostFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void ExportProcess(Registry& registry, const std::string& version, const std::string& revision) {
  registry
      .Gauge("edudelta_build_info", "1, of this version and revision.", {{"version", version}, {"revision", revision}})
      .Set(1);
  auto& cpu = registry.Counter("process_cpu_seconds_total", "User and system time.");
  auto& memory = registry.Gauge("process_resident_memory_bytes", "Resident memory.");
  auto& files = registry.Gauge("process_open_fds", "Open file descriptors.");
  registry.Gauge("process_max_fds", "How many file descriptors may be open.").Set(MostFiles());
  auto& start = registry.Gauge("process_start_time_seconds", "When the process started, since the epoch.");
  registry.BeforeScrape([&cpu, &memory, &files, &start, boot = BootTime()] {
    const std::string stat = ReadAll("/proc/self/stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return;
    const std::vector<absl::string_view> fields =
        absl::StrSplit(absl::string_view(stat).substr(name_end + 1), ' ', absl::SkipEmpty());
    static const double kTicks = static_cast<double>(sysconf(_SC_CLK_TCK));
    cpu.Increment((FieldOf(fields, 14) + FieldOf(fields, 15)) / kTicks - cpu.Value());
    memory.Set(FieldOf(fields, 24) * static_cast<double>(sysconf(_SC_PAGESIZE)));
    start.Set(boot + FieldOf(fields, 22) / kTicks);
    files.Set(OpenFiles());
  });
}

}  // namespace edudelta::metrics
