#include "planning/domain/targets.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/calendar/days.h"

namespace edudelta::planning::domain {
namespace {

constexpr int kScale = 4;

bool Satisfies(int64_t value, v1::PlanTarget::Operator operation, int64_t wanted) {
  switch (operation) {
    case v1::PlanTarget::OPERATOR_AT_LEAST:
      return value >= wanted;
    case v1::PlanTarget::OPERATOR_AT_MOST:
      return value <= wanted;
    default:
      return value == wanted;
  }
}

absl::string_view Words(v1::PlanTarget::Operator operation) {
  switch (operation) {
    case v1::PlanTarget::OPERATOR_AT_LEAST:
      return "不低于";
    case v1::PlanTarget::OPERATOR_AT_MOST:
      return "不高于";
    default:
      return "等于";
  }
}

std::string Text(absl::CivilDay day) {
  return absl::StrFormat("%d年%d月%d日", static_cast<int>(day.year()), day.month(), day.day());
}

v1::TargetEvaluation Answer(v1::TargetEvaluation result, v1::TargetEvaluation::State state, std::string explanation) {
  result.set_state(state);
  result.set_explanation(std::move(explanation));
  return result;
}

}  // namespace

absl::StatusOr<v1::TargetEvaluation> EvaluateTarget(const v1::PlanTarget& target, const v1::Measurement* latest,
                                                    absl::CivilDay plan_end, absl::CivilDay as_of) {
  const absl::CivilDay due = calendar::FromProto(target.due_date()).value_or(plan_end);
  v1::TargetEvaluation result;
  *result.mutable_target() = target;
  *result.mutable_due_date() = calendar::ToProto(due);
  std::optional<absl::CivilDay> measured_on;
  if (latest != nullptr) measured_on = calendar::FromProto(latest->measure_date());
  const bool measured = measured_on && *measured_on <= as_of;
  if (measured) *result.mutable_measurement() = *latest;

  if (target.value().empty()) {
    const absl::string_view words = target.value_text().empty() ? "未给数值" : absl::string_view(target.value_text());
    return Answer(std::move(result), v1::TargetEvaluation::STATE_NOT_MEASURABLE,
                  absl::StrCat("计划只有文字要求（", words, "），不能按数值评判"));
  }
  if (target.operator_() == v1::PlanTarget::OPERATOR_UNSPECIFIED) {
    return Answer(std::move(result), v1::TargetEvaluation::STATE_NOT_MEASURABLE, "计划未说明数值关系，不能评判");
  }
  if (target.role() == v1::PlanTarget::TARGET_ROLE_THRESHOLD && !measured) {
    return Answer(std::move(result), v1::TargetEvaluation::STATE_NOT_MEASURABLE,
                  "属资格门槛，不是达成目标，未要求测量");
  }

  ASSIGN_OR_RETURN(const int64_t wanted, ParseDecimal(target.value(), kScale));
  const std::string demand = absl::StrCat(Words(target.operator_()), FormatDecimalShort(wanted, kScale), target.unit());
  if (!measured) {
    return Answer(std::move(result), v1::TargetEvaluation::STATE_PENDING,
                  as_of > due ? absl::StrCat("逾期未报：期限为", Text(due), "，要求", demand, "，至今没有测量值")
                              : absl::StrCat("尚无测量值，要求", demand, "，期限为", Text(due)));
  }
  ASSIGN_OR_RETURN(const int64_t value, ParseDecimal(latest->value(), kScale));
  const std::string found = absl::StrCat(Text(*measured_on), "测得", FormatDecimalShort(value, kScale), target.unit());
  if (Satisfies(value, target.operator_(), wanted)) {
    return Answer(std::move(result), v1::TargetEvaluation::STATE_MET,
                  absl::StrCat(found, "，符合", demand, "的要求", *measured_on > due ? "（期限之后测得）" : ""));
  }
  if (as_of <= due) {
    return Answer(std::move(result), v1::TargetEvaluation::STATE_PENDING,
                  absl::StrCat(found, "，尚未达到", demand, "的要求，期限为", Text(due)));
  }
  const bool stretch = target.role() == v1::PlanTarget::TARGET_ROLE_STRETCH;
  return Answer(std::move(result), v1::TargetEvaluation::STATE_MISSED,
                absl::StrCat(found, "，期限", Text(due), "已过，未达到", demand, "的", stretch ? "力争目标" : "要求"));
}

}  // namespace edudelta::planning::domain
