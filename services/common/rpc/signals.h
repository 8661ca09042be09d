#pragma once

namespace edudelta::rpc {

// Takes SIGTERM and SIGINT away from every thread and ignores SIGPIPE. Made first thing in main(), before any thread.
class Signals {
 public:
  Signals();
  // Blocks until SIGTERM or SIGINT arrives; its number.
  int Wait();
};

}  // namespace edudelta::rpc
