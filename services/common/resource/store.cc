#include "common/resource/store.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/db/batches.h"
#include "common/describe/district.h"
#include "common/resource/check.h"

namespace edudelta::resource {
namespace {

// Row counts for which an INSERT is prepared, so that a bulk load reuses three statements.

// What a page may hold in memory before its rows' sizes are asked for.
constexpr size_t kLargestRead = size_t{64} << 20;

std::string Quoted(const std::string& name) { return absl::StrCat("`", name, "`"); }

std::vector<db::Value> Values(const Ids& ids) { return std::vector<db::Value>(ids.begin(), ids.end()); }

std::string Marks(size_t count) { return absl::StrJoin(std::vector<std::string>(count, "?"), ", "); }

}  // namespace

Store::Store(const Table& table, const crypto::FieldCipher& cipher)
    : table_(table), cipher_(cipher), all_(AllColumns(table)) {
  select_ = SelectList(table, all_);
  std::vector<std::string> equal;
  std::vector<std::string> columns = {"`version`", "`create_time`", "`update_time`"};
  for (const std::string& key : table.keys()) {
    equal.push_back(absl::StrCat(Quoted(key), " = ?"));
    columns.push_back(Quoted(key));
  }
  key_equal_ = absl::StrJoin(equal, " AND ");
  const std::vector<std::string> names = ColumnNames(table);
  columns.insert(columns.end(), names.begin(), names.end());
  insert_head_ = absl::StrCat("INSERT INTO ", Quoted(table.name()), " (", absl::StrJoin(columns, ", "), ") VALUES ");
  insert_row_ = absl::StrCat("(1, ?, ?, ", Marks(columns.size() - 3), ")");
  update_ = absl::StrCat("UPDATE ", Quoted(table.name()), " SET `version` = `version` + 1, `update_time` = ?");
  for (const std::string& name : names) absl::StrAppend(&update_, ", ", name, " = ?");
  update_ += " WHERE `row_id` = ?";
  const std::string list = absl::StrJoin(columns, ", ");
  copy_ =
      absl::StrCat("INSERT INTO ", Quoted(table.name() + "_history"), " (`row_id`, ", list,
                   ", `history_to`) SELECT `row_id`, ", list, ", ? FROM ", Quoted(table.name()), " WHERE `row_id` = ?");
  delete_ = absl::StrCat("DELETE FROM ", Quoted(table.name()), " WHERE `row_id` = ?");
  const auto versions = [&](const std::string& from) {
    return absl::StrCat("SELECT ", select_, " FROM ", Quoted(from), " WHERE `row_id` = ? AND `version` < ?");
  };
  versions_ = absl::StrCat(versions(table.name()), " UNION ALL ", versions(table.name() + "_history"),
                           " ORDER BY `version` DESC LIMIT ?");
}

absl::StatusOr<std::vector<Row>> Store::Collect(db::Session& session, const std::string& sql,
                                                const std::vector<db::Value>& values,
                                                const Projection& projection) const {
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql, values));
  std::vector<Row> found;
  while (rows.Next()) {
    ASSIGN_OR_RETURN(Row row, ReadRow(rows, table_, projection, cipher_));
    found.push_back(std::move(row));
  }
  return found;
}

