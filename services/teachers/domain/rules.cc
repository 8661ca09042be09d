#include "teachers/domain/rules.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/codes/identity_document.h"

namespace edudelta::teachers::domain {
namespace {

constexpr int kYoungest = 16;
constexpr int kOldest = 100;
constexpr int kYoungestAtStart = 14;
constexpr std::array<absl::string_view, 8> kLeavingStates = {"01", "02", "03", "05", "06", "07", "08", "09"};

int64_t AgeOn(absl::CivilDay day, absl::CivilDay birth) {
  const bool before_birthday = day.month() < birth.month() || (day.month() == birth.month() && day.day() < birth.day());
  return day.year() - birth.year() - (before_birthday ? 1 : 0);
}

// "districts/{district}"
absl::string_view ParentOf(absl::string_view name) { return name.substr(0, name.find("/teachers/")); }

bool IsLeaving(absl::string_view post_state) { return absl::c_linear_search(kLeavingStates, post_state); }

absl::Status CheckIdentity(const v1::Teacher& teacher, absl::CivilDay today) {
  const absl::string_view number = teacher.identity_number();
  if (teacher.identity_kind().empty()) return Invalid("identity_kind", "FIELD_REQUIRED", "缺少身份证件类型");
  RETURN_IF_ERROR(codes::CheckIdentityDocument(teacher.identity_kind(), "identity_number", number, today));
  const auto holder = codes::FactsOfIdentity(teacher.identity_kind(), number);
  if (!holder) return absl::OkStatus();
  const int64_t age = AgeOn(today, holder->birth);
  if (age < kYoungest || age > kOldest) {
    return Invalid("identity_number", "AGE_IMPLAUSIBLE",
                   absl::StrCat("按身份证件号推算的年龄不在", kYoungest, "至", kOldest, "岁之间"));
  }
  if ((teacher.gender() == "1" && !holder->man) || (teacher.gender() == "2" && holder->man)) {
    return Invalid("gender", "GENDER_MISMATCH", "性别与身份证件号不符");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Check(const v1::Teacher& next, absl::CivilDay today) {
  RETURN_IF_ERROR(CheckIdentity(next, today));
  const std::optional<absl::CivilDay> start = calendar::FromProto(next.school_start_date());
  if (start && *start > today) {
    return Invalid("school_start_date", "SCHOOL_START_IN_FUTURE", "到校日期不能晚于今天");
  }
  if (start && AgeOn(today, *start) > kOldest - kYoungestAtStart) {
    return Invalid("school_start_date", "SCHOOL_START_TOO_EARLY", "到校日期过早，请核对");
  }
  if (next.state() == v1::Teacher::STATE_ACTIVE && IsLeaving(next.post_state())) {
    return Invalid("post_state", "POST_STATE_LEAVING", "当前状态是离册后的状态，请办理离册");
  }
  return absl::OkStatus();
}

absl::Status MayCloseTeacher(const v1::Teacher& old, const v1::CloseTeacherRequest& request, absl::CivilDay today,
                             bool from_above) {
  const std::optional<absl::CivilDay> leave = calendar::FromProto(request.leave_date());
  if (leave && *leave > today) return Invalid("leave_date", "LEAVE_DATE_IN_FUTURE", "离册日期不能晚于今天");
  const std::optional<absl::CivilDay> start = calendar::FromProto(old.school_start_date());
  if (start && leave && *leave < *start)
    return Invalid("leave_date", "LEAVE_DATE_BEFORE_START", "离册日期不能早于到校日期");
  const absl::CivilDay earliest = calendar::FirstDayOfSchoolYear(calendar::SchoolYearOf(today) - 1);
  if (!start && leave && *leave < earliest && !from_above) {
    return Invalid("leave_date", "LEAVE_DATE_TOO_EARLY", "没有到校日期的，离册日期早于上一学年须由上级办理");
  }
  if (!IsLeaving(request.post_state())) {
    return Invalid("post_state", "POST_STATE_NOT_LEAVING", "请填写离册后的状态，例如退休、调出、辞职");
  }
  return absl::OkStatus();
}

absl::Status CheckGiven(const v1::Teacher& given, absl::CivilDay) {
  const std::string number = codes::NormalIdentityNumber(given.identity_number());
  const absl::string_view kind = given.identity_kind().empty() ? codes::kResidentIdKind : given.identity_kind();
  const std::optional<absl::CivilDay> start = calendar::FromProto(given.school_start_date());
  const auto holder = codes::FactsOfIdentity(kind, number);
  if (!start || !holder || AgeOn(*start, holder->birth) >= kYoungestAtStart) return absl::OkStatus();
  return Invalid("school_start_date", "SCHOOL_START_TOO_YOUNG",
                 absl::StrCat("按身份证件号推算，到校时不满", kYoungestAtStart, "岁"));
}

absl::Status CheckKind(const v1::Teacher* old, const v1::Teacher& next) {
  const bool same = old != nullptr && old->identity_kind() == next.identity_kind() &&
                    old->identity_number() == next.identity_number();
  if (same) return absl::OkStatus();
  return codes::CheckIdentityKind(next.identity_kind(), next.identity_number());
}

void PutKindRight(v1::Teacher& teacher) {
  const auto kind = codes::KindOfIdentityNumber(teacher.identity_number());
  if (kind) teacher.set_identity_kind(*kind);
}

absl::Status MayMergeTeacher(const v1::Teacher& old, const v1::MergeTeacherRequest& request, const v1::Teacher* kept) {
  constexpr char kField[] = "merged_into";
  if (request.merged_into() == old.name()) return Invalid(kField, "MERGED_INTO_ITSELF", "不能并入自身");
  if (ParentOf(request.merged_into()) != ParentOf(old.name())) {
    return Invalid(kField, "MERGED_INTO_OTHER_DISTRICT", "只能并入本区县的记录");
  }
  if (kept == nullptr) return absl::OkStatus();
  if (old.state() == v1::Teacher::STATE_ACTIVE && kept->state() == v1::Teacher::STATE_LEFT) {
    return Invalid(kField, "MERGED_INTO_LEFT", "在册的记录不能并入已离册的记录");
  }
  if (!old.shared() && kept->shared()) {
    return Invalid(kField, "MERGED_INTO_SHARED", "本校的记录不能并入交流走教的记录");
  }
  return absl::OkStatus();
}

absl::Status MayVoidTeacher(bool has_merged) {
  if (!has_merged) return absl::OkStatus();
  return Refused("TEACHER_HAS_MERGED", "有其他记录并入此记录，不能作废；请先恢复那些记录");
}

absl::Status Check(const v1::StaffingQuota& next, absl::CivilDay today) {
  const absl::string_view name = next.name();
  if (!name.empty() && name.substr(name.rfind('/') + 1) != absl::StrCat(next.school_year())) {
    return Invalid("name", "QUOTA_ID_MISMATCH", "编号须为学年，与内容一致");
  }
  if (next.school_year() > calendar::SchoolYearOf(today) + 1) {
    return Invalid("school_year", "SCHOOL_YEAR_IN_FUTURE", "学年不能晚于下一学年");
  }
  if (next.non_teaching_post_count() > next.post_count()) {
    return Invalid("non_teaching_post_count", "NON_TEACHING_EXCEEDS_POSTS", "非教学岗位不能多于核定编制数");
  }
  return absl::OkStatus();
}

}  // namespace edudelta::teachers::domain
