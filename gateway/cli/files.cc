#include "gateway/cli/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "gateway/cli/failure.h"

namespace edudelta::gateway::cli {

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

absl::Status WritePrivate(const std::string& path, absl::string_view text) {
  const std::string fresh = absl::StrCat(path, ".", getpid(), ".new");
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
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