absl::StatusOr<std::optional<Row>> Store::Find(db::Session& session, const Ids& ids, const Read& read) const {
  ASSIGN_OR_RETURN(std::vector<Row> rows, Find(session, std::vector<Ids>{ids}, read));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

absl::StatusOr<std::vector<Row>> Store::Find(db::Session& session, std::vector<Ids> ids, const Read& read) const {
  // The last one again until there are 1, 4, 16, ...: few texts are prepared.
  size_t size = 1;
  while (size < ids.size()) size *= 4;
  ids.resize(size, ids.back());
  std::vector<db::Value> values;
  const std::string keys = KeysOf(ids, 0, ids.size(), &values);
  Read keyed = read;
  keyed.where = Where{};
  keyed.where.And(keys, std::move(values));
  keyed.where.And(read.where);
  return Page(session, keyed, {}, 0);
}

absl::StatusOr<std::optional<Row>> Store::FindVersion(db::Session& session, const Ids& ids, int64_t version,
                                                      const std::string& time) const {
  for (const std::string& table : {table_.name(), table_.name() + "_history"}) {
    if (table != table_.name() && !table_.keeps_history()) break;
    std::vector<db::Value> values = Values(ids);
    values.push_back(version);
    values.push_back(time);
    ASSIGN_OR_RETURN(std::vector<Row> rows,
                     Collect(session,
                             absl::StrCat("SELECT ", select_, " FROM ", Quoted(table), " WHERE ", key_equal_,
                                          " AND `version` = ? AND `update_time` <= ? ORDER BY `row_id` DESC LIMIT 1"),
                             values, all_));
    if (!rows.empty()) return std::move(rows.front());
  }
  return std::nullopt;
}

Store::Statement Store::PageOf(const std::string& select, const Read& read, const Ids& after, int limit) const {
  Where where = read.where;
  if (!after.empty()) {
    // Spelled out: MariaDB 10.11 does not use an index for (a, b) > (?, ?).
    std::vector<std::string> alternatives;
    std::vector<db::Value> values;
    for (size_t last = 0; last < after.size(); ++last) {
      std::vector<std::string> parts;
      for (size_t i = 0; i < last; ++i) {
        parts.push_back(absl::StrCat(Quoted(table_.keys()[i]), " = ?"));
        values.push_back(after[i]);
      }
      parts.push_back(absl::StrCat(Quoted(table_.keys()[last]), " > ?"));
      values.push_back(after[last]);
      alternatives.push_back(absl::StrCat("(", absl::StrJoin(parts, " AND "), ")"));
    }
    where.And(absl::StrCat(Quoted(table_.keys()[0]), " >= ?"), {after[0]});
    where.And(absl::StrCat("(", absl::StrJoin(alternatives, " OR "), ")"), values);
  }
  auto part = [&](const std::string& table, Where condition) {
    return absl::StrCat("SELECT ", select, " FROM ", Quoted(table), condition.sql.empty() ? "" : " WHERE ",
                        condition.sql);
  };
  std::string sql;
  std::vector<db::Value> values;
  if (read.read_time.empty()) {
    sql = part(table_.name(), where);
    values = where.values;
  } else {
    Where current = where;
    current.And("`update_time` <= ?", {read.read_time});
    sql = part(table_.name(), current);
    values = current.values;
    if (table_.keeps_history()) {
      Where past = where;
      past.And("`update_time` <= ? AND `history_to` > ?", {read.read_time, read.read_time});
      absl::StrAppend(&sql, " UNION ALL ", part(table_.name() + "_history", past));
      values.insert(values.end(), past.values.begin(), past.values.end());
    }
  }
  if (limit > 0) {
    std::vector<std::string> order;
    for (const std::string& key : table_.keys()) order.push_back(Quoted(key));
    absl::StrAppend(&sql, " ORDER BY ", absl::StrJoin(order, ", "), " LIMIT ?");
    values.push_back(int64_t{limit});
  }
  return {std::move(sql), std::move(values)};
}

absl::StatusOr<std::vector<Row>> Store::Page(db::Session& session, const Read& read, const Ids& after,
                                             int limit) const {
  const Projection& projection = read.projection != nullptr ? *read.projection : all_;
  const Statement page =
      PageOf(read.projection != nullptr ? SelectList(table_, projection) : select_, read, after, limit);
  return Collect(session, page.sql, page.values, projection);
}

absl::StatusOr<int> Store::Fitting(db::Session& session, const Read& read, const Ids& after, int limit,
                                   size_t bytes) const {
  size_t widest = 0;
  std::vector<std::string> sizes;
  for (const Column* column : read.projection != nullptr ? *read.projection : all_) {
    widest += LargestBytes(*column);
    if (column->storage == Storage::kText || column->storage == Storage::kJson || column->storage == Storage::kBytes) {
      sizes.push_back(absl::StrCat("COALESCE(OCTET_LENGTH(", Quoted(column->name), "), 0)"));
    }
  }
  if (sizes.empty() || widest * static_cast<size_t>(limit) <= kLargestRead) return limit;
  std::string select = absl::StrCat(absl::StrJoin(sizes, " + "), " AS `bytes`");
  for (const std::string& key : table_.keys()) absl::StrAppend(&select, ", ", Quoted(key));
  const Statement page = PageOf(select, read, after, limit);
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(page.sql, page.values));
  size_t held = 0;
  for (int fitting = 0; rows.Next(); ++fitting) {
    held += static_cast<size_t>(rows.Int(0));
    if (fitting > 0 && held > bytes) return fitting;
  }
  return limit;
}

