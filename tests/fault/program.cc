#include "tests/fault/program.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace edudelta::fault {

Folder::Folder() {
  const char* where = getenv("TMPDIR");
  path_ = absl::StrCat(where == nullptr ? "/tmp" : where, "/edudelta-fault-XXXXXX");
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Program::Program(std::string path, std::vector<std::string> environment, std::string log)
    : path_(std::move(path)), environment_(std::move(environment)), log_(std::move(log)) {}

std::vector<std::string> Program::Command(const std::vector<std::string>& more) const {
  std::vector<std::string> command = {"env", "-i"};
  command.insert(command.end(), environment_.begin(), environment_.end());
  command.insert(command.end(), more.begin(), more.end());
  command.push_back(path_);
  return command;
}

int Program::Run(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = Command({});
  command.insert(command.end(), arguments.begin(), arguments.end());
  testing::ServerProcess process;
  process.Start({.uid = geteuid(), .gid = getegid()}, command, log_);
  return process.End(0);
}

void Program::Start(const std::vector<std::string>& more) {
  process_.Start({.uid = geteuid(), .gid = getegid()}, Command(more), log_);
}

std::string Program::Log() const {
  std::ifstream stream(log_);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return text.size() > 3000 ? text.substr(text.size() - 3000) : text;
}

int SettingOf(const char* name, int otherwise) {
  const char* text = getenv(name);
  int value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

bool Await(absl::Duration limit, absl::FunctionRef<bool()> done) {
  const absl::Time until = absl::Now() + limit;
  while (!done()) {
    if (absl::Now() > until) return false;
    absl::SleepFor(absl::Microseconds(200));
  }
  return true;
}

void Pause(absl::Duration duration) { absl::SleepFor(duration); }

}  // namespace edudelta::fault
