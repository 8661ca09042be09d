#pragma once

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "edudelta/teachers/v1/staffing_quota.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"

// What must hold of a teacher or a quota beyond what the fields declare. Pure; `today` is the day in Asia/Shanghai.
// Failures are INVALID_ARGUMENT where a field is named, else FAILED_PRECONDITION. No text contains a value.
namespace edudelta::teachers::domain {

// FIELD_REQUIRED (identity_kind), those of codes::CheckIdentityDocument. Against a number that tells of its holder:
// AGE_IMPLAUSIBLE (identity_number; 16 to 100 years on `today`), GENDER_MISMATCH (gender; its 17th digit is odd for
// men; 0 and 9 are not compared). No stored date is held against the number: who sees it masked would find the birth
// day. SCHOOL_START_IN_FUTURE, SCHOOL_START_TOO_EARLY (school_start_date; longer ago than anybody may have worked).
// POST_STATE_LEAVING (post_state of one who has not left). A full-time teacher's stage may be unknown: the balance
// evaluation then splits by pupils (教督〔2017〕6号 practice).
absl::Status Check(const v1::Teacher& next, absl::CivilDay today);
// Of a number and a day that come together: SCHOOL_START_TOO_YOUNG (school_start_date; not 14 years old then).
absl::Status CheckGiven(const v1::Teacher& given, absl::CivilDay today);
// That of codes::CheckIdentityKind, of a kind and number of which one is new; `old` is null for a new row. Rows from
// before stay as they are.
absl::Status CheckKind(const v1::Teacher* old, const v1::Teacher& next);
// Gives a row from before kinds were held against numbers the kind of its number.
void PutKindRight(v1::Teacher& teacher);
// LEAVE_DATE_IN_FUTURE, LEAVE_DATE_BEFORE_START (leave_date), LEAVE_DATE_TOO_EARLY (of who has no start date: before
// the school year before the current one; only from above the district), POST_STATE_NOT_LEAVING (post_state: 退休 离休
// 死亡 调出 辞职 离职 开除 下落不明).
absl::Status MayCloseTeacher(const v1::Teacher& old, const v1::CloseTeacherRequest& request, absl::CivilDay today,
                             bool from_above);
// MERGED_INTO_ITSELF, MERGED_INTO_OTHER_DISTRICT, MERGED_INTO_LEFT (of who is there), MERGED_INTO_SHARED (of who does
// not come from another school; all merged_into): the person would count nowhere. `kept` is null when there is none.
absl::Status MayMergeTeacher(const v1::Teacher& old, const v1::MergeTeacherRequest& request, const v1::Teacher* kept);
// TEACHER_HAS_MERGED: other rows stand for this one.
absl::Status MayVoidTeacher(bool has_merged);

// QUOTA_ID_MISMATCH (the id is the school year), NON_TEACHING_EXCEEDS_POSTS, SCHOOL_YEAR_IN_FUTURE (after the next
// one).
absl::Status Check(const v1::StaffingQuota& next, absl::CivilDay today);

}  // namespace edudelta::teachers::domain
