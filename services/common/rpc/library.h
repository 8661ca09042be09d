#pragma once

#include "grpc/grpc.h"

namespace edudelta::rpc::internal {

// Keeps gRPC from shutting itself down when the last channel or server of the process goes: it would wait for a thread
// that, now and then, sleeps ten seconds over a connection that is gone.
inline void KeepLibrary() { [[maybe_unused]] static const bool kept = (grpc_init(), true); }

}  // namespace edudelta::rpc::internal
