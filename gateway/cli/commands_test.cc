#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gateway/cli/account.h"
#include "gateway/cli/exchange.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/files.h"
#include "gateway/cli/resources.h"
#include "gateway/cli/stub_server.h"
#include "gateway/cli/transfer.h"

namespace edudelta::gateway::cli {
namespace {

// Commands against a server that answers what a test says, signed in.
class Commands : public testing::Test {
 protected:
  Commands() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
    globals_.server = server_.url();
    Login login;
    login.server = server_.url();
    login.principal = "organizations/o/users/u";
    login.token = "token";
    login.expire_time = absl::Now() + absl::Hours(1);
    EXPECT_TRUE(SaveLogin(login).ok());
  }
  ~Commands() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Session> MakeSession() {
    auto session = Session::Make(globals_, out_, err_);
    EXPECT_TRUE(session.ok()) << session.status();
    return std::move(*session);
  }

  std::string folder_ = testing::TempDir() + "edudelta_commands_test.XXXXXX";
  Globals globals_;
  std::ostringstream out_;
  std::ostringstream err_;
  // Used by the server's thread while a command waits for it.
  StubServer::Answer answer_;
  std::optional<StubServer::Answer> after_first_;
  std::vector<std::string> asked_;
  std::function<bool(const std::string& target)> has_rows_ = [](const std::string&) { return true; };
  StubServer server_{[this](const std::string& target) {
    asked_.push_back(target);
    if (after_first_ && asked_.size() > 1) return *after_first_;
    return has_rows_(target) ? answer_ : StubServer::Answer{200, "{}"};
  }};
};

TEST_F(Commands, StatusTellsTheServersStateInJson) {
  globals_.json = true;
  answer_ = {503, R"({"ready":false,"services":{"safety":false}})"};
  const absl::Status status = ShowStatus(*MakeSession(), 0);
  EXPECT_EQ(ExitOf(status), Exit::kServer);
  EXPECT_EQ(Text(ParseJson(out_.str()), "ready"), "false") << out_.str();
  out_.str("");
  answer_ = {200, R"({"ready":true})"};
  EXPECT_TRUE(ShowStatus(*MakeSession(), 0).ok());
  EXPECT_EQ(Text(ParseJson(out_.str()), "ready"), "true") << out_.str();
}

TEST_F(Commands, UpdateTellsWhetherAnythingChanged) {
  const std::string name = "districts/310114/schools/1";
  const auto update = [&](const std::string& answered, const std::string& etag) {
    out_.str("");
    answer_ = {200, R"({"name":"districts/310114/schools/1","etag":"\"v1\""})"};
    after_first_ = {200, R"({"name":"districts/310114/schools/1","etag":"\")" + answered + R"(\""})"};
    asked_.clear();
    EXPECT_TRUE(UpdateResource(*MakeSession(), name, R"({"address":""})", "", etag).ok());
    return out_.str();
  };
  EXPECT_EQ(update("v1", ""), "没有变化：" + name + "\n");
  EXPECT_EQ(update("v2", ""), "已修改：" + name + "\n");
  after_first_.reset();
  answer_ = {200, R"({"name":"n","etag":"\"v1\""})"};
  out_.str("");
  EXPECT_TRUE(UpdateResource(*MakeSession(), name, "{}", "", "v1").ok());
  EXPECT_EQ(out_.str(), "没有变化：n\n");
}

TEST_F(Commands, TakesAVersionAsTheServerShowsIt) {
  answer_ = {200, "{}"};
  for (const char* etag : {"3-1", "\"3-1\""}) {
    EXPECT_TRUE(DeleteResource(*MakeSession(), "districts/310114/schools/1", etag).ok());
    EXPECT_TRUE(absl::StrContains(server_.latest(), "\r\nIf-Match: \"3-1\"\r\n")) << server_.latest();
  }
}

// What the server answers about a row's versions and about its steps.
class History : public Commands {
 protected:
  absl::Status Show(const std::string& revisions, StubServer::Answer steps) {
    after_first_.reset();
    has_rows_ = [=, this](const std::string& target) {
      answer_ = absl::StrContains(target, ":listRevisions") ? StubServer::Answer{200, revisions} : steps;
      return absl::StrContains(target, ":list");
    };
    return ShowHistory(*MakeSession(), "districts/310114/hazards/1");
  }
};

TEST_F(History, ShowsEachStepOfOneTime) {
  const std::string both = R"({"rows":[{"update_time":"2026-11-05T01:00:00Z"},{"update_time":"2026-11-05T01:00:00Z"},
                                       {"update_time":"2026-11-04T01:00:00Z"}]})";
  const std::string one = R"({"rows":[{"update_time":"2026-11-05T01:00:00Z"}]})";
  for (const std::string& revisions : {both, one}) {
    out_.str("");
    const absl::Status shown =
        Show(revisions, {200, R"({"transitions":[{"time":"2026-11-05T01:00:00Z","label":"销号","actor":"a"},
                                                 {"time":"2026-11-05T01:00:00Z","label":"整改","actor":"b"}]})"});
    ASSERT_TRUE(shown.ok()) << shown;
    const std::string table = out_.str();
    EXPECT_LT(table.find("销号"), table.find("整改")) << table;
    EXPECT_TRUE(absl::StrContains(table, "整改")) << table;
    EXPECT_EQ(absl::StrContains(table, "登记"), revisions == both) << table;
  }
}

