#include "teachers/store/summary.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/codes/education.h"
#include "common/resource/store.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::teachers::store {
namespace {

// Codes of our own tables, so they may stand in the text.
std::string EducationsAbove(const codes::CodeSets& codes, codes::CompulsoryStage stage) {
  std::vector<std::string> above;
  for (const codes::Code& code : codes.Find("EDUCATION")->codes) {
    if (codes::AboveRequired(stage, code.code)) above.push_back(absl::StrCat("'", code.code, "'"));
  }
  return absl::StrCat("`education` IN (", absl::StrJoin(above, ", "), ")");
}

}  // namespace

absl::Status SummarizeStaff(db::Session& session, const resource::Table& teachers, const codes::CodeSets& codes,
                            const std::string& district, const std::string& read_time,
                            const absl::flat_hash_set<std::string>& closed, v1::SummarizeStaffResponse* response) {
  const resource::Source source =
      resource::SourceAsOf(teachers,
                           {"school", "stage", "state", "staff_kind", "post_state", "education", "backbone_level",
                            "subject", "shared", "certificate_number"},
                           district, read_time);
  // 体育与健康 22, 艺术 23, 音乐 24, 美术 25. 专任教师 11; 在职 11, 延聘 12.
  const std::string own = "`shared` = 0";
  const std::string sports_art = "`subject` IN ('22', '23', '24', '25')";
  const std::string sql = absl::StrCat("SELECT `school`, `stage`, SUM(", own, "), SUM(", own, " AND ",
                                       EducationsAbove(codes, codes::CompulsoryStage::kPrimary), "), SUM(", own,
                                       " AND ", EducationsAbove(codes, codes::CompulsoryStage::kJunior), "), SUM(", own,
                                       " AND `backbone_level` IN ('1', '2', '3', '4')), SUM(", own, " AND ", sports_art,
                                       "), SUM(`shared` = 1 AND ", sports_art, "), SUM(", own,
                                       " AND `certificate_number` IS NOT NULL) FROM ", source.sql,
                                       " t WHERE `state` = ", static_cast<int>(v1::Teacher::STATE_ACTIVE),
                                       " AND `staff_kind` = '11' AND `post_state` IN ('11', '12') GROUP BY `school`, "
                                       "`stage` ORDER BY `school`, `stage`");
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql, source.values));
  while (rows.Next()) {
    if (closed.contains(rows.Text(0))) continue;
    auto* school = response->add_schools();
    school->set_school(rows.Text(0));
    school->set_stage(rows.Text(1));
    school->set_teacher_count(static_cast<int>(rows.Int(2)));
    school->set_above_primary_count(static_cast<int>(rows.Int(3)));
    school->set_above_junior_count(static_cast<int>(rows.Int(4)));
    school->set_backbone_count(static_cast<int>(rows.Int(5)));
    school->set_sports_art_count(static_cast<int>(rows.Int(6)));
    school->set_shared_sports_art_count(static_cast<int>(rows.Int(7)));
    school->set_certified_count(static_cast<int>(rows.Int(8)));
  }
  return absl::OkStatus();
}

}  // namespace edudelta::teachers::store
