#include "common/testing/template.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/testing/server_process.h"

namespace edudelta::testing {
namespace {

// Held by readers of the templates together, by a maker alone.
class Lock {
 public:
  Lock(const std::string& file, int kind) : file_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (file_ < 0 || flock(file_, kind) != 0) throw std::runtime_error("cannot lock " + file);
  }
  ~Lock() { close(file_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  const int file_;
};

// Owners stay as they are. No holes: what a database acknowledges on a full disk has its room in the log from the
// start.
void Copy(const std::string& from, const std::string& to, const std::string& log) {
  ServerProcess copy;
  copy.Start({.uid = geteuid(), .gid = getegid()}, {"cp", "-a", "--sparse=never", from, to}, log);
  if (copy.End(0) != 0) throw std::runtime_error(absl::StrCat("cannot copy ", from, " to ", to, ", see ", log));
}

void RemoveKind(const std::string& parent, const std::string& kind) {
  for (const auto& entry : std::filesystem::directory_iterator(parent)) {
    if (absl::StartsWith(entry.path().filename().string(), kind + "-")) std::filesystem::remove_all(entry.path());
  }
}

}  // namespace

void CopyTemplate(const Template& wanted, const std::string& folder, const std::string& log,
                  absl::FunctionRef<void()> make) {
  const std::string parent = wanted.parent.empty() ? EDUDELTA_BUILD_DIR "/testing" : wanted.parent;
  const std::string kept = absl::StrCat(parent, "/", wanted.kind, "-", wanted.key);
  const std::string lock_file = absl::StrCat(parent, "/", wanted.kind, ".lock");
  std::filesystem::create_directories(parent);
  {
    const Lock lock(lock_file, LOCK_SH);
    if (std::filesystem::exists(kept)) return Copy(kept, folder, log);
  }
  const Lock lock(lock_file, LOCK_EX);
  if (std::filesystem::exists(kept)) return Copy(kept, folder, log);
  make();
  RemoveKind(parent, wanted.kind);
  const std::string half = kept + ".half";
  Copy(folder, half, log);
  std::filesystem::rename(half, kept);
}

std::string KeyOf(const std::string& text) {
  return absl::StrCat(absl::Hex(std::hash<std::string>()(text), absl::kZeroPad16));
}

std::string FingerprintOf(const std::string& file) {
  std::string text;
  const char* path = getenv("PATH");
  const bool program = !absl::StrContains(file, '/');
  for (const absl::string_view place : absl::StrSplit(program && path != nullptr ? path : "", ':')) {
    const std::string found = program ? absl::StrCat(place, "/", file) : file;
    struct stat status = {};
    if (stat(found.c_str(), &status) != 0) continue;
    text = absl::StrCat(found, " ", status.st_size, " ", status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec);
    break;
  }
  if (text.empty()) throw std::runtime_error("there is no " + file);
  return KeyOf(text);
}

}  // namespace edudelta::testing
