#include "common/testing/server_process.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <stdexcept>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace edudelta::testing {
namespace {

// Between fork and exec, in a process of several threads: system calls only. The account is changed first, because that
// clears the death signal.
[[noreturn]] void Become(const Account& account, char* const* arguments, int log, pid_t parent) {
  if (geteuid() == 0 && (setgid(account.gid) != 0 || setuid(account.uid) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(arguments[0], arguments);
  _exit(127);
}

}  // namespace

Account Account::ForServers() {
  Account account{.uid = geteuid(), .gid = getegid()};
  if (account.uid != 0) return account;
  const passwd* entry = getpwnam("mysql");
  if (entry == nullptr) throw std::runtime_error("tests under root need the account mysql");
  return Account{.uid = entry->pw_uid, .gid = entry->pw_gid};
}

void Account::Give(const std::string& folder) const {
  if (geteuid() == 0 && chown(folder.c_str(), uid, gid) != 0) throw std::runtime_error("chown " + folder);
}

ServerProcess::~ServerProcess() { End(SIGKILL); }

void ServerProcess::Start(const Account& account, const std::vector<std::string>& command, const std::string& log) {
  End(0);
  std::promise<pid_t> started;
  std::future<pid_t> pid = started.get_future();
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  status_ = -1;
  keeper_ = std::thread([this, &account, &command, output, &started] {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) Become(account, arguments.data(), output, parent);
    started.set_value(child);
    int status = 0;
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)) status_ = WEXITSTATUS(status);
  });
  pid_ = pid.get();
  close(output);
}

int ServerProcess::End(int signal) {
  if (!keeper_.joinable()) return -1;
  if (signal != 0 && pid_ > 0) kill(pid_, signal);
  keeper_.join();
  pid_ = -1;
  return status_;
}

void ServerProcess::Freeze() {
  if (pid_ <= 0) return;
  kill(pid_, SIGSTOP);
  const auto stands = [this] {
    return absl::c_all_of(std::filesystem::directory_iterator(absl::StrCat("/proc/", pid_, "/task")),
                          [](const std::filesystem::directory_entry& task) {
                            // "4711 (mariadbd) T ..."
                            std::ifstream stat(task.path() / "stat");
                            const std::string line((std::istreambuf_iterator<char>(stat)), {});
                            return line.empty() || absl::StrContains(line, ") T ");
                          });
  };
  while (!stands()) std::this_thread::yield();
}

void ServerProcess::Thaw() {
  if (pid_ > 0) kill(pid_, SIGCONT);
}

bool ServerProcess::Running() const { return pid_ > 0 && kill(pid_, 0) == 0; }

}  // namespace edudelta::testing
