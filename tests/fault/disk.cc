#include "tests/fault/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"

namespace edudelta::fault {
namespace {

constexpr char kSize[] = "size=384m,mode=1777";
constexpr off_t kBlock = 4096;

absl::Status Failure(const char* what) { return absl::UnavailableError(absl::StrCat(what, ": ", strerror(errno))); }

}  // namespace

absl::StatusOr<std::unique_ptr<Disk>> Disk::Mount() {
  if (unshare(CLONE_NEWNS) != 0) return Failure("unshare");
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return Failure("mount --make-private");
  const char* where = getenv("TMPDIR");
  std::string folder = absl::StrCat(where == nullptr ? "/tmp" : where, "/edudelta-disk-XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) return Failure("mkdtemp");
  if (mount("tmpfs", folder.c_str(), "tmpfs", 0, kSize) != 0) {
    const absl::Status failure = Failure("mount");
    rmdir(folder.c_str());
    return failure;
  }
  setenv("TMPDIR", folder.c_str(), 1);
  return std::unique_ptr<Disk>(new Disk(std::move(folder)));
}

Disk::~Disk() {
  umount2(folder_.c_str(), MNT_DETACH);
  rmdir(folder_.c_str());
}

void Disk::Fill() {
  const int ballast = open((folder_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (ballast < 0) throw std::runtime_error("no ballast");
  // In pieces: others take space at the same time, and what does not fit whole is given back.
  off_t size = 0;
  int failed = 0;
  for (off_t piece = 16 << 20; piece >= kBlock; piece /= 16) {
    while ((failed = posix_fallocate(ballast, size, piece)) == 0) size += piece;
    if (failed != ENOSPC) break;
  }
  close(ballast);
  if (failed != ENOSPC) throw std::runtime_error(absl::StrCat("fallocate: ", strerror(failed)));
}

void Disk::Free() { unlink((folder_ + "/ballast").c_str()); }

}  // namespace edudelta::fault
