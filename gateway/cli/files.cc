#include "gateway/cli/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/json.h"

namespace edudelta::gateway::cli {
namespace {

bool MayReplace(const std::string& path) {
  std::error_code error;
  const auto there = std::filesystem::status(path, error);
  return !std::filesystem::exists(there) || std::filesystem::is_regular_file(there);
}

std::string FreshOf(const std::string& path) { return absl::StrCat(path, ".", getpid(), ".new"); }

// -1 when it cannot be made, or could not take the place of `path`.
int OpenFresh(const std::string& path) {
  if (!MayReplace(path)) return -1;
  return open(FreshOf(path).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::string piece(1 << 16, '\0');
  // Unlike an iterator, read() does not throw where reading fails, as from a folder.
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    text.append(piece, 0, static_cast<size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) return Fail(Exit::kUsage, absl::StrCat("读不出文件 ", path));
  return text;
}

absl::Status CheckDepth(absl::string_view name, absl::string_view text) {
  if (!NestsTooDeep(text)) return absl::OkStatus();
  return Fail(Exit::kUsage, absl::StrCat(name, " 的 JSON 嵌套超过 ", kMaxJsonDepth, " 层"));
}

bool IsSameFile(const std::string& one, const std::string& other) {
  std::error_code error;
  return std::filesystem::equivalent(one, other, error) && !error;
}

bool MakePrivate(const std::string& path) {
  if (!MayReplace(path)) return false;
  // A file that was left there would keep its mode.
  unlink(path.c_str());
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return false;
  close(file);
  return true;
}

bool CanWritePrivate(const std::string& path) {
  const int file = OpenFresh(path);
  if (file < 0) return false;
  close(file);
  unlink(FreshOf(path).c_str());
  return true;
}

absl::Status WritePrivate(const std::string& path, absl::string_view text) {
  const std::string fresh = FreshOf(path);
  const int file = OpenFresh(path);
  if (file < 0) return Fail(Exit::kUsage, absl::StrCat("写不了文件 ", path));
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written <= 0) break;
    text.remove_prefix(written);
  }
  const bool closed = close(file) == 0;
  if (!text.empty() || !closed || std::rename(fresh.c_str(), path.c_str()) != 0) {
    unlink(fresh.c_str());
    return Fail(Exit::kUsage, absl::StrCat("写不了文件 ", path));
  }
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
