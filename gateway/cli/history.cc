#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "gateway/cli/catalog.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/resources.h"
#include "gateway/cli/table.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

// What no clerk wrote.
bool IsBookkeeping(absl::string_view field) { return field == "update_time" || field == "etag"; }

std::string Shown(const Json& field, const Json& value) {
  const std::string text = value.is_null() ? "" : ShowValue(field, value);
  return text.empty() ? "空" : text;
}

// "地址：甲路1号 → 乙路2号".
std::string ChangesBetween(const Json& dataset, const Json& older, const Json& newer) {
  std::vector<std::string> changes;
  for (const Json& field : List(dataset, "fields")) {
    const std::string name = Text(field, "name");
    const Json before = older.value(name, Json());
    const Json after = newer.value(name, Json());
    if (IsBookkeeping(name) || before == after) continue;
    const std::string label = Text(field, "label");
    changes.push_back(
        absl::StrCat(label.empty() ? name : label, "：", Shown(field, before), " → ", Shown(field, after)));
  }
  return absl::StrJoin(changes, "；");
}

absl::Status ReadAll(Session& session, const std::string& target, std::vector<Json>* rows) {
  return session.List(target, {}, 0, [&](Json row) { rows->push_back(std::move(row)); });
}

// By time, newest first: a step writes its version and its entry at one time. None where the resource has no steps, and
// so no such address.
absl::StatusOr<std::map<std::string, std::deque<Json>>> StepsOf(Session& session, const std::string& name) {
  std::map<std::string, std::deque<Json>> steps;
  std::vector<Json> transitions;
  const absl::Status listed = ReadAll(session, absl::StrCat(name, ":listTransitions"), &transitions);
  if (!listed.ok() && ReasonOf(listed) != "ROUTE_UNKNOWN") return listed;
  for (Json& step : transitions) steps[Text(step, "time")].push_back(std::move(step));
  return steps;
}

}  // namespace

absl::Status ShowHistory(Session& session, const std::string& name) {
  const std::string clean = CleanName(name);
  std::vector<Json> revisions;
  RETURN_IF_ERROR(ReadAll(session, absl::StrCat(clean, ":listRevisions"), &revisions));
  if (session.globals().json) {
    session.out() << Dump(Json(revisions), 2) << '\n';
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Catalog catalog, Catalog::Fetch(session));
  const Json* found = catalog.OfName(clean);
  const Json dataset = found == nullptr ? Json() : *found;
  ASSIGN_OR_RETURN(auto steps, StepsOf(session, clean));

  Table table;
  table.Column("时间");
  table.Column("事项");
  table.Column("办理人");
  table.Column("说明");
  table.Column("变化");
  for (size_t i = 0; i < revisions.size(); ++i) {
    const bool first = i + 1 == revisions.size();
    const std::string time = Text(revisions[i], "update_time");
    std::deque<Json>& at_once = steps[time];
    const std::string changes = first ? "" : ChangesBetween(dataset, revisions[i + 1], revisions[i]);
    if (at_once.empty()) table.Row({LocalTime(time), first ? "登记" : "修改", "", "", changes});
    // More steps than versions of one time stand below the last of these.
    const bool last = first || Text(revisions[i + 1], "update_time") != time;
    for (bool own = true; !at_once.empty() && (own || last); own = false) {
      const Json& step = at_once.front();
      table.Row({LocalTime(time), Text(step, "label"), Text(step, "actor"), Text(step, "note"), own ? changes : ""});
      at_once.pop_front();
    }
  }
  if (!table.empty()) table.Print(session.out());
  session.Note(absl::StrCat("共 ", Grouped(static_cast<int64_t>(revisions.size())), " 个版本"));
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
