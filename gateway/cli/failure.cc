#include "gateway/cli/failure.h"

#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/cli/json.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

constexpr char kBody[] = "edudelta/body";
constexpr char kReason[] = "edudelta/reason";
constexpr int kAlreadyExists = 6;

std::string Payload(const absl::Status& status, absl::string_view key) {
  const auto payload = status.GetPayload(key);
  return payload ? std::string(*payload) : "";
}

// What helps, in the words of this program, against refusals that are worded for everybody.
absl::string_view AdviceOn(absl::string_view reason) {
  if (reason == "PURPOSE_REQUIRED") return "用 --purpose 给出";
  if (reason == "CASE_NUMBER_REQUIRED") return "用 --case-number 给出";
  if (reason == "ROUTE_UNKNOWN") return "请检查名称，各登记册的名称见服务器的 /catalog";
  return "";
}

absl::StatusCode CodeOf(int http_status, int code) {
  if (http_status == 401 || http_status == 403) return absl::StatusCode::kPermissionDenied;
  if (http_status == 404) return absl::StatusCode::kNotFound;
  if (http_status == 405) return absl::StatusCode::kUnimplemented;
  if (http_status == 409 && code == kAlreadyExists) return absl::StatusCode::kAlreadyExists;
  return absl::StatusCode::kUnknown;
}

}  // namespace

absl::Status Fail(Exit exit, absl::string_view text) {
  switch (exit) {
    case Exit::kOk:
      return absl::OkStatus();
    case Exit::kUsage:
      return absl::InvalidArgumentError(text);
    case Exit::kUnreachable:
      return absl::UnavailableError(text);
    case Exit::kRefused:
      return absl::PermissionDeniedError(text);
    case Exit::kRowErrors:
      return absl::DataLossError(text);
    case Exit::kServer:
      break;
  }
  return absl::UnknownError(text);
}

absl::Status NotReady(int http_status, absl::string_view body) {
  const Json state = ParseJson(body);
  std::vector<std::string> why;
  std::vector<std::string> away;
  for (const auto& [service, serving] : Member(state, "services").items()) {
    if (serving == false) away.push_back(Printable(service));
  }
  if (Member(state, "draining") == true) why.push_back("正在停止");
  if (Member(state, "policy_fresh") == false) why.push_back("未取得最新的访问策略");
  if (!away.empty()) why.push_back(absl::StrCat(absl::StrJoin(away, "、"), " 没有运行或连不上数据库"));
  return Fail(Exit::kServer, absl::StrCat("服务器还没有就绪（HTTP ", http_status, "）", why.empty() ? "" : "：",
                                          absl::StrJoin(why, "；")));
}

Exit ExitOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return Exit::kOk;
    case absl::StatusCode::kInvalidArgument:
      return Exit::kUsage;
    case absl::StatusCode::kUnavailable:
      return Exit::kUnreachable;
    case absl::StatusCode::kPermissionDenied:
      return Exit::kRefused;
    case absl::StatusCode::kDataLoss:
      return Exit::kRowErrors;
    default:
      return Exit::kServer;
  }
}

absl::Status FromServer(int http_status, absl::string_view body) {
  const Json answer = ParseJson(body);
  std::string text, reason;
  std::vector<std::string> fields;
  int code = 0;
  if (answer.is_object()) {
    if (answer.contains("code") && answer["code"].is_number_integer()) code = answer["code"].get<int>();
    text = Text(answer, "message");
    if (text.empty()) text = Text(answer, "error_description");
    if (const std::string oauth = Text(answer, "error"); !oauth.empty()) {
      reason = oauth;
      // RFC 6749 answers 400 where others say 401.
      if (oauth == "invalid_grant" || oauth == "invalid_client") http_status = 401;
    }
    for (const Json& detail : List(answer, "details")) {
      const std::string type = Text(detail, "@type");
      if (absl::EndsWith(type, "ErrorInfo")) reason = Text(detail, "reason");
      if (absl::EndsWith(type, "LocalizedMessage")) text = Text(detail, "message");
      if (!absl::EndsWith(type, "BadRequest")) continue;
      for (const char* key : {"field_violations", "fieldViolations"}) {
        for (const Json& violation : List(detail, key)) {
          if (const std::string field = Text(violation, "field"); !field.empty()) fields.push_back(field);
        }
      }
    }
  }
  if (text.empty()) text = absl::StrCat("服务器返回 HTTP ", http_status);
  // A read without a purpose is refused as one with a wrong purpose or without a case number is; only its status says
  // 400.
  if (reason == "PURPOSE_REQUIRED") http_status = 403;
  std::vector<std::string> notes;
  if (!reason.empty()) notes.push_back(absl::StrCat("原因 ", reason));
  if (!fields.empty()) notes.push_back(absl::StrCat("字段 ", absl::StrJoin(fields, "、")));
  if (const absl::string_view advice = AdviceOn(reason); !advice.empty()) notes.emplace_back(advice);
  if (!notes.empty()) absl::StrAppend(&text, "（", absl::StrJoin(notes, "，"), "）");
  absl::Status status(CodeOf(http_status, code), text);
  status.SetPayload(kBody, absl::Cord(body));
  status.SetPayload(kReason, absl::Cord(reason));
  return status;
}

std::string TextOf(const absl::Status& status) { return std::string(status.message()); }
std::string BodyOf(const absl::Status& status) { return Payload(status, kBody); }
std::string ReasonOf(const absl::Status& status) { return Payload(status, kReason); }

Json DetailOf(const absl::Status& status, absl::string_view type) {
  const Json answer = ParseJson(BodyOf(status));
  for (const Json& detail : List(answer, "details")) {
    if (absl::EndsWith(Text(detail, "@type"), type)) return detail;
  }
  return nullptr;
}

}  // namespace edudelta::gateway::cli
