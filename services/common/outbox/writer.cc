#include "common/outbox/writer.h"

#include "absl/strings/str_cat.h"
#include "common/base/ids.h"
#include "common/base/timestamp.h"
#include "common/db/batches.h"
#include "common/db/sql_time.h"
#include "common/outbox/payload.h"
#include "google/protobuf/message.h"

namespace edudelta::outbox {
namespace {

std::string InsertStatement(size_t rows) {
  std::string sql =
      "INSERT INTO `outbox` (`event_id`, `dataset`, `district`, `name`, `kind`, `payload`, `commit_time`) VALUES ";
  for (size_t i = 0; i < rows; ++i) absl::StrAppend(&sql, i == 0 ? "" : ", ", "(?, ?, ?, ?, ?, ?, ?)");
  return sql;
}

void Pack(const google::protobuf::Message& message, google::protobuf::Any* any) {
  any->set_type_url(absl::StrCat("type.googleapis.com/", message.GetDescriptor()->full_name()));
  any->set_value(Serialize(message));
}

}  // namespace

absl::Status Writer::Append(db::Tx& tx, absl::string_view commit_time, const std::vector<Change>& changes) {
  google::protobuf::Timestamp time;
  SetTimestamp(db::ParseSqlTime(commit_time), &time);
  return db::InBatches(changes.size(), [&](size_t begin, size_t end) {
    std::vector<db::Value> values;
    values.reserve(7 * (end - begin));
    for (size_t i = begin; i < end; ++i) {
      const Change& change = changes[i];
      feed::v1::Event event;
      event.set_event_id(NewUuid());
      event.set_dataset(change.dataset);
      event.set_district(change.district);
      event.set_name(change.name);
      event.set_kind(change.kind);
      *event.mutable_commit_time() = time;
      bool encrypt = false;
      if (change.before != nullptr) {
        Pack(*change.before, event.mutable_before());
        encrypt |= sensitivity_.Holds(change.before->GetDescriptor());
      }
      if (change.after != nullptr) {
        Pack(*change.after, event.mutable_after());
        encrypt |= sensitivity_.Holds(change.after->GetDescriptor());
      }
      values.insert(values.end(), {event.event_id(), change.dataset, change.district, change.name, int64_t{change.kind},
                                   EncodePayload(event, encrypt, cipher_), std::string(commit_time)});
    }
    return tx.Execute(InsertStatement(end - begin), values).status();
  });
}

}  // namespace edudelta::outbox
