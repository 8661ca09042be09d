#include "common/outbox/ref_school.h"

#include <string>

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/db/sql_time.h"
#include "edudelta/planning/v1/school.pb.h"

namespace edudelta::outbox {

absl::Status ApplySchool(db::Tx& tx, const feed::v1::Event& event) {
  if (event.kind() == feed::v1::Event::KIND_DELETED) {
    return tx.Execute("DELETE FROM `ref_school` WHERE `name` = ?", {event.name()}).status();
  }
  planning::v1::School school;
  if (!event.after().UnpackTo(&school)) {
    return Error(absl::StatusCode::kDataLoss, "EVENT_PAYLOAD_MALFORMED", "变更事件内容已损坏",
                 {{"event_id", event.event_id()}});
  }
  const std::string update_time =
      db::SqlTime(TimeOf(school.has_update_time() ? school.update_time() : event.commit_time()));
  const int64_t state = school.state();
  return tx
      .Execute(
          "INSERT INTO `ref_school` (`name`, `district_id`, `display_name`, `kind`, `state`, `update_time`) "
          "VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `district_id` = ?, `display_name` = ?, `kind` = ?, "
          "`state` = ?, `update_time` = ?",
          {event.name(), event.district(), school.display_name(), school.kind(), state, update_time, event.district(),
           school.display_name(), school.kind(), state, update_time})
      .status();
}

}  // namespace edudelta::outbox
