#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/cli/http.h"

namespace edudelta::gateway::cli {

// Who signs in, and by which file; no password is ever kept.
struct Credentials {
  // "organizations/x/users/y" or "organizations/x/clients/y"; empty when not told.
  std::string principal;
  // Holds the password or secret in its first line; empty: ask at the terminal.
  std::string secret_file;

  bool known() const { return !principal.empty(); }
};

// What `edudelta login` leaves behind, in $XDG_CONFIG_HOME/edudelta/login.json, for its owner alone.
struct Login {
  std::string server;
  std::string ca;
  std::string principal;
  std::string token;
  absl::Time expire_time;
};

// "x/y" to "organizations/x/<collection>/y"; full names stay. Exit::kUsage otherwise.
absl::StatusOr<std::string> PrincipalName(absl::string_view text, absl::string_view collection);

// The first line of the file, without the marks that editors leave. Exit::kUsage when there is none.
absl::StatusOr<std::string> ReadSecret(const std::string& path);

// POST /oauth2/token. `login` tells server and CA and receives the rest.
absl::Status SignIn(Http& http, const Credentials& credentials, Login* login);

std::string LoginPath();
// NOT_FOUND when there is none or it cannot be read.
absl::StatusOr<Login> LoadLogin();
absl::Status SaveLogin(const Login& login);
// True when there was one.
bool RemoveLogin();

}  // namespace edudelta::gateway::cli
