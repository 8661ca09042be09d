#include "teachers/domain/rules.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/calendar/days.h"
#include "common/codes/identifiers.h"

namespace edudelta::teachers::domain {
namespace {

const absl::CivilDay kToday(2025, 11, 20);

// Made up, with a right check character.
std::string IdentityNumber(absl::CivilDay birth, bool man) {
  const std::string body =
      absl::StrFormat("310114%04d%02d%02d00%d", birth.year(), birth.month(), birth.day(), man ? 1 : 2);
  return absl::StrCat(body, std::string(1, *codes::ResidentIdCheck(body)));
}

v1::Teacher Teacher(absl::CivilDay birth = absl::CivilDay(1985, 3, 1), bool man = true) {
  v1::Teacher teacher;
  teacher.set_identity_kind("1");
  teacher.set_identity_number(IdentityNumber(birth, man));
  teacher.set_gender(man ? "1" : "2");
  teacher.set_staff_kind("11");
  teacher.set_stage("2");
  return teacher;
}

TEST(CheckTeacher, AgeIsPlausible) {
  EXPECT_TRUE(Check(Teacher(absl::CivilDay(2009, 11, 20)), kToday).ok()) << "16 today";
  EXPECT_EQ(ReasonOf(Check(Teacher(absl::CivilDay(2009, 11, 21)), kToday)), "AGE_IMPLAUSIBLE");
  EXPECT_TRUE(Check(Teacher(absl::CivilDay(1924, 11, 21)), kToday).ok()) << "101 tomorrow";
  EXPECT_EQ(ReasonOf(Check(Teacher(absl::CivilDay(1924, 11, 20)), kToday)), "AGE_IMPLAUSIBLE");
  EXPECT_EQ(ReasonOf(Check(Teacher(absl::CivilDay(2030, 1, 1)), kToday)), "RESIDENT_ID_DATE");
}

TEST(CheckTeacher, GenderAgreesWithTheNumber) {
  for (bool man : {true, false}) {
    v1::Teacher teacher = Teacher(absl::CivilDay(1985, 3, 1), man);
    EXPECT_TRUE(Check(teacher, kToday).ok());
    teacher.set_gender(man ? "2" : "1");
    EXPECT_EQ(ReasonOf(Check(teacher, kToday)), "GENDER_MISMATCH");
    EXPECT_EQ(FieldOf(Check(teacher, kToday)), "gender");
    teacher.set_gender("9");
    EXPECT_TRUE(Check(teacher, kToday).ok());
  }
}

TEST(CheckTeacher, ErrorsDoNotShowTheNumber) {
  v1::Teacher teacher = Teacher();
  teacher.set_gender("2");
  const absl::Status status = Check(teacher, kToday);
  EXPECT_EQ(status.ToString(absl::StatusToStringMode::kWithEverything).find(teacher.identity_number()),
            std::string::npos);
}

TEST(CheckTeacher, DoesNotStartInTheFuture) {
  v1::Teacher teacher = Teacher();
  *teacher.mutable_school_start_date() = calendar::ToProto(kToday);
  EXPECT_TRUE(Check(teacher, kToday).ok());
  EXPECT_EQ(ReasonOf(Check(teacher, kToday - 1)), "SCHOOL_START_IN_FUTURE");
}

TEST(CheckTeacher, StartsNoLongerAgoThanAnybodyMayHaveWorked) {
  v1::Teacher teacher = Teacher();
  *teacher.mutable_school_start_date() = calendar::ToProto(absl::CivilDay(1939, 11, 20));
  EXPECT_TRUE(Check(teacher, kToday).ok());
  *teacher.mutable_school_start_date() = calendar::ToProto(absl::CivilDay(1900, 1, 1));
  EXPECT_EQ(ReasonOf(Check(teacher, kToday)), "SCHOOL_START_TOO_EARLY");
}

// Who sees a stored number masked finds no birth day by trying dates on it.
TEST(CheckTeacher, HoldsNoStoredDateAgainstTheNumber) {
  v1::Teacher teacher = Teacher(absl::CivilDay(1985, 3, 1));
  *teacher.mutable_school_start_date() = calendar::ToProto(absl::CivilDay(1980, 9, 1));
  EXPECT_TRUE(Check(teacher, kToday).ok());
}

TEST(CheckGivenTeacher, StartsAfterChildhood) {
  v1::Teacher teacher = Teacher(absl::CivilDay(1985, 3, 1));
  for (const auto& [day, reason] :
       {std::pair{absl::CivilDay(1980, 9, 1), "SCHOOL_START_TOO_YOUNG"},
        std::pair{absl::CivilDay(1999, 2, 28), "SCHOOL_START_TOO_YOUNG"}, std::pair{absl::CivilDay(1999, 3, 1), ""}}) {
    *teacher.mutable_school_start_date() = calendar::ToProto(day);
    EXPECT_EQ(ReasonOf(CheckGiven(teacher, kToday)), reason) << day;
  }
  *teacher.mutable_school_start_date() = calendar::ToProto(absl::CivilDay(1980, 9, 1));
  teacher.clear_identity_kind();
  EXPECT_EQ(ReasonOf(CheckGiven(teacher, kToday)), "SCHOOL_START_TOO_YOUNG") << "a resident's, when nothing is said";
  teacher.clear_identity_number();
  EXPECT_TRUE(CheckGiven(teacher, kToday).ok()) << "a day alone";
}

TEST(CheckTeacher, TakesDocumentsOfEveryKind) {
  v1::Teacher teacher = Teacher();
  teacher.set_identity_kind("A");
  EXPECT_EQ(ReasonOf(Check(teacher, kToday)), "IDENTITY_NUMBER_FORMAT") << "a resident's number";
  teacher.set_identity_number("E12345678");
  EXPECT_TRUE(Check(teacher, kToday).ok());
  teacher.set_identity_kind("1");
  EXPECT_EQ(ReasonOf(Check(teacher, kToday)), "RESIDENT_ID_FORMAT");
  teacher.clear_identity_kind();
  EXPECT_EQ(ReasonOf(Check(teacher, kToday)), "FIELD_REQUIRED");
  EXPECT_EQ(FieldOf(Check(teacher, kToday)), "identity_kind");
}

TEST(CheckTeacher, AResidencePermitTellsAgeAndGenderToo) {
  v1::Teacher teacher = Teacher();
  teacher.set_identity_kind("8");
  const std::string body = "83000020200301001";
  teacher.set_identity_number(absl::StrCat(body, std::string(1, *codes::ResidentIdCheck(body))));
  EXPECT_EQ(ReasonOf(Check(teacher, kToday)), "AGE_IMPLAUSIBLE");
}

TEST(MayMergeTeacher, IntoAnotherRowOfTheDistrict) {
  v1::Teacher teacher = Teacher();
  teacher.set_name("districts/310114/teachers/a");
  v1::MergeTeacherRequest request;
  request.set_merged_into("districts/310114/teachers/b");
  EXPECT_TRUE(MayMergeTeacher(teacher, request, nullptr).ok());
  request.set_merged_into(teacher.name());
  EXPECT_EQ(ReasonOf(MayMergeTeacher(teacher, request, nullptr)), "MERGED_INTO_ITSELF");
  request.set_merged_into("districts/310100/teachers/b");
  EXPECT_EQ(ReasonOf(MayMergeTeacher(teacher, request, nullptr)), "MERGED_INTO_OTHER_DISTRICT");
}

TEST(MayMergeTeacher, IntoARowThatCountsAsThisOneDoes) {
  v1::MergeTeacherRequest request;
  request.set_merged_into("districts/310114/teachers/b");
  v1::Teacher kept;
  v1::Teacher old;
  old.set_name("districts/310114/teachers/a");
  const auto reason = [&](v1::Teacher::State state, bool shared) {
    kept.set_state(state);
    kept.set_shared(shared);
    return std::string(ReasonOf(MayMergeTeacher(old, request, &kept)));
  };
  old.set_state(v1::Teacher::STATE_ACTIVE);
  EXPECT_EQ(reason(v1::Teacher::STATE_ACTIVE, false), "");
  EXPECT_EQ(reason(v1::Teacher::STATE_LEFT, false), "MERGED_INTO_LEFT");
  EXPECT_EQ(reason(v1::Teacher::STATE_ACTIVE, true), "MERGED_INTO_SHARED");
  old.set_shared(true);
  EXPECT_EQ(reason(v1::Teacher::STATE_ACTIVE, true), "");
  old.set_state(v1::Teacher::STATE_LEFT);
  EXPECT_EQ(reason(v1::Teacher::STATE_LEFT, false), "");
}

TEST(MayVoidTeacher, NotWhileOthersAreMergedIntoIt) {
  EXPECT_TRUE(MayVoidTeacher(false).ok());
  EXPECT_EQ(ReasonOf(MayVoidTeacher(true)), "TEACHER_HAS_MERGED");
}

TEST(CheckKind, HoldsWhatIsNewAgainstTheNumber) {
  v1::Teacher old = Teacher();
  EXPECT_TRUE(CheckKind(nullptr, old).ok());
  old.set_identity_kind("Z");
  EXPECT_EQ(ReasonOf(CheckKind(nullptr, old)), "IDENTITY_KIND_MISMATCH");
  v1::Teacher next = old;
  next.set_established(true);
  EXPECT_TRUE(CheckKind(&old, next).ok()) << "from before";
  next.set_identity_kind("B");
  EXPECT_EQ(ReasonOf(CheckKind(&old, next)), "IDENTITY_KIND_MISMATCH");
  PutKindRight(next);
  EXPECT_EQ(next.identity_kind(), "1");
  next.set_identity_number("E12345678");
  next.set_identity_kind("A");
  PutKindRight(next);
  EXPECT_EQ(next.identity_kind(), "A");
}

TEST(CheckTeacher, TheStageOfAFullTimeTeacherMayBeUnknown) {
  v1::Teacher teacher = Teacher();
  teacher.clear_stage();
  EXPECT_TRUE(Check(teacher, kToday).ok());
}

TEST(CheckTeacher, WhoIsThereHasNotLeft) {
  v1::Teacher teacher = Teacher();
  teacher.set_post_state("03");
  teacher.set_state(v1::Teacher::STATE_LEFT);
  EXPECT_TRUE(Check(teacher, kToday).ok());
  teacher.set_state(v1::Teacher::STATE_ACTIVE);
  EXPECT_EQ(ReasonOf(Check(teacher, kToday)), "POST_STATE_LEAVING");
  teacher.set_post_state("04");
  EXPECT_TRUE(Check(teacher, kToday).ok()) << "re-employed";
}

TEST(MayCloseTeacher, WithoutAStartDateOnlyFromAboveOnADayLongAgo) {
  v1::CloseTeacherRequest request;
  request.set_post_state("06");
  const absl::CivilDay first = calendar::FirstDayOfSchoolYear(calendar::SchoolYearOf(kToday) - 1);
  *request.mutable_leave_date() = calendar::ToProto(first);
  EXPECT_TRUE(MayCloseTeacher(Teacher(), request, kToday, false).ok());
  *request.mutable_leave_date() = calendar::ToProto(first - 1);
  EXPECT_EQ(ReasonOf(MayCloseTeacher(Teacher(), request, kToday, false)), "LEAVE_DATE_TOO_EARLY");
  EXPECT_TRUE(MayCloseTeacher(Teacher(), request, kToday, true).ok());
}

TEST(MayCloseTeacher, NeedsADayAndALeavingState) {
  v1::Teacher teacher = Teacher();
  *teacher.mutable_school_start_date() = calendar::ToProto(kToday - 10);
  v1::CloseTeacherRequest request;
  *request.mutable_leave_date() = calendar::ToProto(kToday + 1);
  EXPECT_EQ(ReasonOf(MayCloseTeacher(teacher, request, kToday, false)), "LEAVE_DATE_IN_FUTURE");
  *request.mutable_leave_date() = calendar::ToProto(kToday - 11);
  EXPECT_EQ(ReasonOf(MayCloseTeacher(teacher, request, kToday, false)), "LEAVE_DATE_BEFORE_START");
  *request.mutable_leave_date() = calendar::ToProto(kToday - 10);
  for (const char* state : {"", "04", "11", "12", "14", "99"}) {
    request.set_post_state(state);
    EXPECT_EQ(ReasonOf(MayCloseTeacher(teacher, request, kToday, false)), "POST_STATE_NOT_LEAVING") << state;
  }
  for (const char* state : {"01", "03", "05", "06"}) {
    request.set_post_state(state);
    EXPECT_TRUE(MayCloseTeacher(teacher, request, kToday, false).ok()) << state;
  }
}

TEST(CheckStaffingQuota, IdIsTheSchoolYearAndPartsFit) {
  v1::StaffingQuota quota;
  quota.set_name("districts/310114/schools/2131000001/staffingQuotas/2025");
  quota.set_school_year(2025);
  quota.set_post_count(100);
  quota.set_non_teaching_post_count(100);
  EXPECT_TRUE(Check(quota, kToday).ok());
  quota.set_non_teaching_post_count(101);
  EXPECT_EQ(ReasonOf(Check(quota, kToday)), "NON_TEACHING_EXCEEDS_POSTS");
  quota.set_non_teaching_post_count(9);
  quota.set_school_year(2027);
  quota.set_name("districts/310114/schools/2131000001/staffingQuotas/2027");
  EXPECT_EQ(ReasonOf(Check(quota, kToday)), "SCHOOL_YEAR_IN_FUTURE") << "only the next one may be told";
  quota.set_school_year(2024);
  EXPECT_EQ(ReasonOf(Check(quota, kToday)), "QUOTA_ID_MISMATCH");
}

}  // namespace
}  // namespace edudelta::teachers::domain
