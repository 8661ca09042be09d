#include "gateway/cli/plan_convert.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

const std::map<std::string, std::string>& Operators() {
  static const std::map<std::string, std::string> kOperators = {
      {">=", "OPERATOR_AT_LEAST"}, {"<=", "OPERATOR_AT_MOST"}, {"=", "OPERATOR_EQUAL"}};
  return kOperators;
}

const std::map<std::string, std::string>& Roles() {
  static const std::map<std::string, std::string> kRoles = {
      {"goal", "TARGET_ROLE_GOAL"}, {"stretch", "TARGET_ROLE_STRETCH"}, {"threshold", "TARGET_ROLE_THRESHOLD"}};
  return kRoles;
}

// One resource out of one object of the plan.
class Row {
 public:
  // `plan` is the plan's name.
  Row(const Json& from, absl::string_view plan) : from_(from), plan_(plan) {}

  // As text; numbers become decimal strings.
  Row& String(const char* to, const char* key) {
    Note(to);
    if (std::string text = cli::Text(from_, key); !text.empty()) row_[to] = std::move(text);
    return *this;
  }
  // A code of the same plan.
  Row& Reference(const char* to, const char* collection, const char* key) {
    Note(to);
    if (const std::string code = cli::Text(from_, key); !code.empty()) {
      row_[to] = absl::StrCat(plan_, "/", collection, "/", code);
    }
    return *this;
  }
  Row& Number(const char* to, const char* key) {
    Note(to);
    if (const Json& value = Member(from_, key); value.is_number_integer()) row_[to] = value;
    return *this;
  }
  Row& Strings(const char* to, const char* key) {
    Note(to);
    if (const Json& value = cli::List(from_, key); !value.empty()) row_[to] = value;
    return *this;
  }
  Row& Word(const char* to, const char* key, const std::map<std::string, std::string>& words) {
    Note(to);
    const std::string text = cli::Text(from_, key);
    if (const auto found = words.find(text); found != words.end()) {
      row_[to] = found->second;
    } else {
      wrong_ = absl::StrCat(key, " 不认识：", text);
    }
    return *this;
  }
  void Flag(const char* to, bool value) {
    Note(to);
    if (value) row_[to] = true;
  }

  Json& json() { return row_; }
  const std::string& wrong() const { return wrong_; }
  // What a plan tells of such an object, whether this one has it or not.
  const std::string& mask() const { return mask_; }

 private:
  void Note(const char* to) { absl::StrAppend(&mask_, mask_.empty() ? "" : ",", to); }

  const Json& from_;
  const absl::string_view plan_;
  Json row_ = Json::object();
  std::string wrong_;
  std::string mask_;
};

void FillSection(Row& row) { row.String("display_name", "title").Reference("parent_section", "sections", "parent"); }

void FillTask(Row& row) {
  row.String("display_name", "title").Reference("section", "sections", "section").String("service", "service");
  row.String("responsible", "responsible").Strings("partners", "partners").String("due_date", "due");
  row.String("due_text", "due_text").String("note", "note");
}

void FillTarget(Row& row) {
  row.String("indicator", "indicator").String("subject", "subject").Word("operator", "operator", Operators());
  row.String("value", "value").String("value_text", "value_text").String("unit", "unit").String("due_date", "due");
  row.String("baseline", "baseline").Reference("task", "tasks", "task").Word("role", "role", Roles());
  row.Number("item_count", "item_count").String("note", "note");
}

void FillProject(Row& row) {
  row.String("display_name", "name").String("kind", "kind").Number("count", "count").Number("count_max", "count_max");
  row.Strings("members", "members").String("milestone", "milestone").String("due_date", "due");
  row.String("due_text", "due_text").String("next_milestone", "next_milestone").String("next_due_date", "next_due");
  row.Number("seats_added", "seats_added").String("floor_area", "floor_area_m2");
  row.Reference("task", "tasks", "task").String("note", "note");
}

void FillReport(Row& row) {
  row.String("display_name", "name").String("due", "due").String("from_unit", "from").String("to_unit", "to");
  row.String("recurrence", "recurrence").Reference("task", "tasks", "task").String("note", "note");
}

struct Kind {
  const char* key;
  const char* collection;
  const char* label;
  void (*fill)(Row&);
  // What its items may hold, with blanks around each.
  const char* members;
};

constexpr Kind kKinds[] = {
    {"sections", "sections", "章节", FillSection, " code title parent "},
    {"tasks", "tasks", "任务", FillTask, " code section title service responsible due partners due_text note "},
    {"targets", "targets", "指标", FillTarget,
     " code indicator subject operator value unit due baseline task role value_text item_count note "},
    {"projects", "projects", "项目", FillProject,
     " code name kind count milestone due seats_added floor_area_m2 task count_op count_max members next_milestone "
     "next_due due_text note "},
    {"reports", "reportDuties", "报送事项", FillReport, " name due from to recurrence task note "}};

// Of the plan itself. A plan names its district and the systems that it asks for; neither is loaded.
constexpr char kPlanMembers[] =
    " source district period plan_title sections tasks targets projects reports systems issued note ";
constexpr char kDistrictMembers[] = " name gbt2260 ";
constexpr char kPeriodMembers[] = " from to ";
constexpr char kSystemMembers[] = " name requirement service task ";

