#include "planning/domain/rules.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/decimal.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"

namespace edudelta::planning::domain {
namespace {

constexpr int kSchoolCodeLength = 10;

absl::string_view LastSegment(absl::string_view name) { return name.substr(name.rfind('/') + 1); }

// Pupils of a class, at most: far above what is allowed, since registers say what is.
constexpr int64_t kFullestClass = 200;
// No school of a bureau of today was closed before there were any.
constexpr absl::CivilDay kFirstDay(1949, 10, 1);

int LastGrade(absl::string_view stage) {
  if (stage == "1") return 4;
  if (stage == "2") return 6;
  if (stage == "3" || stage == "5") return 4;
  if (stage == "4" || stage == "6") return 3;
  return 12;
}

// Of a resource below a work plan: "districts/310114/workPlans/p".
absl::string_view PlanOf(absl::string_view name) {
  size_t end = 0;
  for (int segments = 0; segments < 4 && end != absl::string_view::npos; ++segments) end = name.find('/', end + 1);
  return name.substr(0, end);
}

// What is no name at all is left to who looks it up.
absl::Status CheckSamePlan(absl::string_view name, absl::string_view field, absl::string_view named) {
  if (!absl::StartsWith(named, "districts/") || PlanOf(named) == PlanOf(name)) return absl::OkStatus();
  return Invalid(field, "REFERENCE_OTHER_PLAN", "只能引用同一计划中的章节或任务");
}

bool IsReportDue(absl::string_view due) {
  const bool of_every_year = due.size() == 5;
  return calendar::ParseDay(of_every_year ? absl::StrCat("2000-", due) : std::string(due)).has_value();
}

absl::Status CheckPositive(absl::string_view field, absl::string_view text, absl::string_view reason,
                           absl::string_view zh) {
  const absl::StatusOr<int64_t> value = ParseDecimal(text, 4);
  if (!value.ok()) return Invalid(field, ReasonOf(value.status()), ChineseOf(value.status()));
  return *value > 0 ? absl::OkStatus() : Invalid(field, reason, zh);
}

absl::Status CheckStandard(const v1::StageStandard& stage) {
  std::set<int> indicators;
  for (const v1::IndicatorStandard& indicator : stage.indicators()) {
    if (v1::Indicator_IsValid(indicator.indicator())) indicators.insert(indicator.indicator());
    RETURN_IF_ERROR(CheckPositive("standards.indicators.standard", indicator.standard(), "STANDARD_NOT_POSITIVE",
                                  "指标标准须为正数"));
  }
  indicators.erase(v1::INDICATOR_UNSPECIFIED);
  if (indicators.size() != 7 || stage.indicators_size() != 7) {
    return Invalid("standards.indicators", "INDICATORS_INCOMPLETE", "每个学段须给出七项指标，每项一次");
  }
  return CheckPositive("standards.coefficient_limit", stage.coefficient_limit(), "COEFFICIENT_LIMIT_NOT_POSITIVE",
                       "差异系数限值须为正数");
}

absl::CivilDay FirstDayRegistered(const v1::School& school) {
  const absl::CivilDay registered = calendar::DayOf(TimeOf(school.create_time()));
  return calendar::FirstDayOfSchoolYear(calendar::SchoolYearOf(registered));
}

absl::Status CheckClassSizes(const v1::GradeEnrollment& next, bool has_bands) {
  const int64_t pupils = next.pupil_count();
  const int64_t classes = next.class_count();
  if (classes > pupils) return Invalid("class_count", "CLASSES_EXCEED_PUPILS", "班数不能多于在校生数");
  if (classes > 0 && pupils > classes * kFullestClass) {
    return Invalid("pupil_count", "PUPILS_EXCEED_CLASSES", "在校生数与班数不符，请核对班数");
  }
  if (!has_bands) return absl::OkStatus();
  const int64_t least = int64_t{next.classes_up_to_25()} + 26 * int64_t{next.classes_26_to_35()} +
                        36 * int64_t{next.classes_36_to_45()} + 46 * int64_t{next.classes_46_to_55()} +
                        56 * int64_t{next.classes_56_to_65()} + 66 * int64_t{next.classes_66_or_more()};
  const int64_t most = 25 * int64_t{next.classes_up_to_25()} + 35 * int64_t{next.classes_26_to_35()} +
                       45 * int64_t{next.classes_36_to_45()} + 55 * int64_t{next.classes_46_to_55()} +
                       65 * int64_t{next.classes_56_to_65()} + kFullestClass * next.classes_66_or_more();
  if (pupils >= least && pupils <= most) return absl::OkStatus();
  return Invalid("pupil_count", "CLASS_BANDS_IMPLAUSIBLE",
                 absl::StrCat("按各班额段的班数，在校生数应在", least, "至", most, "之间"));
}

}  // namespace

absl::Status Check(const v1::School& next, absl::CivilDay today) {
  const absl::string_view code = LastSegment(next.name());
  const bool has_category = code.size() == kSchoolCodeLength && next.kind().size() >= 2;
  if (has_category && code.substr(0, 2) != absl::string_view(next.kind()).substr(0, 2)) {
    return Invalid("kind", "SCHOOL_KIND_MISMATCH", "办学类型与学校标识码前两位的机构类别不符");
  }
  if (next.longitude().empty() != next.latitude().empty()) {
    return Invalid(next.longitude().empty() ? "longitude" : "latitude", "COORDINATES_INCOMPLETE",
                   "经度和纬度须同时填写或同时不填");
  }
  if (next.has_built_year() && next.built_year() > today.year()) {
    return Invalid("built_year", "BUILT_IN_FUTURE", "建校年份不能晚于今年");
  }
  return absl::OkStatus();
}

absl::Status MayCloseSchool(const v1::School& old, const v1::CloseSchoolRequest& request, const CloseFacts& facts,
                            absl::CivilDay today, bool from_above) {
  const std::optional<absl::CivilDay> day = calendar::FromProto(request.close_date());
  // The engine has refused what is no day.
  if (!day) return absl::OkStatus();
  constexpr char kField[] = "close_date";
  if (*day > today) return Invalid(kField, "CLOSE_DATE_IN_FUTURE", "撤销日期不能晚于今天");
  if (old.has_built_year() && day->year() < old.built_year()) {
    return Invalid(kField, "CLOSE_DATE_BEFORE_BUILT", "撤销日期不能早于建校年份");
  }
  if (facts.last_school_year && *day <= calendar::FirstDayOfSchoolYear(*facts.last_school_year)) {
    return Invalid(kField, "CLOSE_DATE_BEFORE_PUPILS",
                   absl::StrCat(*facts.last_school_year, "学年还有在校生，撤销日期须在该学年开始之后"));
  }
  if (*day < kFirstDay) return Invalid(kField, "CLOSE_DATE_TOO_EARLY", "撤销日期不能早于1949年10月1日");
  if (from_above) return absl::OkStatus();
  if (*day < calendar::FirstDayOfSchoolYear(calendar::SchoolYearOf(today) - 1)) {
    return Invalid(kField, "CLOSE_DATE_TOO_EARLY", "撤销日期早于上一学年的，须由上级办理");
  }
  const bool unknown = !old.has_built_year() && !facts.last_school_year && old.has_create_time();
  if (unknown && *day < FirstDayRegistered(old)) {
    return Invalid(kField, "CLOSE_DATE_TOO_EARLY", "没有建校年份和在校生的，撤销日期早于登记学年须由上级办理");
  }
  return absl::OkStatus();
}

absl::Status Check(const v1::GradeEnrollment& next, absl::CivilDay today) {
  const absl::string_view id = LastSegment(next.name());
  if (!id.empty() && id != GradeEnrollmentId(next)) {
    return Invalid("name", "ENROLLMENT_ID_MISMATCH", "编号须为“学年-学段-年级”，与内容一致");
  }
  if (next.grade() < 1 || next.grade() > LastGrade(next.stage())) {
    return Invalid("grade", "GRADE_OUT_OF_STAGE", absl::StrCat("该学段的年级为1至", LastGrade(next.stage())));
  }
  if (next.school_year() > calendar::SchoolYearOf(today) + 1) {
    return Invalid("school_year", "SCHOOL_YEAR_IN_FUTURE", "学年不能晚于下一学年");
  }
  const int64_t bands = int64_t{next.classes_up_to_25()} + next.classes_26_to_35() + next.classes_36_to_45() +
                        next.classes_46_to_55() + next.classes_56_to_65() + next.classes_66_or_more();
  if (bands != 0 && bands != next.class_count()) {
    return Invalid("class_count", "CLASS_BANDS_MISMATCH", "各班额段的班数之和须等于班数");
  }
  RETURN_IF_ERROR(CheckClassSizes(next, bands != 0));
  const std::pair<const char*, int> parts[] = {{"boarder_count", next.boarder_count()},
                                               {"migrant_count", next.migrant_count()},
                                               {"left_behind_count", next.left_behind_count()},
                                               {"special_needs_count", next.special_needs_count()}};
  for (const auto& [field, count] : parts) {
    if (count > next.pupil_count()) return Invalid(field, "PART_EXCEEDS_PUPILS", "其中数不能大于在校生数");
  }
  return absl::OkStatus();
}

std::string GradeEnrollmentId(const v1::GradeEnrollment& enrollment) {
  return absl::StrCat(enrollment.school_year(), "-", enrollment.stage(), "-", enrollment.grade());
}

absl::Status Check(const v1::WorkPlan& next) {
  const std::optional<absl::CivilDay> start = calendar::FromProto(next.start_date());
  const std::optional<absl::CivilDay> end = calendar::FromProto(next.end_date());
  if (start && end && *end < *start) return Invalid("end_date", "PLAN_PERIOD_REVERSED", "截止日期不能早于起始日期");
  const std::optional<absl::CivilDay> issued = calendar::FromProto(next.issue_date());
  if (issued && end && *issued > *end) return Invalid("issue_date", "PLAN_ISSUED_TOO_LATE", "发布日期不能晚于截止日期");
  return absl::OkStatus();
}

absl::Status Check(const v1::PlanSection& next) {
  return CheckSamePlan(next.name(), "parent_section", next.parent_section());
}

absl::Status Check(const v1::PlanTask& next) { return CheckSamePlan(next.name(), "section", next.section()); }

absl::Status Check(const v1::PlanTarget& next) {
  if (next.value().empty() && next.value_text().empty()) {
    return Invalid("value", "TARGET_VALUE_REQUIRED", "目标值和目标值说明至少填写一项");
  }
  if (!next.value().empty() && next.operator_() == v1::PlanTarget::OPERATOR_UNSPECIFIED) {
    return Invalid("operator", "TARGET_OPERATOR_REQUIRED", "有目标值时须填写关系");
  }
  return CheckSamePlan(next.name(), "task", next.task());
}

absl::Status Check(const v1::PlanProject& next) {
  if (next.has_count() && next.has_count_max() && next.count_max() < next.count()) {
    return Invalid("count_max", "COUNT_RANGE_REVERSED", "数量上限不能小于数量");
  }
  const std::optional<absl::CivilDay> due = calendar::FromProto(next.due_date());
  const std::optional<absl::CivilDay> following = calendar::FromProto(next.next_due_date());
  if (due && following && *following < *due) {
    return Invalid("next_due_date", "MILESTONES_REVERSED", "后续时限不能早于时限");
  }
  return CheckSamePlan(next.name(), "task", next.task());
}

absl::Status Check(const v1::ReportDuty& next) {
  if (!next.due().empty() && !IsReportDue(next.due())) {
    return Invalid("due", "REPORT_DUE_FORMAT", "时限应为“月-日”（如 03-15）或完整日期（如 2018-03-16）");
  }
  return CheckSamePlan(next.name(), "task", next.task());
}

absl::Status Check(const v1::Measurement& next, absl::CivilDay today) {
  const std::optional<absl::CivilDay> day = calendar::FromProto(next.measure_date());
  if (day && *day > today) return Invalid("measure_date", "MEASURED_IN_FUTURE", "测量日期不能晚于今天");
  return absl::OkStatus();
}

absl::Status Check(const v1::IndicatorSet& next) {
  std::set<int> stages;
  for (const v1::StageStandard& stage : next.standards()) stages.insert(stage.stage());
  if (next.standards_size() != 2 || stages != std::set<int>{v1::STAGE_PRIMARY, v1::STAGE_JUNIOR}) {
    return Invalid("standards", "STAGES_INCOMPLETE", "须给出小学和初中的标准，各一份");
  }
  for (const v1::StageStandard& stage : next.standards()) RETURN_IF_ERROR(CheckStandard(stage));
  if (next.required_indicator_count() < 1 || next.required_indicator_count() > 7) {
    return Invalid("required_indicator_count", "REQUIRED_COUNT_OUT_OF_RANGE", "达标项数须为1至7");
  }
  if (next.floor_percent() < 0 || next.floor_percent() > 100) {
    return Invalid("floor_percent", "FLOOR_OUT_OF_RANGE", "底线比例须为0至100");
  }
  return absl::OkStatus();
}

}  // namespace edudelta::planning::domain
