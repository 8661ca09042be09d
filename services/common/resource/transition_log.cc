#include "common/resource/transition_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/db/batches.h"
#include "common/db/sql_time.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"
#include "common/resource/request_log.h"

namespace edudelta::resource {
namespace {

using google::protobuf::Message;

constexpr char kColumns[] =
    "(`resource`, `resource_row`, `field`, `method`, `from_state`, `to_state`, `actor`, `note`, `request_id`, "
    "`create_time`)";

// Rows for which a text is prepared.

std::string StateName(const google::protobuf::EnumDescriptor* states, int64_t number) {
  const auto* value = states == nullptr ? nullptr : states->FindValueByNumber(static_cast<int>(number));
  return value == nullptr || number == 0 ? "" : value->name();
}

}  // namespace

TransitionLog::TransitionLog(const Table& table, const std::vector<Transition>& transitions)
    : table_(table), transitions_(transitions) {
  const std::string keys = absl::StrJoin(table.keys(), " AND ", [](std::string* out, const std::string& key) {
    absl::StrAppend(out, "r.`", key, "` = ?");
  });
  created_ =
      absl::StrCat("(?, (SELECT r.`row_id` FROM `", table.name(), "` r WHERE ", keys, "), ?, ?, 0, ?, ?, '', ?, ?)");
  // Entries from before rows were known carry the name alone.
  const std::string entries = absl::StrCat(" FROM `transition_log` l JOIN `", table.name(), "` r ON ", keys,
                                           " WHERE l.`resource` = ? AND (l.`resource_row` = r.`row_id` OR "
                                           "(l.`resource_row` IS NULL AND l.`create_time` >= r.`create_time`))");
  last_actor_ = absl::StrCat("SELECT l.`actor`", entries, " AND l.`method` = ? ORDER BY l.`row_id` DESC LIMIT 1");
  page_ = absl::StrCat(
      "SELECT l.`row_id`, l.`field`, l.`method`, l.`from_state`, l.`to_state`, l.`actor`, l.`note`, l.`create_time`",
      entries, " AND l.`row_id` < ? ORDER BY l.`row_id` DESC LIMIT ?");
  for (const Transition& transition : transitions) {
    const auto& excluded = transition.options->not_same_actor_as();
    logs_create_ |= std::find(excluded.begin(), excluded.end(), kCreate) != excluded.end();
  }
}

std::string TransitionLog::TextOfCreated(size_t rows) const {
  return absl::StrCat("INSERT INTO `transition_log` ", kColumns, " VALUES ",
                      absl::StrJoin(std::vector<std::string>(rows, created_), ", "));
}

std::vector<db::Value> TransitionLog::NameValues(const std::string& name) const {
  std::vector<db::Value> values;
  if (const auto ids = describe::ParseName(table_.pattern(), name)) {
    for (const absl::string_view id : *ids) values.push_back(std::string(id));
  }
  return values;
}

absl::Status TransitionLog::Append(const rpc::Call& call, db::Tx& tx, const std::string& now,
                                   const Transition& transition, int64_t row_id, const Message& old,
                                   const Message& request) const {
  return tx
      .Execute(absl::StrCat("INSERT INTO `transition_log` ", kColumns, " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
               {NameOf(old), row_id, transition.field->name(), transition.method->name(),
                int64_t{old.GetReflection()->GetEnumValue(old, transition.field)}, int64_t{transition.to},
                call.caller.principal(), TextOf(request, "note"), RequestIdOf(request), now})
      .status();
}

absl::Status TransitionLog::AppendCreated(const rpc::Call& call, db::Tx& tx, const std::string& now,
                                          const std::vector<const Message*>& rows) const {
  if (!logs_create_) return absl::OkStatus();
  const auto* state = transitions_.front().field;
  return db::InBatches(rows.size(), [&](size_t begin, size_t end) {
    std::vector<db::Value> values;
    for (size_t i = begin; i < end; ++i) {
      const Message& row = *rows[i];
      values.emplace_back(NameOf(row));
      for (db::Value& id : NameValues(NameOf(row))) values.push_back(std::move(id));
      values.insert(values.end(),
                    {state->name(), std::string(kCreate), int64_t{row.GetReflection()->GetEnumValue(row, state)},
                     call.caller.principal(), std::string(), now});
    }
    return tx.Execute(TextOfCreated(end - begin), values).status();
  });
}

absl::StatusOr<std::string> TransitionLog::LastActor(db::Session& session, const std::string& name,
                                                     const std::string& method) const {
  std::vector<db::Value> values = NameValues(name);
  values.insert(values.end(), {name, method});
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(last_actor_, values));
  return rows.Next() ? rows.Text(0) : std::string();
}

absl::StatusOr<std::vector<resource::v1::Transition>> TransitionLog::Page(db::Session& session, const std::string& name,
                                                                          int64_t before, int limit,
                                                                          int64_t* last) const {
  std::vector<db::Value> values = NameValues(name);
  values.insert(values.end(), {name, before == 0 ? INT64_MAX : before, int64_t{limit}});
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(page_, values));
  std::vector<resource::v1::Transition> page;
  while (rows.Next()) {
    *last = rows.Int(0);
    const auto* field = table_.type()->FindFieldByName(rows.Text(1));
    const auto* states = field == nullptr ? nullptr : field->enum_type();
    const std::string method = rows.Text(2);
    resource::v1::Transition& entry = page.emplace_back();
    entry.set_field(rows.Text(1));
    entry.set_method(method);
    for (const Transition& transition : transitions_) {
      if (transition.method->name() == method) entry.set_label(transition.options->label());
    }
    if (method == kCreate) entry.set_label("登记");
    entry.set_from(StateName(states, rows.Int(3)));
    entry.set_to(StateName(states, rows.Int(4)));
    entry.set_actor(rows.Text(5));
    entry.set_note(rows.Text(6));
    SetTimestamp(db::ParseSqlTime(rows.Text(7)), entry.mutable_time());
  }
  return page;
}

std::vector<std::pair<std::string, std::string>> TransitionLog::Texts() const {
  std::vector<std::pair<std::string, std::string>> texts;
  if (logs_create_) texts.emplace_back("log create", TextOfCreated(1));
  texts.emplace_back("last actor", last_actor_);
  texts.emplace_back("list transitions", page_);
  return texts;
}

}  // namespace edudelta::resource
