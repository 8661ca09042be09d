#include "gateway/cli/login.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/files.h"
#include "gateway/cli/json.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

bool IsClient(absl::string_view principal) { return absl::StrContains(principal, "/clients/"); }

// What follows the last line end or the NUL that an editor left is no part of a password.
std::string FirstLine(std::string text) {
  const size_t end = text.find_first_of(std::string("\r\n\0", 3));
  if (end != std::string::npos) text.resize(end);
  return text;
}

absl::StatusOr<std::string> Prompt(absl::string_view principal) {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) {
    return Fail(Exit::kUsage, "没有终端可供输入口令，请用 --password-file（用户）或 --secret-file（客户端）");
  }
  const std::string question = absl::StrCat(principal, " 的口令：");
  termios before{};
  tcgetattr(terminal, &before);
  termios quiet = before;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(terminal, TCSAFLUSH, &quiet);
  std::string secret;
  bool typed = write(terminal, question.data(), question.size()) > 0;
  char c = 0;
  while (typed && read(terminal, &c, 1) == 1 && c != '\n') secret += c;
  tcsetattr(terminal, TCSAFLUSH, &before);
  typed = write(terminal, "\n", 1) == 1 && typed;
  close(terminal);
  if (!typed || secret.empty()) return Fail(Exit::kUsage, "没有输入口令");
  return secret;
}

}  // namespace

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  if (absl::StartsWith(text, "\xFF\xFE") || absl::StartsWith(text, "\xFE\xFF")) {
    return Fail(Exit::kUsage, absl::StrCat("口令文件 ", path, " 是 UTF-16 编码，请另存为 UTF-8"));
  }
  std::string secret = FirstLine(std::string(absl::StripPrefix(text, "\xEF\xBB\xBF")));
  if (secret.empty()) return Fail(Exit::kUsage, absl::StrCat("口令文件 ", path, " 是空的"));
  return secret;
}

absl::StatusOr<std::string> PrincipalName(absl::string_view text, absl::string_view collection) {
  const std::string name = CleanName(text);
  const std::vector<std::string> parts = absl::StrSplit(name, '/');
  if (parts.size() == 2 && !parts[0].empty() && !parts[1].empty()) {
    return absl::StrCat("organizations/", parts[0], "/", collection, "/", parts[1]);
  }
  if (parts.size() == 4 && parts[0] == "organizations" && parts[2] == collection) return name;
  return Fail(Exit::kUsage, absl::StrCat("账号应写作 organizations/组织/", collection, "/账号 或 组织/账号：", text));
}

absl::Status SignIn(Http& http, const Credentials& credentials, Login* login) {
  ASSIGN_OR_RETURN(const std::string secret, credentials.secret_file.empty() ? Prompt(credentials.principal)
                                                                             : ReadSecret(credentials.secret_file));
  const bool client = IsClient(credentials.principal);
  HttpRequest request;
  request.method = "POST";
  request.path = "/oauth2/token";
  request.headers = {"Content-Type: application/x-www-form-urlencoded"};
  request.body = absl::StrCat("grant_type=", client ? "client_credentials" : "password",
                              client ? "&client_id=" : "&username=", EncodeQuery(credentials.principal),
                              client ? "&client_secret=" : "&password=", EncodeQuery(secret));
  ASSIGN_OR_RETURN(const HttpResponse response, http.Send(request));
  if (!response.ok()) return FromServer(response.status, response.body);
  const Json answer = ParseJson(response.body);
  login->token = Text(answer, "access_token");
  if (login->token.empty()) return Fail(Exit::kServer, "服务器没有给出令牌");
  login->principal = credentials.principal;
  login->expire_time = absl::Now() + absl::Seconds(Integer(answer, "expires_in"));
  return absl::OkStatus();
}

std::string LoginPath() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  const std::string base =
      config != nullptr && *config != '\0' ? config : absl::StrCat(home == nullptr ? "" : home, "/.config");
  return absl::StrCat(base, "/edudelta/login.json");
}

absl::StatusOr<Login> LoadLogin() {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(LoginPath()));
  const Json saved = ParseJson(text);
  Login login{Text(saved, "server"), Text(saved, "ca"), Text(saved, "principal"), Text(saved, "access_token"),
              absl::FromUnixSeconds(Integer(saved, "expire_time"))};
  if (login.token.empty()) return absl::NotFoundError("没有登录");
  return login;
}

absl::Status SaveLogin(const Login& login) {
  const std::filesystem::path path = LoginPath();
  std::error_code error;
  const bool made = std::filesystem::create_directories(path.parent_path(), error);
  if (made) std::filesystem::permissions(path.parent_path(), std::filesystem::perms::owner_all, error);
  const Json saved = {{"server", login.server},
                      {"ca", login.ca},
                      {"principal", login.principal},
                      {"access_token", login.token},
                      {"expire_time", absl::ToUnixSeconds(login.expire_time)}};
  return WritePrivate(path.string(), Dump(saved, 1) + "\n");
}

bool RemoveLogin() {
  std::error_code error;
  return std::filesystem::remove(LoginPath(), error);
}

}  // namespace edudelta::gateway::cli
