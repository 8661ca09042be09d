// An evaluation across databases whose clocks differ.
#include "planning/api/balance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/timestamp.h"
#include "common/db/sql_time.h"
#include "common/service/test_teachers.h"
#include "common/service/testing.h"
#include "common/testing/matchers.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "planning/api/definition.h"

namespace edudelta::planning::api {
namespace {

TEST(BalanceTest, ReadsAtTheTimeOfTheClockThatIsBehind) {
  const std::string folder = service::TestFolder("balance");
  const absl::Time behind = absl::Now() - absl::Seconds(40);
  std::vector<absl::Time> asked;
  service::Definition teachers = service::Teachers();
  teachers.serve = [&](service::Runtime&, rpc::DescribedService& api) {
    api.On<teachers::v1::SummarizeStaffRequest, teachers::v1::SummarizeStaffResponse>(
        "SummarizeStaff", [&](const rpc::Call&, const auto& request, auto*) -> absl::Status {
          asked.push_back(TimeOf(request.read_time()));
          if (asked.back() <= behind) return absl::OkStatus();
          return Error(absl::StatusCode::kInvalidArgument, "READ_TIME_TOO_RECENT", "数据时点至少应在5秒之前",
                       {{"field", "read_time"}, {"safe_time", db::SqlTime(behind)}});
        });
  };
  const std::string theirs = service::TestFolder("teachers");
  service::TestServer other(teachers, testing::Database::Shared(), nullptr, theirs);
  ASSERT_EQ(symlink((theirs + "/s.sock").c_str(), (folder + "/teachers.sock").c_str()), 0);
  service::TestServer planning(MakeDefinition(), testing::Database::Shared(), nullptr, folder);
  // The migration has just brought the indicators.
  ASSERT_THAT(planning.Execute("UPDATE indicator_set SET update_time = update_time - INTERVAL 1 DAY, "
                               "create_time = create_time - INTERVAL 1 DAY"),
              testing::IsOk());
  v1::EvaluateBalanceRequest request;
  request.set_name("districts/310114");
  request.set_school_year(2025);
  const auto clerk = service::UserOf("jiading", "clerk", options::v1::ROLE_BUREAU_CLERK, request.name());
  v1::BalanceReport report;
  // Nobody answers for the facilities, which are asked last.
  EXPECT_THAT(planning.Call(clerk, "EvaluateBalance", request, &report),
              testing::StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_GT(asked[0], behind);
  EXPECT_EQ(asked[1], absl::FromUnixMicros(absl::ToUnixMicros(behind)));
  // Who names a time has it or nothing.
  SetTimestamp(absl::Now() - absl::Seconds(20), request.mutable_read_time());
  EXPECT_THAT(planning.Call(clerk, "EvaluateBalance", request, &report), testing::HasReason("READ_TIME_TOO_RECENT"));
  request.clear_read_time();
  request.set_indicator_set("districts/310114/indicatorSets/none");
  EXPECT_THAT(planning.Call(clerk, "EvaluateBalance", request, &report), testing::HasReason("INDICATOR_SET_MISSING"));
}

}  // namespace
}  // namespace edudelta::planning::api
