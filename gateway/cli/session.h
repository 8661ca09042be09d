#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/http.h"
#include "gateway/cli/json.h"
#include "gateway/cli/login.h"

namespace edudelta::gateway::cli {

// Options that every command takes.
struct Globals {
  std::string server;
  std::string ca;
  bool json = false;
  bool quiet = false;
  bool progress = false;
  int timeout = 60;
  std::string user;
  std::string client;
  std::string password_file;
  std::string secret_file;
  std::string purpose;
  std::string case_number;
};

using Query = std::vector<std::pair<std::string, std::string>>;

// "/v1/<name>?a=b"; empty values are left out.
std::string PathOf(absl::string_view name, const Query& query = {});

// One invocation of the program: its options, its connection and whom it speaks for. One thread.
//
// Writes carry a request id, and what fails to reach the server or is answered 503 is sent again under the same id,
// three times in all. A token that has run out is renewed when the caller told a password file.
class Session {
 public:
  // Nothing is sent yet. `out` and `err` are kept by reference.
  static absl::StatusOr<std::unique_ptr<Session>> Make(Globals globals, std::ostream& out, std::ostream& err);

  const Globals& globals() const { return globals_; }
  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }
  const Login& login() const { return login_; }
  Http& http() { return *http_; }
  absl::StatusOr<Credentials> credentials() const;

  // Signs in by what the options say and keeps the login for later commands.
  absl::Status SignInAndSave();

  // The answer's JSON. `path` as PathOf makes it.
  absl::StatusOr<Json> Get(const std::string& path);
  absl::StatusOr<Json> Write(const std::string& method, const std::string& path, const Json& body,
                             const std::string& etag = "");
  // Every page of a collection, up to `limit` rows (0: all). True in `more` when rows were left.
  absl::Status List(absl::string_view collection, Query query, int64_t limit, const std::function<void(Json row)>& take,
                    bool* more = nullptr);
  // Any answer but success is a failure. `rewind` is called before a body that is read in pieces is sent again.
  absl::StatusOr<HttpResponse> Send(HttpRequest request, const std::function<bool()>& rewind = nullptr);

  // A notice on the error stream, unless --quiet.
  void Note(absl::string_view text);

 private:
  Session(Globals globals, std::ostream& out, std::ostream& err) : globals_(std::move(globals)), out_(out), err_(err) {}

  absl::Status EnsureToken();
  absl::Status Renew();
  absl::Status SignInPatiently(const Credentials& told);
  absl::StatusOr<HttpResponse> SendPatiently(const HttpRequest& request, const std::function<bool()>& rewind);

  Globals globals_;
  std::ostream& out_;
  std::ostream& err_;
  Login login_;
  // The login is of a former invocation, and is brought up to date when it is renewed.
  bool saved_ = false;
  std::unique_ptr<Http> http_;
};

}  // namespace edudelta::gateway::cli
