// What is told of each register as a whole is what the methods of the service say.
#include "planning/api/gauges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/calendar/days.h"
#include "common/service/testing.h"
#include "common/testing/matchers.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "planning/api/definition.h"
#include "prometheus/gauge.h"

namespace edudelta::planning::api {
namespace {

using testing::IsOk;

class GaugesTest : public ::testing::Test {
 protected:
  double ValueOf(const std::string& name, const metrics::Labels& labels) {
    return registry_.Gauge(name, "", labels).Value();
  }
  void Set() {
    const std::vector<service::RegionGauge> gauges = Gauges();
    EXPECT_THAT(service::RegionGauges(gauges, node_.runtime().pool(), registry_, node_.clock()).Turn(true), IsOk());
  }
  // What a row must have and no test asks for has its type's nought.
  void Insert(const std::string& table, const std::string& columns, const std::vector<std::string>& rows) {
    const std::string common = "1, NOW(6), NOW(6), '310114', ";
    ASSERT_THAT(node_.Execute(absl::StrCat("INSERT IGNORE INTO ", table,
                                           " (version, create_time, update_time, district_id, ", columns, ") VALUES (",
                                           common, absl::StrJoin(rows, absl::StrCat("), (", common)), ")")),
                IsOk());
  }
  std::string Day(int from_today) { return absl::StrCat("'", absl::FormatCivilTime(today_ + from_today), "'"); }

  service::TestServer node_{MakeDefinition()};
  const absl::CivilDay today_ = calendar::Today(node_.clock());
  metrics::Registry registry_;
};

TEST_F(GaugesTest, JudgeTargetsAsEvaluateTargetsDoes) {
  Insert("work_plan", "work_plan_id, end_date, state",
         {absl::StrCat("'over', ", Day(-5), ", 3"), absl::StrCat("'running', ", Day(5), ", 3")});
  std::vector<std::string> targets, measurements;
  for (const char* plan : {"over", "running"}) {
    for (int operation : {0, 1, 2, 3}) {
      for (const char* value : {"NULL", "10"}) {
        for (int role : {1, 3}) {
          for (const std::string& due : {std::string("NULL"), Day(-1), Day(0), Day(1)}) {
            for (const char* measured : {"", "9.5", "10", "10.5"}) {
              const std::string id = absl::StrCat("t", targets.size());
              targets.push_back(
                  absl::StrCat("'", plan, "', '", id, "', ", operation, ", ", value, ", ", role, ", ", due));
              const auto measure = [&](const char* number, int day) {
                measurements.push_back(absl::StrCat("'m", measurements.size(), "', 'districts/310114/workPlans/", plan,
                                                    "/targets/", id, "', ", number, ", ", Day(day)));
              };
              // The latest counts, but none that is to come.
              if (*measured != 0) {
                measure("3", -3);
                measure(measured, -2);
              }
              measure("77", 1);
            }
          }
        }
      }
    }
  }
  Insert("plan_target", "work_plan_id, target_id, operator, value, role, due_date", targets);
  Insert("measurement", "measurement_id, target, value, measure_date", measurements);
  Set();
  std::map<std::string, double> judged;
  for (const char* plan : {"over", "running"}) {
    v1::EvaluateTargetsRequest request;
    request.set_name(absl::StrCat("districts/310114/workPlans/", plan));
    v1::EvaluateTargetsResponse response;
    ASSERT_THAT(node_.Call(service::UserOf("jiading", "clerk", options::v1::ROLE_BUREAU_CLERK, "districts/310114"),
                           "EvaluateTargets", request, &response),
                IsOk());
    for (const auto& target : response.targets()) ++judged[v1::TargetEvaluation::State_Name(target.state())];
  }
  const std::string name = "edudelta_region_targets";
  for (const auto& [state, word] : std::map<std::string, std::string>{{"STATE_MET", "met"},
                                                                      {"STATE_MISSED", "missed"},
                                                                      {"STATE_PENDING", "pending"},
                                                                      {"STATE_NOT_MEASURABLE", "not_measurable"}}) {
    EXPECT_GT(judged[state], 0) << state;
    EXPECT_EQ(ValueOf(name, {{"district", "310114"}, {"state", word}}), judged[state]) << state;
  }
}

TEST_F(GaugesTest, CountSchoolsAndThoseThatReported) {
  Insert("school", "school_id, state", {"'reported', 1", "'late', 1", "'never', 1", "'closed', 2"});
  const int year = calendar::SchoolYearOf(today_);
  const auto reported = [](const char* school, int year) {
    return absl::StrCat("'", school, "', '", year, "', ", year);
  };
  Insert("grade_enrollment", "school_id, grade_enrollment_id, school_year",
         {reported("reported", year), reported("late", year - 1), reported("closed", year)});
  Set();
  EXPECT_EQ(ValueOf("edudelta_region_schools", {{"district", "310114"}, {"state", "open"}}), 3);
  EXPECT_EQ(ValueOf("edudelta_region_schools", {{"district", "310114"}, {"state", "closed"}}), 1);
  EXPECT_EQ(ValueOf("edudelta_region_schools_reported", {{"district", "310114"}}), 1);
}

}  // namespace
}  // namespace edudelta::planning::api
