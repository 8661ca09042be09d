#include "common/resource/copy.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/db/batches.h"
#include "common/db/sql_time.h"
#include "common/resource/row.h"
#include "google/protobuf/timestamp.pb.h"

namespace edudelta::resource {
namespace {

absl::Status Bad(const describe::Followed& followed, absl::string_view field, absl::string_view why) {
  return Refused("FOLLOW_DECLARATION", "跟随数据集的声明有误",
                 {{"dataset", followed.dataset}, {"field", std::string(field)}, {"why", std::string(why)}});
}

bool MayBeCopied(const Column& column) {
  return column.storage != Storage::kCipher && column.storage != Storage::kJson && column.storage != Storage::kBytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Copy>> Copy::Build(const describe::Followed& followed, const codes::CodeSets& codes) {
  auto copy = std::make_unique<Copy>();
  copy->dataset_ = followed.dataset;
  copy->source_ = followed.source;
  copy->name_ = followed.table;
  ASSIGN_OR_RETURN(copy->table_, Table::Build(followed.type, codes));
  std::vector<std::string> names = followed.columns;
  std::vector<std::string> always;
  if (copy->table_->Find(kStateField) != nullptr) always.push_back(kStateField);
  if (copy->table_->closing() != nullptr) always.push_back(copy->table_->closing()->name);
  for (const std::string& name : always) {
    if (!absl::c_linear_search(names, name)) names.push_back(name);
  }
  for (const std::string& name : names) {
    const Column* column = copy->table_->Find(name);
    if (column == nullptr) return Bad(followed, name, "it is no stored field");
    if (!MayBeCopied(*column)) return Bad(followed, name, "fields like this are not copied");
    if (absl::c_linear_search(copy->columns_, column)) return Bad(followed, name, "it is given twice");
    copy->columns_.push_back(column);
  }
  std::vector<std::string> columns = {"`name`", "`district_id`"};
  for (const Column* column : copy->columns_) columns.push_back(absl::StrCat("`", column->name, "`"));
  columns.push_back("`update_time`");
  copy->upsert_ =
      absl::StrCat("INSERT INTO `", copy->name_, "` (", absl::StrJoin(columns, ", "), ") VALUES (",
                   absl::StrJoin(std::vector<std::string>(columns.size(), "?"), ", "), ") ON DUPLICATE KEY UPDATE ");
  // The time last: the others look at the old one. A feed that is applied again takes no row back.
  for (size_t i = 1; i < columns.size(); ++i) {
    absl::StrAppend(&copy->upsert_, i > 1 ? ", " : "", columns[i],
                    " = IF(VALUES(`update_time`) >= `update_time`, VALUES(", columns[i], "), ", columns[i], ")");
  }
  return copy;
}

SqlTable Copy::Declared() const {
  SqlTable table;
  table.name = name_;
  table.columns = {FixedColumn("name", "varchar(255)", kAsciiCollation),
                   FixedColumn("district_id", "char(6)", kAsciiCollation)};
  for (const Column* column : columns_) {
    table.columns.push_back(ColumnOf(*column));
    // Programs that do not know the column yet write rows too.
    table.columns.back().default_value = DefaultOf(*column);
  }
  table.columns.push_back(FixedColumn("update_time", "datetime(6)"));
  table.indexes = {{"PRIMARY", {"name"}, true}, {absl::StrCat("ix_", name_, "_district"), {"district_id"}, false}};
  return table;
}

std::string Copy::Ddl() const { return CreateSql(Declared(), Exists::kLeave); }

// The feed's place among the handled events stays: what they caused is not caused again.
absl::Status Copy::FillAgain(db::Session& session) const {
  return session
      .Execute(
          "UPDATE `feed_cursor` SET `handled` = GREATEST(`handled`, `position`), `position` = 0 "
          "WHERE `source` = ? AND `dataset` = ?",
          {source_, dataset_})
      .status();
}

absl::Status Copy::Prepare(db::Session& session) const {
  RETURN_IF_ERROR(session.Execute(Ddl()).status());
  ASSIGN_OR_RETURN(const SqlTable found, ReadTable(session, name_));
  for (const SqlColumn& column : Declared().columns) {
    const SqlColumn* existing = found.Find(column.name);
    if (existing != nullptr && Holds(existing->type, column.type)) continue;
    // First, so that a run that ends in between is made up for by the next.
    if (existing == nullptr) RETURN_IF_ERROR(FillAgain(session));
    RETURN_IF_ERROR(session
                        .Execute(absl::StrCat("ALTER TABLE `", name_, "` ", existing == nullptr ? "ADD" : "MODIFY",
                                              " COLUMN ", DefinitionOf(column)))
                        .status());
  }
  if (CheckSchema(session).ok()) return absl::OkStatus();
  // Of another kind: it is made anew, since it holds nothing that the feed does not bring again.
  RETURN_IF_ERROR(FillAgain(session));
  RETURN_IF_ERROR(session.Execute(absl::StrCat("DROP TABLE `", name_, "`")).status());
  return session.Execute(Ddl()).status();
}

absl::Status Copy::CheckSchema(db::Session& session) const {
  ASSIGN_OR_RETURN(const SqlTable found, ReadTable(session, name_));
  return CheckTable(Declared(), found);
}

absl::Status Copy::Apply(db::Tx& tx, const feed::v1::Event& event) const {
  if (event.kind() == feed::v1::Event::KIND_DELETED) {
    return tx
        .Execute(absl::StrCat("DELETE FROM `", name_, "` WHERE `name` = ? AND `update_time` <= ?"),
                 {event.name(), db::SqlTime(TimeOf(event.commit_time()))})
        .status();
  }
  const std::unique_ptr<google::protobuf::Message> row = table_->New();
  if (!event.after().UnpackTo(row.get())) {
    return Error(absl::StatusCode::kDataLoss, "EVENT_PAYLOAD_MALFORMED", "变更事件内容已损坏",
                 {{"event_id", event.event_id()}});
  }
  std::vector<db::Value> values = {event.name(), event.district()};
  for (const Column* column : columns_) values.push_back(OpenValue(*row, *column));
  const auto* field = table_->update_time_field();
  const auto* reflection = row->GetReflection();
  const google::protobuf::Timestamp& time =
      reflection->HasField(*row, field)
          ? static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(*row, field))
          : event.commit_time();
  values.push_back(db::SqlTime(TimeOf(time)));
  return tx.Execute(upsert_, values).status();
}

absl::Status Copy::Empty(db::Tx& tx) const { return tx.Execute(absl::StrCat("DELETE FROM `", name_, "`")).status(); }

absl::StatusOr<std::vector<Copy::Standing>> Copy::StandingOf(db::Session& session,
                                                             const std::vector<std::string>& names) const {
  absl::flat_hash_map<std::string, Standing> found;
  const Column* closing = table_->closing();
  RETURN_IF_ERROR(db::InBatches(names.size(), [&](size_t begin, size_t end) -> absl::Status {
    const std::vector<db::Value> values(names.begin() + begin, names.begin() + end);
    const std::string sql = absl::StrCat(
        "SELECT `name`", closing == nullptr ? "" : absl::StrCat(", `", closing->name, "`"), " FROM `", name_,
        "` WHERE `name` IN (", absl::StrJoin(std::vector<std::string>(values.size(), "?"), ", "), ")");
    ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql, values));
    while (rows.Next()) {
      const bool closed = closing != nullptr && absl::c_linear_search(table_->closed(), rows.Int(1));
      found[rows.Text(0)] = closed ? Standing::kClosed : Standing::kOpen;
    }
    return absl::OkStatus();
  }));
  std::vector<Standing> standing;
  for (const std::string& name : names) {
    const auto it = found.find(name);
    standing.push_back(it == found.end() ? Standing::kMissing : it->second);
  }
  return standing;
}

absl::StatusOr<absl::flat_hash_set<std::string>> ClosedBy(db::Session& session, const std::string& copy,
                                                          const std::string& district, absl::CivilDay day,
                                                          const std::string& read_time) {
  std::string sql = absl::StrCat("SELECT `name` FROM `", copy, "` WHERE `district_id` = ? AND `close_date` <= ?");
  std::vector<db::Value> values = {district, absl::FormatCivilTime(day)};
  if (!read_time.empty()) {
    // A closed row is not written again but to be opened: its time is that of its closing.
    sql += " AND `update_time` <= ?";
    values.emplace_back(read_time);
  }
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql, values));
  absl::flat_hash_set<std::string> closed;
  while (rows.Next()) closed.insert(rows.Text(0));
  return closed;
}

}  // namespace edudelta::resource
