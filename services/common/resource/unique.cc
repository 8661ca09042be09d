#include "common/resource/unique.h"

#include <algorithm>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/db/batches.h"
#include "common/describe/district.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"
#include "common/resource/row.h"

namespace edudelta::resource {

using google::protobuf::Message;

namespace {

// For which a text is prepared.

// No two lists of parts give the same text.
void AddPart(const std::string& part, std::string* value) { absl::StrAppend(value, part.size(), ":", part); }

std::string PlainText(const db::Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat(*number);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

db::Value PartOf(const Message& row, const Column& column, const Table& table, const crypto::FieldCipher& cipher) {
  if (column.storage != Storage::kCipher) return OpenValue(row, column);
  const std::string text = TextOf(row, column.name);
  return text.empty() ? db::Value(db::Null{}) : cipher.BlindIndex(table.name(), column.name, text);
}

std::string SqlName(const Column& column) {
  return absl::StrCat("`", column.name, column.storage == Storage::kCipher ? "_index`" : "`");
}

bool IsListed(const UniqueKey& key, int state) { return absl::c_linear_search(key.except_states, state); }

bool Counts(const Message& row, const UniqueKey& key) {
  const auto* reflection = row.GetReflection();
  if (key.state != nullptr && IsListed(key, reflection->GetEnumValue(row, key.state->field))) return false;
  return key.except_flag == nullptr || !reflection->GetBool(row, key.except_flag->field);
}

bool SameValue(const Message& a, const Message& b, const UniqueKey& key) {
  return absl::c_all_of(key.columns, [&](const Column* column) {
    return column->personal() ? TextOf(a, column->name) == TextOf(b, column->name)
                              : OpenValue(a, *column) == OpenValue(b, *column);
  });
}

std::string CommonOf(const Message& row, const UniqueKey& key) {
  return key.common == nullptr ? "" : TextOf(row, key.common->name);
}

}  // namespace

std::optional<std::string> UniqueKeys::ValueOf(const Message& row, const UniqueKey& key) const {
  std::string value;
  if (table_.has_district()) AddPart(std::string(describe::DistrictOf(NameOf(row))), &value);
  for (const Column* column : key.columns) {
    const std::string part = PlainText(PartOf(row, *column, table_, cipher_));
    if (part.empty()) return std::nullopt;
    AddPart(part, &value);
  }
  return value;
}

std::vector<std::optional<std::string>> UniqueKeys::Brought(const UniqueKey& key,
                                                            const std::vector<Arrival>& rows) const {
  std::vector<std::optional<std::string>> brought;
  for (const Arrival& row : rows) {
    const bool counts_now = row.old != nullptr && !Counts(*row.old, key) && Counts(*row.next, key);
    const bool brings = row.old == nullptr || counts_now || !SameValue(*row.old, *row.next, key);
    brought.push_back(row.status.ok() && brings ? ValueOf(*row.next, key) : std::nullopt);
  }
  return brought;
}

absl::StatusOr<UniqueKeys::Others> UniqueKeys::Find(db::Tx& tx, const UniqueKey& key, const std::vector<Arrival>& rows,
                                                    const std::vector<std::optional<std::string>>& brought) const {
  std::vector<std::string> names;
  std::vector<std::string> equal;
  for (const std::string& id : table_.keys()) names.push_back(absl::StrCat("`", id, "`"));
  if (table_.has_district()) equal.push_back("`district_id` = ?");
  for (const Column* column : key.columns) {
    names.push_back(SqlName(*column));
    equal.push_back(absl::StrCat(SqlName(*column), " = ?"));
  }
  for (const Column* column : {key.state, key.except_flag, key.common}) {
    if (column != nullptr) names.push_back(SqlName(*column));
  }
  const std::string head = absl::StrCat("SELECT ", absl::StrJoin(names, ", "), " FROM `", table_.name(), "` WHERE ");
  const std::string one = absl::StrCat("(", absl::StrJoin(equal, " AND "), ")");
  // In one order, so that all lock in it.
  std::map<std::string, std::vector<db::Value>> wanted;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!brought[i]) continue;
    std::vector<db::Value>& parts = wanted[*brought[i]];
    if (!parts.empty()) continue;
    const Message& row = *rows[i].next;
    if (table_.has_district()) parts.emplace_back(std::string(describe::DistrictOf(NameOf(row))));
    for (const Column* column : key.columns) parts.push_back(PartOf(row, *column, table_, cipher_));
  }
  Others found;
  auto next = wanted.begin();
  RETURN_IF_ERROR(db::InBatches(wanted.size(), [&](size_t begin, size_t end) -> absl::Status {
    std::vector<db::Value> values;
    for (size_t i = begin; i < end; ++i, ++next) {
      values.insert(values.end(), next->second.begin(), next->second.end());
    }
    ASSIGN_OR_RETURN(db::Rows stored,
                     tx.Query(absl::StrCat(head, absl::StrJoin(std::vector<std::string>(end - begin, one), " OR "),
                                           " LOCK IN SHARE MODE"),
                              values));
    while (stored.Next()) {
      int at = 0;
      Ids ids;
      while (ids.size() < table_.keys().size()) ids.push_back(stored.Text(at++));
      std::string value;
      if (table_.has_district()) AddPart(ids.front(), &value);
      for (size_t i = 0; i < key.columns.size(); ++i) AddPart(stored.Text(at++), &value);
      Stored other = {describe::BuildName(table_.pattern(), ids), true, ""};
      if (key.state != nullptr) other.counts = !IsListed(key, static_cast<int>(stored.Int(at++)));
      if (key.except_flag != nullptr) other.counts = stored.Int(at++) == 0 && other.counts;
      if (key.common != nullptr) other.common = stored.Text(at++);
      found.emplace(std::move(value), std::move(other));
    }
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<UniqueKeys::Others> UniqueKeys::OthersOf(db::Tx& tx, const UniqueKey& key,
                                                        const std::vector<Arrival>& rows,
                                                        const std::vector<std::optional<std::string>>& brought) const {
  ASSIGN_OR_RETURN(Others others, Find(tx, key, rows, brought));
  if (others.empty()) return others;
  // The stored form of a row that is written says nothing any more.
  std::set<std::string> written;
  Others left;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].status.ok()) continue;
    const Message& next = *rows[i].next;
    written.insert(NameOf(next));
    const auto value = brought[i] ? std::nullopt : ValueOf(next, key);
    if (value) left.emplace(*value, Stored{NameOf(next), Counts(next, key), CommonOf(next, key)});
  }
  for (auto it = others.begin(); it != others.end();) {
    it = written.contains(it->second.name) ? others.erase(it) : std::next(it);
  }
  others.merge(left);
  return others;
}

absl::Status UniqueKeys::Taken(const UniqueKey& key) const {
  std::vector<std::string> labels;
  for (const Column* column : key.columns) labels.push_back(column->options->label());
  return Error(absl::StatusCode::kAlreadyExists, absl::StrCat(ReasonWord(table_.type()->name()), "_EXISTS"),
               absl::StrCat("已有", absl::StrJoin(labels, "、"), "相同的", table_.options().label()),
               {{"field", key.columns.front()->name}});
}

absl::Status UniqueKeys::Prepare(db::Tx& tx, std::vector<Arrival>* rows) const {
  for (const UniqueKey& key : table_.unique()) {
    const auto brought = Brought(key, *rows);
    ASSIGN_OR_RETURN(const Others others, OthersOf(tx, key, *rows, brought));
    // Those before a row in `rows`, by value: what they have in common, and whether one of them counts.
    std::map<std::string, std::pair<std::string, bool>> before;
    for (size_t i = 0; i < rows->size(); ++i) {
      if (!brought[i]) continue;
      Arrival& row = (*rows)[i];
      const auto [first, last] = others.equal_range(*brought[i]);
      const auto earlier = before.find(*brought[i]);
      if (key.common != nullptr && (first != last || earlier != before.end())) {
        row.next->GetReflection()->SetString(row.next, key.common->field,
                                             first != last ? first->second.common : earlier->second.first);
      }
      const bool counts = Counts(*row.next, key);
      const bool stored = std::any_of(first, last, [](const auto& other) { return other.second.counts; });
      const bool repeats = earlier != before.end() && earlier->second.second;
      if (counts && (repeats || (stored && (row.tell || !key.personal())))) row.status = Taken(key);
      if (!row.status.ok()) continue;
      auto& entry = before.try_emplace(*brought[i], CommonOf(*row.next, key), false).first->second;
      entry.second = entry.second || counts;
    }
  }
  return absl::OkStatus();
}

absl::Status UniqueKeys::CheckWritten(db::Tx& tx, const std::vector<Arrival>& rows) const {
  for (const UniqueKey& key : table_.unique()) {
    const auto brought = Brought(key, rows);
    ASSIGN_OR_RETURN(const Others others, OthersOf(tx, key, rows, brought));
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!brought[i]) continue;
      const Message& row = *rows[i].next;
      const auto [first, last] = others.equal_range(*brought[i]);
      const bool taken = std::any_of(first, last, [](const auto& other) { return other.second.counts; });
      if (taken && Counts(row, key)) return Taken(key);
      // Doubles of earlier may have several.
      const std::string common = CommonOf(row, key);
      if (first == last || std::any_of(first, last, [&](const auto& other) { return other.second.common == common; })) {
        continue;
      }
      return Error(absl::StatusCode::kAborted, "DATABASE_CONFLICT", "有其他操作正在修改同一数据，请重试");
    }
  }
  return absl::OkStatus();
}

}  // namespace edudelta::resource
