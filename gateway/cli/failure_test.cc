#include "gateway/cli/failure.h"

#include <gtest/gtest.h>

namespace edudelta::gateway::cli {
namespace {

TEST(FromServer, ShowsTheLocalizedMessageReasonAndField) {
  const absl::Status status = FromServer(400, R"({"code": 3, "message": "bad", "details": [
    {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "CODE_UNKNOWN", "domain": "planning.edudelta"},
    {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "zh-CN", "message": "没有这个代码"},
    {"@type": "type.googleapis.com/google.rpc.BadRequest", "field_violations": [{"field": "kind"}]}]})");
  EXPECT_EQ(TextOf(status), "没有这个代码（原因 CODE_UNKNOWN，字段 kind）");
  EXPECT_EQ(ReasonOf(status), "CODE_UNKNOWN");
  EXPECT_EQ(ExitOf(status), Exit::kServer);
}

absl::Status Refusal(int http_status, const std::string& reason) {
  return FromServer(http_status, R"({"message": "m", "details": [{"@type": "x/google.rpc.ErrorInfo", "reason": ")" +
                                     reason + "\"}]}");
}

TEST(FromServer, AdvisesOnTheOptionThatHelps) {
  EXPECT_EQ(TextOf(Refusal(400, "PURPOSE_REQUIRED")), "m（原因 PURPOSE_REQUIRED，用 --purpose 给出）");
  EXPECT_EQ(TextOf(Refusal(403, "CASE_NUMBER_REQUIRED")), "m（原因 CASE_NUMBER_REQUIRED，用 --case-number 给出）");
}

TEST(FromServer, TakesAMissingPurposeForARefusal) {
  EXPECT_EQ(ExitOf(Refusal(400, "PURPOSE_REQUIRED")), Exit::kRefused);
  EXPECT_EQ(ExitOf(Refusal(403, "PURPOSE_NOT_ALLOWED")), Exit::kRefused);
  EXPECT_EQ(ExitOf(Refusal(400, "CSV_SYNTAX")), Exit::kServer);
}

TEST(FromServer, TellsWhatTheProgramEndsWith) {
  EXPECT_EQ(ExitOf(FromServer(401, "")), Exit::kRefused);
  EXPECT_EQ(ExitOf(FromServer(403, "")), Exit::kRefused);
  EXPECT_EQ(ExitOf(FromServer(503, "")), Exit::kServer);
  EXPECT_EQ(ExitOf(FromServer(400, R"({"error": "invalid_grant", "error_description": "口令不对"})")), Exit::kRefused);
  EXPECT_EQ(TextOf(FromServer(502, "<html>")), "服务器返回 HTTP 502");
  EXPECT_EQ(ExitOf(Fail(Exit::kUnreachable, "x")), Exit::kUnreachable);
  EXPECT_EQ(ExitOf(Fail(Exit::kUsage, "x")), Exit::kUsage);
  EXPECT_EQ(ExitOf(Fail(Exit::kRowErrors, "x")), Exit::kRowErrors);
}

TEST(FromServer, TellsAResourceThatIsThereFromAStaleEtag) {
  EXPECT_TRUE(absl::IsAlreadyExists(FromServer(409, R"({"code": 6})")));
  EXPECT_FALSE(absl::IsAlreadyExists(FromServer(409, R"({"code": 10})")));
}

TEST(DetailOf, FindsADetailByItsType) {
  const absl::Status status =
      FromServer(400, R"({"code":3,"details":[{"@type":"type.googleapis.com/a.B","x":1},{"@type":"t/c.D","x":2}]})");
  EXPECT_EQ(Integer(DetailOf(status, ".D"), "x"), 2);
  EXPECT_TRUE(DetailOf(status, ".E").is_null());
  EXPECT_TRUE(DetailOf(Fail(Exit::kUsage, "x"), ".D").is_null());
}

TEST(NotReady, NamesWhatIsMissing) {
  const auto text = [](const char* body) { return TextOf(NotReady(503, body)); };
  EXPECT_EQ(text(R"({"ready": false, "draining": false, "policy_fresh": true, "services": {"planning": false,
                 "safety": true, "teachers": false}})"),
            "服务器还没有就绪（HTTP 503）：planning、teachers 没有运行或连不上数据库");
  EXPECT_EQ(text(R"({"ready": false, "draining": true, "policy_fresh": false, "services": {}})"),
            "服务器还没有就绪（HTTP 503）：正在停止；未取得最新的访问策略");
  EXPECT_EQ(text("<html>"), "服务器还没有就绪（HTTP 503）");
}

}  // namespace
}  // namespace edudelta::gateway::cli
