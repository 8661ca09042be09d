#include "gateway/http/certificate.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace edudelta::gateway::http {
namespace {

namespace ssl = boost::asio::ssl;

std::string StateOf(const std::string& path) {
  struct stat file = {};
  if (::stat(path.c_str(), &file) != 0) return "absent;";
  return absl::StrCat(file.st_ino, " ", file.st_size, " ", file.st_mtim.tv_sec, " ", file.st_mtim.tv_nsec, ";");
}

}  // namespace

Certificate::Certificate(const std::string& chain, const std::string& key, std::function<absl::Time()> now)
    : chain_(chain), key_(key), ticket_keys_(TicketKeys::Make(std::move(now))) {}

absl::StatusOr<std::unique_ptr<Certificate>> Certificate::Load(const std::string& chain, const std::string& key,
                                                               std::function<absl::Time()> now) {
  auto certificate = std::unique_ptr<Certificate>(new Certificate(chain, key, std::move(now)));
  RETURN_IF_ERROR(certificate->Renew().status());
  return certificate;
}

absl::StatusOr<bool> Certificate::Renew() {
  std::string state = absl::StrCat(StateOf(chain_), StateOf(key_));
  if (state == seen_) return false;
  ASSIGN_OR_RETURN(context_, Make());
  seen_ = std::move(state);
  return true;
}

absl::StatusOr<ssl::context> Certificate::Make() const {
  ssl::context context(ssl::context::tls_server);
  boost::system::error_code ec;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                          ssl::context::single_dh_use,
                      ec);
  // Of TLS 1.2 what TLS 1.3 still has: forward secret, authenticated, SHA-2.
  if (SSL_CTX_set_cipher_list(context.native_handle(),
                              "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                              "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305") != 1) {
    return absl::InternalError("no usable cipher suites");
  }
  ticket_keys_->Install(context.native_handle());
  if (!ec) context.use_certificate_chain_file(chain_, ec);
  if (!ec) context.use_private_key_file(key_, ssl::context::pem, ec);
  if (ec) return absl::InvalidArgumentError(absl::StrCat("cannot use the TLS certificate or key: ", ec.message()));
  return context;
}

}  // namespace edudelta::gateway::http
