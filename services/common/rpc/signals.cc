#include "common/rpc/signals.h"

#include <pthread.h>

#include <csignal>

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
}

int Signals::Wait() {
  const sigset_t stops = Stops();
  int number = 0;
  while (sigwait(&stops, &number) != 0) {
  }
  return number;
}

}  // namespace edudelta::rpc
