#pragma once

#include "common/config/config.h"
#include "common/db/pool.h"
#include "common/rpc/tls.h"

namespace edudelta::service {

// Of the account that reads and writes rows.
db::Options DatabaseOptions(const config::Common& config);

// Of this process, as server and as client.
rpc::TlsFiles TlsOf(const config::Common& config);

}  // namespace edudelta::service
