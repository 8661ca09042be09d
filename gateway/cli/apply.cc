#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "gateway/cli/exchange.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/files.h"

namespace edudelta::gateway::cli {
namespace {

absl::StatusOr<Json> SendOne(Session& session, const Json& request) {
  const std::string method = Text(request, "method");
  const std::string path = Text(request, "path");
  if (!absl::StartsWith(path, "/")) return Fail(Exit::kUsage, "请求的 path 应以 /v1/ 开头");
  if (method == "GET") return session.Get(path);
  if (method != "POST" && method != "PATCH" && method != "DELETE") {
    return Fail(Exit::kUsage, absl::StrCat("请求的 method 只能是 GET、POST、PATCH、DELETE：", method));
  }
  absl::StatusOr<Json> answer = session.Write(method, path, Member(request, "body"));
  if (absl::IsAlreadyExists(answer.status())) return Json();
  return answer;
}

}  // namespace

absl::Status ApplyRequests(Session& session, const std::string& file, const std::string& responses) {
  if (IsSameFile(file, responses)) return Fail(Exit::kUsage, "应答文件不能与请求文件相同，没有发送任何请求");
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  RETURN_IF_ERROR(CheckDepth(file, text));
  const Json requests = ParseJson(text);
  if (!requests.is_array()) return Fail(Exit::kUsage, "请求文件应是一个 JSON 列表");
  Json answers = Json::array();
  absl::Status status;
  size_t present = 0;
  for (const Json& request : requests) {
    absl::StatusOr<Json> answer = SendOne(session, request);
    if (!answer.ok()) {
      session.Note(absl::StrCat("第 ", answers.size() + 1, " 个请求没有成功：", Text(request, "method"), " ",
                                Text(request, "path")));
      status = answer.status();
      break;
    }
    present += answer->is_null() ? 1 : 0;
    answers.push_back(*std::move(answer));
  }
  // What succeeded is told even when a later request failed: an answer may hold a secret that is shown once.
  if (!responses.empty()) RETURN_IF_ERROR(WritePrivate(responses, Dump(answers, 1) + "\n"));
  RETURN_IF_ERROR(status);
  if (session.globals().json && responses.empty()) {
    session.out() << Dump(answers, 2) << '\n';
  } else if (!session.globals().quiet) {
    session.out() << "完成 " << answers.size() << " 个请求，其中 " << present << " 个的资源原已存在\n";
  }
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
