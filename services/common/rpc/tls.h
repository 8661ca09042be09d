#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace edudelta::rpc {

// Paths of PEM files. Empty: no TLS.
struct TlsFiles {
  std::string cert = {};
  std::string key = {};
  // Signs the peers' certificates.
  std::string ca = {};
  // The files are read again so often, for connections made later. Whole seconds. They are to be replaced together, as
  // with one link to a folder: as long as key and certificate do not belong together, no connection is made.
  absl::Duration reread = absl::Minutes(1);

  bool enabled() const { return !cert.empty() || !key.empty() || !ca.empty(); }
};

// Clients must show a certificate signed by `ca`; all three files are needed. INVALID_ARGUMENT when one is missing.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const TlsFiles& files);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const TlsFiles& files);

// Whether the host of "host:port", or each of "ipv4:a:1,b:2", stays on this machine.
bool IsLoopback(absl::string_view address);

}  // namespace edudelta::rpc
