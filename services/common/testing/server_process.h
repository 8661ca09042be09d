#pragma once

#include <sys/types.h>

#include <string>
#include <thread>
#include <vector>

namespace edudelta::testing {

// The account that servers run as: the caller's own, or `mysql` for root, under which a database refuses to run.
struct Account {
  static Account ForServers();
  // Makes the folder the account's own.
  void Give(const std::string& folder) const;

  uid_t uid = 0;
  gid_t gid = 0;
};

// A child that gets SIGKILL when this process dies. Not thread-safe.
class ServerProcess {
 public:
  ServerProcess() = default;
  ~ServerProcess();

  // `command[0]` is looked up in the PATH. Output goes to the end of `log`.
  void Start(const Account& account, const std::vector<std::string>& command, const std::string& log);
  // Sends `signal` (0 for none) and waits for the end. The exit code, or -1 when a signal ended it or none ran.
  int End(int signal);
  // SIGSTOP, and waits until none of its threads runs; SIGCONT.
  void Freeze();
  void Thaw();
  bool Running() const;

 private:
  // The kernel ties the child to the thread that forked it, so this one stays as long as the child lives.
  std::thread keeper_;
  pid_t pid_ = -1;
  int status_ = -1;
};

}  // namespace edudelta::testing
