#include "common/service/options.h"

namespace edudelta::service {

db::Options DatabaseOptions(const config::Common& config) {
  db::Options options;
  options.url = config.db_url;
  options.password = config.db_password;
  options.ssl_ca = config.db_ssl_ca;
  options.connections = config.connections;
  options.network_timeout = config.network_timeout;
  return options;
}

rpc::TlsFiles TlsOf(const config::Common& config) {
  rpc::TlsFiles files;
  files.cert = config.tls_cert;
  files.key = config.tls_key;
  files.ca = config.tls_ca;
  return files;
}

}  // namespace edudelta::service
