#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/config/reader.h"

namespace edudelta::config {

// The gateway and every service of this build.
std::vector<std::string> SuiteNames();

// What every service has. The name of the variable stands beside each value.
struct Common {
  std::string node_id = "local";                // EDUDELTA_NODE_ID: this installation, in agreements and entries
  std::string listen_unix;                      // EDUDELTA_LISTEN_UNIX: path of a Unix socket
  std::string listen_address;                   // EDUDELTA_LISTEN_ADDRESS: host:port
  bool allow_plaintext = false;                 // EDUDELTA_ALLOW_PLAINTEXT: listen beyond loopback without TLS
  std::string metrics_address = "127.0.0.1:0";  // EDUDELTA_METRICS_ADDRESS
  std::string log_level = "info";               // EDUDELTA_LOG_LEVEL
  int log_one_call_in = 1;                      // EDUDELTA_LOG_CALLS: all, sampled:N or failures

  std::string db_url;           // EDUDELTA_DB_URL: the DML account
  std::string db_password;      // EDUDELTA_DB_PASSWORD_FILE
  std::string db_ddl_url;       // EDUDELTA_DB_DDL_URL: the DDL account, used by --migrate alone
  std::string db_ddl_password;  // EDUDELTA_DB_DDL_PASSWORD_FILE
  std::string db_ssl_ca;        // EDUDELTA_DB_SSL_CA
  int connections = 8;          // EDUDELTA_DB_CONNECTIONS: one a worker, and for relay and followers
  // EDUDELTA_DB_NETWORK_TIMEOUT: after so long without a word from it, the database's host is taken for dead.
  absl::Duration network_timeout = absl::Seconds(60);
  int bulk_connections = 4;  // EDUDELTA_DB_BULK_CONNECTIONS: for imports and exports

  int workers = 6;                                      // EDUDELTA_WORKERS
  int queue = 256;                                      // EDUDELTA_QUEUE
  int stream_workers = 2;                               // EDUDELTA_STREAM_WORKERS
  absl::Duration default_deadline = absl::Seconds(30);  // EDUDELTA_DEFAULT_DEADLINE
  absl::Duration drain_delay = absl::ZeroDuration();    // EDUDELTA_DRAIN_DELAY: before it takes no more calls
  absl::Duration drain_limit = absl::Seconds(20);       // EDUDELTA_DRAIN_LIMIT: for calls that run then

  std::string tls_cert;                                   // EDUDELTA_TLS_CERT_FILE
  std::string tls_key;                                    // EDUDELTA_TLS_KEY_FILE
  std::string tls_ca;                                     // EDUDELTA_TLS_CA_FILE: signs the peers' certificates
  std::vector<std::string> trusted_names = SuiteNames();  // EDUDELTA_TRUSTED_NAMES
  std::string field_key_file;                             // EDUDELTA_FIELD_KEY_FILE: keys of encrypted columns

  // EDUDELTA_FAILPOINTS, for fault tests: "after_commit=7" ends the process (as kill -9 does) at the seventh pass.
  std::vector<std::string> failpoints;
};

// Problems stay in `reader` until its Finish(). With `database` false the EDUDELTA_DB_* names are unknown (gateway).
void ReadCommon(Reader& reader, Common* config, bool database = true);

}  // namespace edudelta::config
