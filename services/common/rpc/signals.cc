#include "common/rpc/signals.h"

#include <pthread.h>

#include <csignal>

#include "absl/synchronization/mutex.h"

namespace edudelta::rpc {
namespace {

sigset_t Stops() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t stops = Stops();
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // Debian builds Abseil in its debug mode: each of gRPC's locks goes through one table of all locks of the process.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

int Signals::Wait() {
  const sigset_t stops = Stops();
  int number = 0;
  while (sigwait(&stops, &number) != 0) {
  }
  return number;
}

}  // namespace edudelta::rpc
