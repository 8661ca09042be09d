#include "common/config/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::string Secret(const std::string& content, mode_t mode) {
  std::string path = testing::TempDir() + "/secret.XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path) << content;
  chmod(path.c_str(), mode);
  return path;
}

TEST(Reader, ReadsWhichCallsAreLogged) {
  for (const auto& [text, meant, shown] : std::vector<std::tuple<std::string, int, std::string>>{
           {"", 1, "all"}, {"all", 1, "all"}, {"failures", 0, "failures"}, {"sampled:20", 20, "sampled:20"}}) {
    Reader r({{"EDUDELTA_LOG_CALLS", text}});
    int one_in = 1;
    r.LogCalls("EDUDELTA_LOG_CALLS", &one_in);
    EXPECT_TRUE(r.Finish().ok()) << text;
    EXPECT_EQ(one_in, meant);
    EXPECT_THAT(r.Table(), HasSubstr("  " + shown + "\n"));
  }
  for (const char* text : {"none", "sampled", "sampled:", "sampled:0", "sampled:-3", "sampled:x", "ALL"}) {
    Reader r(std::map<std::string, std::string>{{"EDUDELTA_LOG_CALLS", text}});
    int one_in = 1;
    r.LogCalls("EDUDELTA_LOG_CALLS", &one_in);
    EXPECT_THAT(std::string(r.Finish().message()), HasSubstr("is none of all, sampled:N, failures")) << text;
  }
}

TEST(Reader, ReadsEachKindAndKeepsDefaults) {
  Reader r({{"EDUDELTA_A", "text"},
            {"EDUDELTA_B", "7"},
            {"EDUDELTA_C", "1.5s"},
            {"EDUDELTA_D", "true"},
            {"EDUDELTA_E", " x , y,"},
            {"EDUDELTA_F", ""}});
  std::string a, f = "kept";
  int b = 0, g = 9;
  absl::Duration c;
  bool d = false;
  std::vector<std::string> e;
  r.String("EDUDELTA_A", &a);
  r.Int("EDUDELTA_B", &b, 1, 10);
  r.Duration("EDUDELTA_C", &c);
  r.Bool("EDUDELTA_D", &d);
  r.List("EDUDELTA_E", &e);
  r.String("EDUDELTA_F", &f);
  r.Int("EDUDELTA_G", &g);
  ASSERT_TRUE(r.Finish().ok()) << r.Finish();
  EXPECT_EQ(a, "text");
  EXPECT_EQ(b, 7);
  EXPECT_EQ(c, absl::Milliseconds(1500));
  EXPECT_TRUE(d);
  EXPECT_THAT(e, ElementsAre("x", "y"));
  EXPECT_EQ(f, "kept");
  EXPECT_EQ(g, 9);
}

TEST(Reader, TellsEveryProblemAtOnce) {
  Reader r({{"EDUDELTA_B", "seven"},
            {"EDUDELTA_N", "70"},
            {"EDUDELTA_C", "soon"},
            {"EDUDELTA_D", "yes"},
            {"EDUDELTA_LOG", "loud"},
            {"EDUDELTA_DB_ULR", "x"}});
  std::string url, log = "info";
  int b = 0, n = 0;
  absl::Duration c;
  bool d = false;
  r.String("EDUDELTA_DB_URL", &url, Need::kRequired);
  r.Int("EDUDELTA_B", &b);
  r.Int("EDUDELTA_N", &n, 1, 64);
  r.Duration("EDUDELTA_C", &c);
  r.Bool("EDUDELTA_D", &d);
  r.Choice("EDUDELTA_LOG", &log, {"info", "error"});
  EXPECT_THAT(std::string(r.Finish().message()),
              AllOf(HasSubstr("EDUDELTA_DB_URL is required"), HasSubstr("EDUDELTA_B=seven is not a whole number"),
                    HasSubstr("EDUDELTA_N=70 is outside 1 to 64"), HasSubstr("EDUDELTA_C=soon is not a duration"),
                    HasSubstr("EDUDELTA_D=yes is neither"), HasSubstr("EDUDELTA_LOG=loud is none of info, error"),
                    HasSubstr("EDUDELTA_DB_ULR is not known; did you mean EDUDELTA_DB_URL?")));
}