// (`a` = ? AND `b` = ?) OR ...: every version reads ranges of the index from it.
std::string Store::KeysOf(const std::vector<Ids>& ids, size_t begin, size_t end, std::vector<db::Value>* values) const {
  for (size_t i = begin; i < end; ++i) values->insert(values->end(), ids[i].begin(), ids[i].end());
  if (end - begin == 1) return key_equal_;
  const std::vector<std::string> tuples(end - begin, absl::StrCat("(", key_equal_, ")"));
  return absl::StrCat("(", absl::StrJoin(tuples, " OR "), ")");
}

absl::StatusOr<std::vector<Row>> Store::Lock(db::Tx& tx, const std::vector<Ids>& ids) const {
  std::vector<Row> found;
  RETURN_IF_ERROR(db::InBatches(ids.size(), [&](size_t begin, size_t end) -> absl::Status {
    std::vector<db::Value> values;
    const std::string keys = KeysOf(ids, begin, end, &values);
    ASSIGN_OR_RETURN(
        std::vector<Row> rows,
        Collect(tx, absl::StrCat("SELECT ", select_, " FROM ", Quoted(table_.name()), " WHERE ", keys, " FOR UPDATE"),
                values, all_));
    std::move(rows.begin(), rows.end(), std::back_inserter(found));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::optional<Row>> Store::Hold(db::Tx& tx, const Ids& ids) const {
  ASSIGN_OR_RETURN(std::vector<Row> rows, Collect(tx,
                                                  absl::StrCat("SELECT ", select_, " FROM ", Quoted(table_.name()),
                                                               " WHERE ", key_equal_, " LOCK IN SHARE MODE"),
                                                  {ids.begin(), ids.end()}, all_));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

absl::StatusOr<std::vector<Row>> Store::LockNext(db::Tx& tx, int64_t row_id, int limit) const {
  return Collect(tx,
                 absl::StrCat("SELECT ", select_, " FROM ", Quoted(table_.name()),
                              " WHERE `row_id` > ? ORDER BY `row_id` LIMIT ? FOR UPDATE"),
                 {row_id, int64_t{limit}}, all_);
}

absl::StatusOr<std::vector<Row>> Store::VersionsBefore(db::Session& session, int64_t row_id, int64_t version,
                                                       int limit) const {
  return Collect(session, versions_, {row_id, version, row_id, version, int64_t{limit}}, all_);
}

std::string Store::InsertText(size_t rows) const {
  return absl::StrCat(insert_head_, absl::StrJoin(std::vector<std::string>(rows, insert_row_), ", "));
}

absl::Status Store::Insert(db::Tx& tx, const std::string& now,
                           const std::vector<const google::protobuf::Message*>& rows) const {
  return db::InBatches(rows.size(), [&](size_t begin, size_t end) {
    std::vector<db::Value> values;
    for (size_t i = begin; i < end; ++i) {
      const google::protobuf::Message& row = *rows[i];
      values.push_back(now);
      values.push_back(now);
      const std::string name = row.GetReflection()->GetString(row, table_.name_field());
      const auto ids = *describe::ParseName(table_.pattern(), name);
      for (absl::string_view id : ids) values.push_back(std::string(id));
      std::vector<db::Value> columns = ColumnValues(row, table_, cipher_);
      std::move(columns.begin(), columns.end(), std::back_inserter(values));
    }
    return tx.Execute(InsertText(end - begin), values).status();
  });
}

absl::StatusOr<int64_t> Store::InsertOne(db::Tx& tx, const std::string& now,
                                         const google::protobuf::Message& row) const {
  RETURN_IF_ERROR(Insert(tx, now, {&row}));
  return tx.LastInsertId();
}

absl::Status Store::CopyToHistory(db::Tx& tx, const std::string& now, const Row& old) const {
  if (!table_.keeps_history()) return absl::OkStatus();
  return tx.Execute(copy_, {now, old.row_id}).status();
}

absl::Status Store::Replace(db::Tx& tx, const std::string& now, const Row& old,
                            const google::protobuf::Message& next) const {
  RETURN_IF_ERROR(CopyToHistory(tx, now, old));
  std::vector<db::Value> values = {now};
  std::vector<db::Value> columns = ColumnValues(next, table_, cipher_, &old);
  std::move(columns.begin(), columns.end(), std::back_inserter(values));
  values.push_back(old.row_id);
  return tx.Execute(update_, values).status();
}

absl::Status Store::Remove(db::Tx& tx, const std::string& now, const Row& old) const {
  RETURN_IF_ERROR(CopyToHistory(tx, now, old));
  return tx.Execute(delete_, {old.row_id}).status();
}

absl::StatusOr<bool> Store::HasBelow(db::Tx& tx, const Ids& parent) const {
  Where where;
  for (size_t i = 0; i < parent.size(); ++i) where.And(absl::StrCat(Quoted(table_.keys()[i]), " = ?"), {parent[i]});
  ASSIGN_OR_RETURN(db::Rows rows, tx.Query(absl::StrCat("SELECT 1 FROM ", Quoted(table_.name()), " WHERE ", where.sql,
                                                        " LIMIT 1 LOCK IN SHARE MODE"),
                                           where.values));
  return rows.Next();
}

absl::StatusOr<bool> Store::IsNamed(db::Tx& tx, const Column& column, const std::string& district,
                                    const std::string& name) const {
  Where where;
  if (table_.has_district() && !district.empty()) {
    const auto [first, last] = describe::CoveredCodes(district);
    // Equal where it can be: the index goes on with the column.
    if (first == last) {
      where.And("`district_id` = ?", {first});
    } else {
      where.And("`district_id` BETWEEN ? AND ?", {first, last});
    }
  }
  where.And(absl::StrCat(Quoted(column.name), " = ?"), {name});
  ASSIGN_OR_RETURN(db::Rows rows, tx.Query(absl::StrCat("SELECT 1 FROM ", Quoted(table_.name()), " WHERE ", where.sql,
                                                        " LIMIT 1 LOCK IN SHARE MODE"),
                                           where.values));
  return rows.Next();
}

absl::StatusOr<Store::Standing> Store::StandingOf(db::Tx& tx, const std::vector<Ids>& ids) const {
  absl::flat_hash_set<Ids> found;
  Standing standing;
  std::vector<std::string> names;
  for (const std::string& key : table_.keys()) names.push_back(Quoted(key));
  const bool closes = table_.closing() != nullptr;
  const bool locks = !table_.locked().empty();
  if (closes) names.push_back(Quoted(table_.closing()->name));
  if (locks) names.push_back(Quoted(kStateField));
  RETURN_IF_ERROR(db::InBatches(ids.size(), [&](size_t begin, size_t end) -> absl::Status {
    std::vector<db::Value> values;
    const std::string keys = KeysOf(ids, begin, end, &values);
    ASSIGN_OR_RETURN(db::Rows rows,
                     tx.Query(absl::StrCat("SELECT ", absl::StrJoin(names, ", "), " FROM ", Quoted(table_.name()),
                                           " WHERE ", keys, " LOCK IN SHARE MODE"),
                              values));
    while (rows.Next()) {
      int at = 0;
      Ids key;
      while (key.size() < table_.keys().size()) key.push_back(rows.Text(at++));
      if (closes && absl::c_linear_search(table_.closed(), rows.Int(at++))) standing.closed.push_back(key);
      if (locks && absl::c_linear_search(table_.locked(), rows.Int(at))) standing.locked.push_back(key);
      found.insert(std::move(key));
    }
    return absl::OkStatus();
  }));
  for (const Ids& id : ids) {
    if (!found.contains(id)) standing.missing.push_back(id);
  }
  return standing;
}

std::vector<std::pair<std::string, std::string>> Store::Texts() const {
  std::vector<std::pair<std::string, std::string>> texts = {
      {"get", absl::StrCat("SELECT ", select_, " FROM ", Quoted(table_.name()), " WHERE ", key_equal_)},
      {"lock", absl::StrCat("SELECT ", select_, " FROM ", Quoted(table_.name()), " WHERE ", key_equal_, " FOR UPDATE")},
      {"insert", InsertText(1)}};
  if (table_.keeps_history() && !table_.options().read_only()) {
    texts.push_back({"history", copy_});
    texts.push_back({"versions", versions_});
    texts.push_back({"update", update_});
    if (!table_.options().append_only()) texts.push_back({"delete", delete_});
  }
  return texts;
}

}  // namespace edudelta::resource
