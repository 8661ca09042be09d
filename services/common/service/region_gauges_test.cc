#include "common/service/region_gauges.h"

#include "absl/strings/str_cat.h"
#include "common/service/report.h"
#include "common/service/test_teachers.h"
#include "common/testing/matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::service {
namespace {

using ::edudelta::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

class StoppedClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = absl::Now();
};

class RegionGaugesTest : public ::testing::Test {
 protected:
  RegionGaugesTest() {
    Must(pool_->Read(absl::InfiniteFuture(), [](db::Session& session) {
      return session.Execute("CREATE TABLE n (district CHAR(6), state INT, amount INT)").status();
    }));
    Put("('310114', 1, 4), ('310115', 2, 5)");
  }
  void Put(const std::string& rows) {
    Must(pool_->Read(absl::InfiniteFuture(), [&](db::Session& session) {
      return session.Execute(absl::StrCat("REPLACE INTO n VALUES ", rows)).status();
    }));
  }

  StoppedClock clock_;
  metrics::Registry registry_, of_pool_;
  std::unique_ptr<db::Pool> pool_ = *db::Pool::Create(testing::Database::Shared().CreateSchema(), of_pool_);
  std::vector<RegionGauge> gauges_ = {
      {.name = "edudelta_region_n", .help = "N.", .sql = "SELECT district, SUM(amount) FROM n GROUP BY district"}};
  RegionGauges turning_{gauges_, *pool_, registry_, clock_};
};

TEST_F(RegionGaugesTest, AreToldByTheOneThatLeadsAndTakenBack) {
  EXPECT_THAT(turning_.Turn(false), IsOk());
  EXPECT_EQ(metrics::Render(registry_), "");
  EXPECT_THAT(turning_.Turn(true), IsOk());
  EXPECT_THAT(metrics::Render(registry_), HasSubstr("edudelta_region_n{district=\"310114\"} 4\n"));
  EXPECT_THAT(turning_.Turn(false), IsOk());
  EXPECT_THAT(metrics::Render(registry_), Not(HasSubstr("district")));
}

TEST_F(RegionGaugesTest, AreReadAgainWhenTheirTimeHasCome) {
  EXPECT_THAT(turning_.Turn(true), IsOk());
  Put("('310114', 1, 2)");
  EXPECT_THAT(turning_.Turn(true), IsOk());
  EXPECT_THAT(metrics::Render(registry_), HasSubstr("{district=\"310114\"} 4\n"));
  clock_.now += absl::Minutes(1);
  EXPECT_THAT(turning_.Turn(true), IsOk());
  EXPECT_THAT(metrics::Render(registry_), HasSubstr("{district=\"310114\"} 6\n"));
}

TEST_F(RegionGaugesTest, AreSplitByTheWordsOfAnEnum) {
  gauges_[0].sql = "SELECT district, state, amount FROM n";
  gauges_[0].label = "state";
  // Any enum of those that are linked.
  gauges_[0].split_by =
      google::protobuf::DescriptorPool::generated_pool()->FindEnumTypeByName("edudelta.teachers.v1.Teacher.State");
  ASSERT_NE(gauges_[0].split_by, nullptr);
  Put("('310116', 99, 1)");
  EXPECT_THAT(turning_.Turn(true), IsOk());
  EXPECT_THAT(metrics::Render(registry_), HasSubstr("{district=\"310116\",state=\"unknown\"} 1\n"));
  EXPECT_THAT(metrics::Render(registry_), Not(HasSubstr("STATE")));
}

TEST_F(RegionGaugesTest, KeepTheirOtherValuesWhenOneCannotBeRead) {
  gauges_.push_back({.name = "edudelta_region_broken", .help = "B.", .sql = "SELECT nothing"});
  RegionGauges turning(gauges_, *pool_, registry_, clock_);
  EXPECT_THAT(turning.Turn(true), Not(IsOk()));
  EXPECT_THAT(metrics::Render(registry_), HasSubstr("{district=\"310114\"} 4\n"));
}

TEST(Report, IsCountedByWhatBecameOfIt) {
  const Definition definition = Teachers();
  Runtime runtime(definition, config::Common(), {});
  rpc::Call call;
  call.method = runtime.descriptor().FindMethodByName("SummarizeStaff");
  ASSERT_NE(call.method, nullptr);
  absl::Status outcome;
  const auto make = AsReport(runtime, [&](const rpc::Call&, const int&, int*) { return outcome; });
  int response = 0;
  EXPECT_THAT(make(call, 0, &response), IsOk());
  for (const auto& status : {absl::PermissionDeniedError(""), absl::InternalError(""), absl::UnavailableError("")}) {
    outcome = status;
    EXPECT_EQ(make(call, 0, &response), status);
  }
  const std::string page = metrics::Render(runtime.metrics());
  for (const char* series :
       {"{outcome=\"made\",report=\"SummarizeStaff\"} 1\n", "{outcome=\"refused\",report=\"SummarizeStaff\"} 1\n",
        "{outcome=\"failed\",report=\"SummarizeStaff\"} 2\n"}) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("edudelta_reports_total", series)));
    EXPECT_THAT(page, HasSubstr(absl::StrCat("edudelta_report_seconds_count", series)));
  }
}

}  // namespace
}  // namespace edudelta::service