TEST(Reader, TakesOnlyOurNamesFromTheEnvironment) {
  const char* const environment[] = {"PATH=/bin", "EDUDELTA_A=x=y", nullptr};
  Reader r(environment);
  std::string a;
  r.String("EDUDELTA_A", &a);
  EXPECT_TRUE(r.Finish().ok());
  EXPECT_EQ(a, "x=y");
}

TEST(Reader, ReadsASecretAndNeverShowsIt) {
  Reader r({{"EDUDELTA_PASSWORD_FILE", Secret("s3cret\n", 0600)}});
  std::string password;
  r.SecretFile("EDUDELTA_PASSWORD_FILE", &password);
  ASSERT_TRUE(r.Finish().ok()) << r.Finish();
  EXPECT_EQ(password, "s3cret");
  EXPECT_THAT(r.Table(), AllOf(HasSubstr("EDUDELTA_PASSWORD_FILE"), Not(HasSubstr("s3cret"))));
}

TEST(Reader, RefusesASecretOpenToEveryone) {
  Reader r({{"EDUDELTA_PASSWORD_FILE", Secret("s3cret\n", 0644)}});
  std::string password;
  r.SecretFile("EDUDELTA_PASSWORD_FILE", &password);
  EXPECT_THAT(std::string(r.Finish().message()), AllOf(HasSubstr("open to every user"), Not(HasSubstr("s3cret"))));
}

TEST(ReadCommon, NeedsAnAddressAndADatabase) {
  Reader r(std::map<std::string, std::string>{});
  Common config;
  ReadCommon(r, &config);
  EXPECT_THAT(std::string(r.Finish().message()),
              AllOf(HasSubstr("EDUDELTA_DB_URL is required"), HasSubstr("EDUDELTA_LISTEN_UNIX")));
}

TEST(ReadCommon, IsContentWithASocketAndADatabase) {
  Reader r({{"EDUDELTA_LISTEN_UNIX", "/run/x.sock"}, {"EDUDELTA_DB_URL", "mysql://u@h/s"}});
  Common config;
  ReadCommon(r, &config);
  EXPECT_TRUE(r.Finish().ok()) << r.Finish();
  EXPECT_THAT(r.Table(), HasSubstr("mysql://u@h/s"));
}

TEST(ReadCommon, TrustsTheSuiteUnlessToldWhom) {
  Reader all({{"EDUDELTA_LISTEN_UNIX", "/run/x.sock"}, {"EDUDELTA_DB_URL", "mysql://u@h/s"}});
  Common config;
  ReadCommon(all, &config);
  EXPECT_THAT(config.trusted_names, IsSupersetOf({"gateway", "planning", "exchange"}));
  Reader some(std::map<std::string, std::string>{{"EDUDELTA_TRUSTED_NAMES", "gateway,portal"}});
  ReadCommon(some, &config);
  EXPECT_THAT(config.trusted_names, ElementsAre("gateway", "portal"));
}

TEST(ReadCommon, LetsAStatementBeSilentUntilItsDeadline) {
  const auto read = [](const std::string& timeout) {
    Reader r({{"EDUDELTA_LISTEN_UNIX", "/run/x.sock"},
              {"EDUDELTA_DB_URL", "mysql://u@h/s"},
              {"EDUDELTA_DB_NETWORK_TIMEOUT", timeout}});
    Common config;
    ReadCommon(r, &config);
    return std::pair(config.network_timeout, std::string(r.Finish().message()));
  };
  EXPECT_THAT(read("35s"), ::testing::Pair(absl::Seconds(35), ""));
  EXPECT_THAT(read("30s").second, HasSubstr("longer than EDUDELTA_DEFAULT_DEADLINE"));
}

TEST(ReadCommon, KnowsNoDatabaseWhereThereIsNone) {
  Reader r({{"EDUDELTA_LISTEN_UNIX", "/run/x.sock"}, {"EDUDELTA_DB_URL", "mysql://u@h/s"}});
  Common config;
  ReadCommon(r, &config, false);
  EXPECT_THAT(std::string(r.Finish().message()), HasSubstr("EDUDELTA_DB_URL is not known"));
}

}  // namespace
}  // namespace edudelta::config
