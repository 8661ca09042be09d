#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/testing/server_process.h"

namespace edudelta::fault {

// A folder that is gone when its owner is.
class Folder {
 public:
  Folder();
  ~Folder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// One of the suite's programs as a process that can be killed and started again. Not thread-safe.
class Program {
 public:
  // `environment`: "NAME=value", the whole of it. Output goes to the end of `log`.
  Program(std::string path, std::vector<std::string> environment, std::string log);

  // Runs it with these arguments to its end; the exit code.
  int Run(const std::vector<std::string>& arguments);
  // `more` is added to the environment. Does not wait until it serves.
  void Start(const std::vector<std::string>& more = {});
  // SIGKILL, and waits for the end.
  void Kill() { process_.End(9); }
  bool Running() const { return process_.Running(); }
  // The end of what it wrote.
  std::string Log() const;

 private:
  std::vector<std::string> Command(const std::vector<std::string>& more) const;

  const std::string path_;
  const std::vector<std::string> environment_;
  const std::string log_;
  testing::ServerProcess process_;
};

// A number from the environment, e.g. FAULT_RUNS.
int SettingOf(const char* name, int otherwise);

// Asks again and again until `done`; false when it was not within `limit`.
bool Await(absl::Duration limit, absl::FunctionRef<bool()> done);

// The pause of a client before it sends again.
void Pause(absl::Duration duration);

}  // namespace edudelta::fault