// A misspelt name would leave out without a word what the plan says. `where` is what `object` is.
absl::Status CheckMembers(const Json& object, absl::string_view members, absl::string_view where) {
  if (!object.is_object()) return absl::OkStatus();
  for (const auto& [key, value] : object.items()) {
    const bool plain = key.find(' ') == std::string::npos;
    if (plain && absl::StrContains(members, absl::StrCat(" ", key, " "))) continue;
    return Fail(Exit::kUsage, absl::StrCat(where, "中有不认识的名称 ", Printable(key), "，没有写入任何内容"));
  }
  return absl::OkStatus();
}

absl::Status CheckItems(const Json& items, absl::string_view members, absl::string_view label) {
  int number = 0;
  for (const Json& item : items) {
    ++number;
    const std::string code = Text(item, "code");
    const std::string known = code.empty() ? "" : absl::StrCat("（", Printable(code), "）");
    RETURN_IF_ERROR(CheckMembers(item, members, absl::StrCat(label, "第 ", number, " 项", known)));
  }
  return absl::OkStatus();
}

// How many sections of the plan stand above each, by code. One that names itself, however far round, gets a finite
// depth.
std::map<std::string, size_t> DepthsOf(const Json& sections) {
  std::map<std::string, std::string> above;
  for (const Json& section : sections) above[Text(section, "code")] = Text(section, "parent");
  std::map<std::string, size_t> depths;
  for (const auto& [code, parent] : above) {
    size_t& depth = depths[code];
    for (auto at = above.find(parent); at != above.end() && depth < above.size(); at = above.find(at->second)) ++depth;
  }
  return depths;
}

absl::StatusOr<PlanPart> ConvertPart(const Kind& kind, const Json& items, const std::string& plan) {
  PlanPart part{kind.collection, kind.label, "", {}, 0};
  std::map<std::string, size_t> depths;
  if (kind.fill == FillSection) depths = DepthsOf(items);
  std::map<size_t, PlanBatch> batches;
  for (const Json& item : items) {
    ++part.rows;
    std::string id = Text(item, "code");
    if (kind.fill == FillReport) id = absl::StrCat("R", part.rows);
    if (!item.is_object() || id.empty())
      return Fail(Exit::kUsage, absl::StrCat(kind.label, "第 ", part.rows, " 项没有 code"));
    Row row(item, plan);
    row.json()["name"] = absl::StrCat(plan, "/", kind.collection, "/", id);
    kind.fill(row);
    if (kind.fill == FillProject) row.Flag("count_at_least", Text(item, "count_op") == ">=");
    if (!row.wrong().empty()) return Fail(Exit::kUsage, absl::StrCat(kind.label, " ", id, " 的 ", row.wrong()));
    part.mask = row.mask();
    PlanBatch& batch = batches[depths[id]];
    absl::StrAppend(&batch.ndjson, Dump(row.json()), "\n");
    batch.items.push_back(part.rows);
  }
  for (auto& [depth, batch] : batches) part.batches.push_back(std::move(batch));
  return part;
}

}  // namespace

std::string PlanErrorLine(absl::string_view label, const Json& error) {
  const std::string column = Text(error, "column");
  return absl::StrCat(label, "第 ", Integer(error, "row"), " 项", column.empty() ? "" : " ", column, "：",
                      Printable(Text(error, "message")), "（", Text(error, "reason"), "）");
}

absl::StatusOr<ConvertedPlan> ConvertPlan(const Json& plan, absl::string_view plan_id, absl::string_view district) {
  if (!plan.is_object()) return Fail(Exit::kUsage, "工作计划文件应是一个 JSON 对象");
  RETURN_IF_ERROR(CheckMembers(plan, kPlanMembers, "工作计划"));
  RETURN_IF_ERROR(CheckMembers(Member(plan, "district"), kDistrictMembers, "district "));
  RETURN_IF_ERROR(CheckMembers(Member(plan, "period"), kPeriodMembers, "period "));
  RETURN_IF_ERROR(CheckItems(List(plan, "systems"), kSystemMembers, "系统"));
  ConvertedPlan converted;
  converted.name = absl::StrCat("districts/", district, "/workPlans/", plan_id);
  Row work_plan(plan, converted.name);
  work_plan.String("display_name", "plan_title").String("issue_date", "issued").String("source", "source");
  work_plan.String("note", "note");
  converted.work_plan = work_plan.json();
  converted.work_plan["start_date"] = Text(Member(plan, "period"), "from");
  converted.work_plan["end_date"] = Text(Member(plan, "period"), "to");
  for (const char* key : {"display_name", "start_date", "end_date"}) {
    if (Text(converted.work_plan, key).empty()) return Fail(Exit::kUsage, "工作计划缺少 plan_title 或 period");
  }
  for (const Kind& kind : kKinds) {
    const Json& items = Member(plan, kind.key);
    if (!items.is_array()) return Fail(Exit::kUsage, absl::StrCat("工作计划缺少 ", kind.key));
    RETURN_IF_ERROR(CheckItems(items, kind.members, kind.label));
    ASSIGN_OR_RETURN(PlanPart part, ConvertPart(kind, items, converted.name));
    converted.parts.push_back(std::move(part));
  }
  return converted;
}

}  // namespace edudelta::gateway::cli
