#include "common/rpc/tls.h"

#include <fstream>
#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace edudelta::rpc {
namespace {

namespace tls = grpc::experimental;

absl::Status CheckPem(const std::string& path, absl::string_view what) {
  if (path.empty()) return absl::InvalidArgumentError(absl::StrCat("TLS needs a ", what, " file"));
  std::ifstream file(path, std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (absl::StrContains(pem, "-----BEGIN ")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the TLS ", what, " file ", path, " is not readable PEM"));
}

absl::StatusOr<std::shared_ptr<tls::FileWatcherCertificateProvider>> Watch(const TlsFiles& files) {
  RETURN_IF_ERROR(CheckPem(files.ca, "CA"));
  RETURN_IF_ERROR(CheckPem(files.key, "key"));
  RETURN_IF_ERROR(CheckPem(files.cert, "certificate"));
  return std::make_shared<tls::FileWatcherCertificateProvider>(
      files.key, files.cert, files.ca, static_cast<unsigned>(absl::ToInt64Seconds(files.reread)));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const TlsFiles& files) {
  ASSIGN_OR_RETURN(const auto provider, Watch(files));
  tls::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const TlsFiles& files) {
  ASSIGN_OR_RETURN(const auto provider, Watch(files));
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return tls::TlsCredentials(options);
}

bool IsLoopback(absl::string_view address) {
  // "ipv4:a,b": each.
  absl::ConsumePrefix(&address, "ipv4:");
  return absl::c_all_of(absl::StrSplit(address, ','), [](absl::string_view one) {
    return absl::StartsWith(one, "127.") || absl::StartsWith(one, "localhost:") || absl::StartsWith(one, "[::1]:");
  });
}

}  // namespace edudelta::rpc
