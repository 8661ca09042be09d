#include "common/resource/copy.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/db/sql_time.h"
#include "common/resource/row.h"
#include "common/resource/schema.h"
#include "google/protobuf/timestamp.pb.h"

namespace edudelta::resource {
namespace {

constexpr char kAscii[] = " CHARACTER SET ascii COLLATE ascii_bin";

absl::Status Bad(const describe::Followed& followed, absl::string_view field, absl::string_view why) {
  return Refused("FOLLOW_DECLARATION", "跟随数据集的声明有误",
                 {{"dataset", followed.dataset}, {"field", std::string(field)}, {"why", std::string(why)}});
}

bool MayBeCopied(const Column& column) {
  return column.storage != Storage::kCipher && column.storage != Storage::kJson && column.storage != Storage::kBytes;
}

// With a default where a row must have a value: programs that do not know the column yet write rows too.
std::string Definition(const Column& column) {
  std::string sql = absl::StrCat("`", column.name, "` ", absl::AsciiStrToUpper(SqlType(column)));
  if (column.ascii()) sql += kAscii;
  if (column.nullable) return sql + " NULL";
  return absl::StrCat(sql, " NOT NULL DEFAULT ", *DefaultOf(column));
}

// 120 of "varchar(120)" and "char(120)"; 0 of other types.
int Characters(absl::string_view type) {
  int length = 0;
  absl::ConsumePrefix(&type, "var");
  if (!absl::ConsumePrefix(&type, "char(") || !absl::ConsumeSuffix(&type, ")")) return 0;
  return absl::SimpleAtoi(type, &length) ? length : 0;
}

// What the source may write fits; CHAR too, which an earlier release made.
bool Fits(const std::string& found, const std::string& type) {
  return Characters(type) > 0 ? Characters(found) >= Characters(type) : found == type;
}

}  // namespace

// A column of the table that is not as it should be.
struct Copy::Lacking {
  std::string column;
  std::string expected;
  // Empty when it is missing.
  std::string found;
  // Null for the columns that every copy has.
  const Column* definition = nullptr;
};

absl::StatusOr<std::unique_ptr<Copy>> Copy::Build(const describe::Followed& followed, const codes::CodeSets& codes) {
  auto copy = std::make_unique<Copy>();
  copy->dataset_ = followed.dataset;
  copy->source_ = followed.source;
  copy->name_ = followed.table;
  ASSIGN_OR_RETURN(copy->table_, Table::Build(followed.type, codes));
  std::vector<std::string> names = followed.columns;
  if (copy->table_->Find(kStateField) != nullptr && !absl::c_linear_search(names, kStateField)) {
    names.push_back(kStateField);
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

std::string Copy::Ddl() const {
  std::string sql = absl::StrCat("CREATE TABLE IF NOT EXISTS `", name_, "` (\n  `name` VARCHAR(255)", kAscii,
                                 " NOT NULL,\n  `district_id` CHAR(6)", kAscii, " NOT NULL,\n");
  for (const Column* column : columns_) absl::StrAppend(&sql, "  ", Definition(*column), ",\n");
  absl::StrAppend(&sql, "  `update_time` DATETIME(6) NOT NULL,\n  PRIMARY KEY (`name`),\n  KEY `ix_", name_,
                  "_district` (`district_id`)\n) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  return sql;
}

absl::StatusOr<std::vector<Copy::Lacking>> Copy::Compare(db::Session& session) const {
  ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT column_name, column_type FROM information_schema.columns "
                                                "WHERE table_schema = DATABASE() AND table_name = ?",
                                                {name_}));
  absl::flat_hash_map<std::string, std::string> found;
  while (rows.Next()) found[rows.Text(0)] = PlainType(rows.Text(1));
  std::vector<Lacking> lacking;
  const auto expect = [&](const std::string& name, const std::string& type, const Column* column) {
    if (!Fits(found[name], type)) lacking.push_back({name, type, found[name], column});
  };
  expect("name", "varchar(255)", nullptr);
  expect("district_id", "char(6)", nullptr);
  expect("update_time", "datetime(6)", nullptr);
  for (const Column* column : columns_) expect(column->name, SqlType(*column), column);
  return lacking;
}

absl::Status Copy::Prepare(db::Session& session) const {
  RETURN_IF_ERROR(session.Execute(Ddl()).status());
  ASSIGN_OR_RETURN(const std::vector<Lacking> lacking, Compare(session));
  for (const Lacking& one : lacking) {
    // CheckSchema refuses it.
    if (one.definition == nullptr) continue;
    if (one.found.empty()) {
      // First, so that a run that ends in between is made up for by the next. The feed's place among the handled events
      // stays: what they caused is not caused again.
      RETURN_IF_ERROR(
          session
              .Execute("UPDATE `feed_cursor` SET `handled` = GREATEST(`handled`, `position`), `position` = 0 "
                       "WHERE `source` = ? AND `dataset` = ?",
                       {source_, dataset_})
              .status());
    }
    RETURN_IF_ERROR(session
                        .Execute(absl::StrCat("ALTER TABLE `", name_, "` ", one.found.empty() ? "ADD" : "MODIFY",
                                              " COLUMN ", Definition(*one.definition)))
                        .status());
  }
  return absl::OkStatus();
}

absl::Status Copy::CheckSchema(db::Session& session) const {
  ASSIGN_OR_RETURN(const std::vector<Lacking> lacking, Compare(session));
  for (const Lacking& one : lacking) {
    if (one.found.empty()) return Refused("COLUMN_MISSING", "数据库缺少列", {{"table", name_}, {"column", one.column}});
    return Refused("COLUMN_TYPE", "数据库列的类型不符",
                   {{"table", name_}, {"column", one.column}, {"expected", one.expected}, {"found", one.found}});
  }
  ASSIGN_OR_RETURN(
      db::Rows rows,
      session.Query("SELECT GROUP_CONCAT(column_name) FROM information_schema.statistics WHERE table_schema "
                    "= DATABASE() AND table_name = ? AND index_name = 'PRIMARY'",
                    {name_}));
  if (rows.Next() && rows.Text(0) == "name") return absl::OkStatus();
  return Refused("INDEX_MISSING", "数据库缺少名称索引", {{"table", name_}});
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

absl::StatusOr<std::vector<Copy::Standing>> Copy::StandingOf(db::Session& session,
                                                             const std::vector<std::string>& names) const {
  absl::flat_hash_map<std::string, Standing> found;
  const bool closes = !table_->closed().empty();
  size_t done = 0;
  // Fixed sizes, so that few statements are prepared.
  for (size_t batch : {100, 10, 1}) {
    const std::string sql =
        absl::StrCat("SELECT `name`", closes ? ", `state`" : "", " FROM `", name_, "` WHERE `name` IN (",
                     absl::StrJoin(std::vector<std::string>(batch, "?"), ", "), ")");
    for (; names.size() - done >= batch; done += batch) {
      ASSIGN_OR_RETURN(db::Rows rows,
                       session.Query(sql, std::vector<db::Value>(names.begin() + done, names.begin() + done + batch)));
      while (rows.Next()) {
        const bool closed = closes && absl::c_linear_search(table_->closed(), rows.Int(1));
        found[rows.Text(0)] = closed ? Standing::kClosed : Standing::kOpen;
      }
    }
  }
  std::vector<Standing> standing;
  for (const std::string& name : names) {
    const auto it = found.find(name);
    standing.push_back(it == found.end() ? Standing::kMissing : it->second);
  }
  return standing;
}

}  // namespace edudelta::resource
