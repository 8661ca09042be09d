#include "common/rpc/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

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

// What gRPC itself would only log.
absl::Status Check(const TlsFiles& files) {
  for (const auto& [path, what] : {std::pair(files.ca, "CA"), {files.key, "key"}, {files.cert, "certificate"}}) {
    if (path.empty()) return absl::InvalidArgumentError(absl::StrCat("TLS needs a ", what, " file"));
  }
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()), SSL_CTX_free);
  ERR_clear_error();
  const auto refuse = [](const std::string& path, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("the TLS ", what, " file ", path, " is of no use"));
  };
  if (SSL_CTX_load_verify_file(context.get(), files.ca.c_str()) != 1) return refuse(files.ca, "CA");
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.cert.c_str()) != 1) {
    return refuse(files.cert, "certificate");
  }
  // It must be the certificate's.
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse(files.key, "key");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<tls::FileWatcherCertificateProvider>> Watch(const TlsFiles& files) {
  RETURN_IF_ERROR(Check(files));
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
