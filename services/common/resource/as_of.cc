// Reading the registers as they were.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"
#include "common/db/sql_time.h"
#include "common/resource/fields.h"
#include "common/resource/row.h"
#include "common/resource/store.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace edudelta::resource {

Source SourceAsOf(const Table& table, const std::vector<std::string>& columns, const std::string& district,
                  const std::string& read_time) {
  const std::string list = absl::StrCat("`", absl::StrJoin(columns, "`, `"), "`");
  Source source;
  source.sql = absl::StrCat("(SELECT ", list, " FROM `", table.name(), "` WHERE `district_id` = ?");
  source.values = {district};
  if (!read_time.empty()) {
    absl::StrAppend(&source.sql, " AND `update_time` <= ?");
    source.values.push_back(read_time);
    if (table.keeps_history()) {
      absl::StrAppend(&source.sql, " UNION ALL SELECT ", list, " FROM `", table.name(),
                      "_history` WHERE `district_id` = ? AND `update_time` <= ? AND `history_to` > ?");
      source.values.insert(source.values.end(), {district, read_time, read_time});
    }
  }
  source.sql += ")";
  return source;
}

absl::Status MayAskFor(const rpc::Call& call, const google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("read_time");
  const bool past = field != nullptr && request.GetReflection()->HasField(request, field);
  if (!past || !call.caller.has_scope()) return absl::OkStatus();
  return Denied("READ_TIME_NOT_SHARED", "协议只允许读取当前数据，不能指定数据时点");
}

absl::StatusOr<std::string> ReadTimeOf(const rpc::Call& call, db::Session& session,
                                       const google::protobuf::Message& request) {
  RETURN_IF_ERROR(MayAskFor(call, request));
  const auto* field = request.GetDescriptor()->FindFieldByName("read_time");
  if (field == nullptr || !request.GetReflection()->HasField(request, field)) return std::string();
  const auto& stamp =
      static_cast<const google::protobuf::Timestamp&>(request.GetReflection()->GetMessage(request, field));
  if (stamp.seconds() < 0 || stamp.seconds() > absl::ToUnixSeconds(absl::Now()) + 86400 * 366) {
    return Invalid("read_time", "TIME_INVALID", "数据时点不是有效的时间");
  }
  const std::string text = db::SqlTime(TimeOf(stamp));
  // Writing transactions end after 3 s, so nothing can appear before a time this old.
  ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT NOW(6) - INTERVAL 5 SECOND"));
  rows.Next();
  if (const std::string safe = rows.Text(0); text > safe) {
    // Whoever asks several services takes the earliest: their databases' clocks differ.
    return Error(absl::StatusCode::kInvalidArgument, "READ_TIME_TOO_RECENT", "数据时点至少应在5秒之前",
                 {{"field", "read_time"}, {"safe_time", safe}});
  }
  return text;
}

std::string SafeTimeOf(const absl::Status& status) {
  return ReasonOf(status) == "READ_TIME_TOO_RECENT" ? MetadataOf(status, "safe_time") : "";
}

absl::StatusOr<absl::CivilDay> DayAskedFor(const google::protobuf::Message& request, absl::CivilDay today) {
  if (const auto* as_of = MessageOf(request, "as_of")) {
    const auto day = calendar::FromProto(static_cast<const google::type::Date&>(*as_of));
    if (!day) return Invalid("as_of", "DATE_INVALID", "截止日期不是存在的日期");
    return *day;
  }
  const auto* read_time = MessageOf(request, "read_time");
  if (read_time == nullptr) return today;
  return calendar::DayOf(TimeOf(static_cast<const google::protobuf::Timestamp&>(*read_time)));
}

absl::StatusOr<std::string> ReadTimeOr5SecondsAgo(const rpc::Call& call, db::Session& session,
                                                  const google::protobuf::Message& request) {
  ASSIGN_OR_RETURN(std::string text, ReadTimeOf(call, session, request));
  if (!text.empty()) return text;
  ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT NOW(6) - INTERVAL 5 SECOND"));
  rows.Next();
  return rows.Text(0);
}

}  // namespace edudelta::resource
