#include "gateway/cli/account.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(500);

// `state` becomes what the server says of itself; null when there is no answer, or none in JSON.
absl::Status AskReady(Session& session, Json* state) {
  *state = nullptr;
  HttpRequest request;
  request.path = "/status";
  ASSIGN_OR_RETURN(const HttpResponse response, session.http().Send(request));
  Json answer = ParseJson(response.body);
  if (answer.is_object()) *state = std::move(answer);
  if (response.ok()) return absl::OkStatus();
  return NotReady(response.status, response.body);
}

}  // namespace

absl::Status SignInNow(Session& session) {
  RETURN_IF_ERROR(session.SignInAndSave());
  const Login& login = session.login();
  if (session.globals().json) {
    session.out() << Dump(
                         {{"principal", login.principal},
                          {"server", login.server},
                          {"expire_time", absl::FormatTime(absl::RFC3339_sec, login.expire_time, absl::UTCTimeZone())}},
                         2)
                  << '\n';
  } else if (!session.globals().quiet) {
    session.out() << "已登录 " << login.server << "，账号 " << login.principal << "，令牌到 "
                  << absl::FormatTime("%H:%M:%S", login.expire_time, absl::FixedTimeZone(8 * 3600)) << " 为止\n";
  }
  return absl::OkStatus();
}

absl::Status SignOut(Session& session) {
  const bool had = RemoveLogin();
  if (!session.globals().quiet) session.out() << (had ? "已退出\n" : "原本没有登录\n");
  return absl::OkStatus();
}

absl::Status WhoAmI(Session& session) {
  const Login& login = session.login();
  if (login.token.empty()) return Fail(Exit::kRefused, "没有登录，请先执行 edudelta login");
  const absl::Duration left = login.expire_time - absl::Now();
  if (session.globals().json) {
    session.out() << Dump({{"principal", login.principal},
                           {"server", login.server},
                           {"seconds_left", absl::ToInt64Seconds(std::max(left, absl::ZeroDuration()))}},
                          2)
                  << '\n';
  } else {
    session.out() << "账号    " << login.principal << "\n服务器  " << login.server << "\n令牌    "
                  << (left > absl::ZeroDuration() ? absl::StrCat("还有 ", absl::ToInt64Seconds(left), " 秒") : "已过期")
                  << '\n';
  }
  return left > absl::ZeroDuration() ? absl::OkStatus() : Fail(Exit::kRefused, "登录已过期，请重新执行 edudelta login");
}

absl::Status ShowStatus(Session& session, int wait_seconds) {
  const absl::Time until = absl::Now() + absl::Seconds(wait_seconds);
  Json state;
  absl::Status status = AskReady(session, &state);
  while (!status.ok() && absl::Now() + kPoll < until) {
    absl::SleepFor(kPoll);
    status = AskReady(session, &state);
  }
  if (session.globals().json && state.is_object()) session.out() << Dump(state, 2) << '\n';
  RETURN_IF_ERROR(status);
  if (!session.globals().quiet && !session.globals().json) session.out() << session.globals().server << " 已就绪\n";
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
