#pragma once

namespace edudelta::rpc {

// Takes SIGTERM and SIGINT away from every thread, ignores SIGPIPE, and ends Abseil's search for lock cycles, which
// costs a call several percent. Made first thing in main(), before any thread.
class Signals {
 public:
  Signals();
  // Blocks until SIGTERM or SIGINT arrives; its number.
  int Wait();
};

}  // namespace edudelta::rpc
