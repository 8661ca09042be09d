#include "common/config/config.h"

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/failpoint.h"

namespace edudelta::config {

std::vector<std::string> SuiteNames() {
  std::vector<std::string> names = absl::StrSplit(EDUDELTA_SERVICES, ',');
  names.insert(names.begin(), "gateway");
  return names;
}

void ReadCommon(Reader& reader, Common* config, bool database) {
  reader.String("EDUDELTA_NODE_ID", &config->node_id);
  reader.String("EDUDELTA_LISTEN_UNIX", &config->listen_unix);
  reader.String("EDUDELTA_LISTEN_ADDRESS", &config->listen_address);
  reader.Bool("EDUDELTA_ALLOW_PLAINTEXT", &config->allow_plaintext);
  reader.String("EDUDELTA_METRICS_ADDRESS", &config->metrics_address);
  reader.Choice("EDUDELTA_LOG_LEVEL", &config->log_level, {"debug", "info", "warning", "error"});
  reader.LogCalls("EDUDELTA_LOG_CALLS", &config->log_one_call_in);
  if (database) {
    reader.String("EDUDELTA_DB_URL", &config->db_url, Need::kRequired);
    reader.SecretFile("EDUDELTA_DB_PASSWORD_FILE", &config->db_password);
    reader.String("EDUDELTA_DB_DDL_URL", &config->db_ddl_url);
    reader.SecretFile("EDUDELTA_DB_DDL_PASSWORD_FILE", &config->db_ddl_password);
    reader.File("EDUDELTA_DB_SSL_CA", &config->db_ssl_ca);
    reader.Int("EDUDELTA_DB_CONNECTIONS", &config->connections, 1, 64);
    reader.Int("EDUDELTA_DB_BULK_CONNECTIONS", &config->bulk_connections, 3, 64);
    reader.File("EDUDELTA_FIELD_KEY_FILE", &config->field_key_file);
    reader.Duration("EDUDELTA_DB_NETWORK_TIMEOUT", &config->network_timeout);
    // Unknown, and so refused, where it would do nothing.
    if (Failpoints::BuiltIn()) reader.List("EDUDELTA_FAILPOINTS", &config->failpoints);
  }
  reader.Int("EDUDELTA_WORKERS", &config->workers, 1, 64);
  reader.Int("EDUDELTA_QUEUE", &config->queue, 1, 100000);
  reader.Int("EDUDELTA_STREAM_WORKERS", &config->stream_workers, 1, 16);
  reader.Duration("EDUDELTA_DEFAULT_DEADLINE", &config->default_deadline);
  reader.Duration("EDUDELTA_DRAIN_DELAY", &config->drain_delay);
  reader.Duration("EDUDELTA_DRAIN_LIMIT", &config->drain_limit);
  reader.File("EDUDELTA_TLS_CERT_FILE", &config->tls_cert);
  reader.File("EDUDELTA_TLS_KEY_FILE", &config->tls_key);
  reader.File("EDUDELTA_TLS_CA_FILE", &config->tls_ca);
  reader.List("EDUDELTA_TRUSTED_NAMES", &config->trusted_names);

  if (config->tls_cert.empty() != config->tls_key.empty()) {
    reader.Problem("EDUDELTA_TLS_CERT_FILE and EDUDELTA_TLS_KEY_FILE belong together");
  }
  if (config->listen_unix.empty() && config->listen_address.empty()) {
    reader.Problem("set EDUDELTA_LISTEN_UNIX or EDUDELTA_LISTEN_ADDRESS");
  }
  // A statement may be silent until its deadline, at which it is ended.
  if (database && config->network_timeout <= config->default_deadline) {
    reader.Problem("EDUDELTA_DB_NETWORK_TIMEOUT must be longer than EDUDELTA_DEFAULT_DEADLINE");
  }
  for (const std::string& url : {config->db_url, config->db_ddl_url}) {
    if (!url.empty() && !absl::StartsWith(url, "mysql://")) reader.Problem("a database URL begins with mysql://");
  }
}

}  // namespace edudelta::config