TEST_F(History, TellsAResourceWithoutStepsFromOneThatIsNotThere) {
  const std::string one = R"({"rows":[{"update_time":"2026-11-05T01:00:00Z"}]})";
  const auto refused = [](const std::string& reason) {
    return StubServer::Answer{
        404,
        absl::StrCat(R"({"code":5,"message":"没有","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",)",
                     R"("reason":")", reason, R"("}]})")};
  };
  EXPECT_TRUE(Show(one, refused("ROUTE_UNKNOWN")).ok());
  EXPECT_TRUE(absl::StrContains(out_.str(), "登记")) << out_.str();
  EXPECT_TRUE(absl::IsNotFound(Show(one, refused("HAZARD_NOT_FOUND"))));
}

TEST_F(Commands, ExportWritesAFileOfItsOwners) {
  const std::string path = folder_ + "/rows.csv";
  for (const std::string& there : {path, path + ".part"}) {
    ASSERT_TRUE(WritePrivate(there, "former").ok());
    std::filesystem::permissions(there, std::filesystem::perms(0644));
  }
  answer_ = {200, "name\nx\n"};
  ExportOptions options;
  options.collection = "districts/310114/schools";
  options.file = path;
  const absl::Status status = ExportFile(*MakeSession(), options);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(ReadFile(path).value(), "name\nx\n");
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  options.file = "/dev/null";
  EXPECT_EQ(ExitOf(ExportFile(*MakeSession(), options)), Exit::kUsage) << "would take its place";
}

TEST_F(Commands, ImportReadsStandardInput) {
  std::istringstream typed("编号,学校名称\n1,甲\n");
  std::streambuf* const before = std::cin.rdbuf(typed.rdbuf());
  answer_ = {200, R"({"row_count":"1","updated_count":"1","warning_count":"6","warnings":[
      {"row":"2","column":"state","reason":"FIELD_NOT_IMPORTED","message":"状态不能通过导入修改"}]})"};
  ImportOptions options;
  options.collection = "districts/310114/schools";
  options.file = "-";
  const absl::Status status = ImportFile(*MakeSession(), options);
  std::cin.rdbuf(before);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(absl::StrContains(asked_.back(), "districts/310114/schools:import")) << asked_.back();
  EXPECT_TRUE(absl::StrContains(out_.str(), "共 1 行：新增 0，更新 1，不变 0，有误 0，提醒 6")) << out_.str();
  EXPECT_EQ(err_.str(),
            "提醒：第 2 行 state：状态不能通过导入修改（FIELD_NOT_IMPORTED）\n另有 5 处提醒，用 --json 查看\n");
}

TEST_F(Commands, ImportSaysWhenStandardInputIsEmpty) {
  std::istringstream typed("");
  std::streambuf* const before = std::cin.rdbuf(typed.rdbuf());
  ImportOptions options;
  options.collection = "districts/310114/schools";
  options.file = "-";
  EXPECT_EQ(ExitOf(ImportFile(*MakeSession(), options)), Exit::kUsage);
  std::cin.rdbuf(before);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(Commands, SecretsAreReadAsEditorsLeaveThem) {
  const std::string path = folder_ + "/secret";
  for (const char* text : {"geheim", "geheim\n", "geheim\r\n", "\xEF\xBB\xBFgeheim\r\n", "geheim\r\nnote\n"}) {
    ASSERT_TRUE(WritePrivate(path, text).ok());
    EXPECT_EQ(ReadSecret(path).value(), "geheim") << text;
  }
  for (const char* text : {"", "\n", "\xEF\xBB\xBF\r\n", "\xFF\xFEg"}) {
    ASSERT_TRUE(WritePrivate(path, text).ok());
    EXPECT_EQ(ExitOf(ReadSecret(path).status()), Exit::kUsage) << text;
  }
}

TEST_F(Commands, AccessLogShowsTheNewestInOrder) {
  globals_.json = true;
  answer_ = {200, R"({"access_entries":[{"sequence":"1"},{"sequence":"2"},{"sequence":"3"}]})"};
  AccessLogOptions options{"310114", "outcome = \"OUTCOME_DENIED\"", "", 2};
  ASSERT_TRUE(ShowAccessLog(*MakeSession(), options).ok());
  EXPECT_EQ(Dump(ParseJson(out_.str())), R"([{"sequence":"2"},{"sequence":"3"}])");
  ASSERT_EQ(asked_.size(), 1u) << "the first time had more than enough";
  EXPECT_TRUE(absl::StrContains(asked_[0], "OUTCOME_DENIED%22%20AND%20access_time%20%3E%3D%20%22")) << asked_[0];
}

TEST_F(Commands, AccessLogLooksFurtherBackUntilThereIsEnough) {
  has_rows_ = [](const std::string& target) { return !absl::StrContains(target, "access_time"); };
  answer_ = {200, R"({"access_entries":[{"sequence":"1"},{"sequence":"2"}]})"};
  AccessLogOptions options{"310114", "", "", 2};
  ASSERT_TRUE(ShowAccessLog(*MakeSession(), options).ok());
  EXPECT_GT(asked_.size(), 2u);
  EXPECT_EQ(err_.str(), "共 2 条\n");
  err_.str("");
  options.limit = 1;
  ASSERT_TRUE(ShowAccessLog(*MakeSession(), options).ok());
  EXPECT_TRUE(absl::StartsWith(err_.str(), "最近的 1 条，还有更早的")) << err_.str();
}

TEST_F(Commands, AccessLogGoesBackAsFarAsToldAndNoFurther) {
  answer_ = {200, "{}"};
  AccessLogOptions options{"310114", "", "2026-11-20", 2};
  ASSERT_TRUE(ShowAccessLog(*MakeSession(), options).ok());
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_TRUE(absl::StrContains(asked_[0], "2026-11-19T16")) << asked_[0];
  options.since = "yesterday";
  EXPECT_EQ(ExitOf(ShowAccessLog(*MakeSession(), options)), Exit::kUsage);
}

}  // namespace
}  // namespace edudelta::gateway::cli
