#include "planning/domain/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/error.h"
#include "common/calendar/days.h"

namespace edudelta::planning::domain {
namespace {

using ::testing::HasSubstr;
using State = v1::TargetEvaluation;

const absl::CivilDay kDue(2018, 12, 31);
const absl::CivilDay kPlanEnd(2020, 12, 31);

v1::PlanTarget Target(v1::PlanTarget::Operator operation, const std::string& value,
                      v1::PlanTarget::TargetRole role = v1::PlanTarget::TARGET_ROLE_GOAL) {
  v1::PlanTarget target;
  target.set_operator_(operation);
  target.set_value(value);
  target.set_unit("%");
  target.set_role(role);
  *target.mutable_due_date() = calendar::ToProto(kDue);
  return target;
}

v1::TargetEvaluation Evaluate(const v1::PlanTarget& target, const std::string& measured, absl::CivilDay as_of,
                              absl::CivilDay measured_on = absl::CivilDay(2018, 6, 30)) {
  v1::Measurement measurement;
  measurement.set_value(measured);
  *measurement.mutable_measure_date() = calendar::ToProto(measured_on);
  return *EvaluateTarget(target, measured.empty() ? nullptr : &measurement, kPlanEnd, as_of);
}

TEST(EvaluateTarget, ComparesExactlyByOperator) {
  const auto at_least = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "99.9");
  EXPECT_EQ(Evaluate(at_least, "99.9000", kDue).state(), State::STATE_MET);
  EXPECT_EQ(Evaluate(at_least, "99.8999", kDue).state(), State::STATE_PENDING);
  const auto at_most = Target(v1::PlanTarget::OPERATOR_AT_MOST, "0.5");
  EXPECT_EQ(Evaluate(at_most, "0.5", kDue).state(), State::STATE_MET);
  EXPECT_EQ(Evaluate(at_most, "0.5001", kDue).state(), State::STATE_PENDING);
  const auto equal = Target(v1::PlanTarget::OPERATOR_EQUAL, "10");
  EXPECT_EQ(Evaluate(equal, "10.0", kDue).state(), State::STATE_MET);
  EXPECT_EQ(Evaluate(equal, "11", kDue).state(), State::STATE_PENDING);
  EXPECT_EQ(Evaluate(Target(v1::PlanTarget::OPERATOR_EQUAL, "0"), "0", kDue).state(), State::STATE_MET);
}

TEST(EvaluateTarget, TheDueDayBelongsToTheTime) {
  const auto target = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "90");
  EXPECT_EQ(Evaluate(target, "85", kDue).state(), State::STATE_PENDING);
  EXPECT_EQ(Evaluate(target, "85", kDue + 1).state(), State::STATE_MISSED);
  EXPECT_EQ(Evaluate(target, "90", kDue + 400).state(), State::STATE_MET);
}

TEST(EvaluateTarget, WithoutDueDayThePlansEndCounts) {
  auto target = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "90");
  target.clear_due_date();
  EXPECT_EQ(Evaluate(target, "85", kPlanEnd).state(), State::STATE_PENDING);
  EXPECT_EQ(Evaluate(target, "85", kPlanEnd + 1).state(), State::STATE_MISSED);
  EXPECT_EQ(calendar::FromProto(Evaluate(target, "", kPlanEnd).due_date()), kPlanEnd);
}

TEST(EvaluateTarget, MissingDataIsNeverAFailure) {
  const auto target = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "90");
  EXPECT_EQ(Evaluate(target, "", kDue).state(), State::STATE_PENDING);
  const auto overdue = Evaluate(target, "", kDue + 1);
  EXPECT_EQ(overdue.state(), State::STATE_PENDING);
  EXPECT_THAT(overdue.explanation(), HasSubstr("逾期未报"));
  EXPECT_FALSE(overdue.has_measurement());
}

TEST(EvaluateTarget, AMeasurementOfTheFutureCountsAsNone) {
  const auto target = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "90");
  const auto evaluation = Evaluate(target, "95", absl::CivilDay(2018, 6, 29));
  EXPECT_EQ(evaluation.state(), State::STATE_PENDING);
  EXPECT_FALSE(evaluation.has_measurement());
  EXPECT_EQ(Evaluate(target, "95", absl::CivilDay(2018, 6, 30)).state(), State::STATE_MET);
}

TEST(EvaluateTarget, LateMeasurementsMeetTheTargetAndSaySo) {
  const auto target = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "90");
  const auto late = Evaluate(target, "95", kDue + 30, kDue + 20);
  EXPECT_EQ(late.state(), State::STATE_MET);
  EXPECT_THAT(late.explanation(), HasSubstr("期限之后"));
}

TEST(EvaluateTarget, WordsAreNotMeasurable) {
  auto target = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "");
  target.set_value_text("省定指标");
  const auto evaluation = Evaluate(target, "95", kDue);
  EXPECT_EQ(evaluation.state(), State::STATE_NOT_MEASURABLE);
  EXPECT_THAT(evaluation.explanation(), HasSubstr("省定指标"));
  const auto unrelated = Target(v1::PlanTarget::OPERATOR_UNSPECIFIED, "5");
  EXPECT_EQ(Evaluate(unrelated, "5", kDue).state(), State::STATE_NOT_MEASURABLE);
}

TEST(EvaluateTarget, AThresholdIsNoGoalUnlessMeasured) {
  const auto target = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "3000", v1::PlanTarget::TARGET_ROLE_THRESHOLD);
  EXPECT_EQ(Evaluate(target, "", kDue + 1).state(), State::STATE_NOT_MEASURABLE);
  EXPECT_EQ(Evaluate(target, "3000", kDue).state(), State::STATE_MET);
  EXPECT_EQ(Evaluate(target, "2999", kDue + 1).state(), State::STATE_MISSED);
}

TEST(EvaluateTarget, AMissedStretchIsSaidToBeOne) {
  const auto target = Target(v1::PlanTarget::OPERATOR_AT_LEAST, "20", v1::PlanTarget::TARGET_ROLE_STRETCH);
  const auto missed = Evaluate(target, "18.5", kDue + 1);
  EXPECT_EQ(missed.state(), State::STATE_MISSED);
  EXPECT_EQ(missed.explanation(), "2018年6月30日测得18.5%，期限2018年12月31日已过，未达到不低于20%的力争目标");
}

TEST(EvaluateTarget, RefusesWhatIsNoNumber) {
  EXPECT_EQ(
      ReasonOf(EvaluateTarget(Target(v1::PlanTarget::OPERATOR_AT_LEAST, "九十"), nullptr, kPlanEnd, kDue).status()),
      "DECIMAL_FORMAT");
}

}  // namespace
}  // namespace edudelta::planning::domain
