#include <filesystem>
#include <map>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/files.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/plan_convert.h"
#include "gateway/cli/planning.h"
#include "gateway/cli/table.h"
#include "gateway/cli/text.h"
#include "gateway/cli/transfer.h"

namespace edudelta::gateway::cli {
namespace {

constexpr const char* kStates[] = {"STATE_MET", "STATE_MISSED", "STATE_PENDING", "STATE_NOT_MEASURABLE"};

// Of an import's answer.
constexpr const char* kCounts[] = {"row_count", "created_count", "updated_count", "unchanged_count", "error_count"};

// A target's pending means its measurement; a school's, its report.
std::string StateLabel(const std::string& state) { return state == "STATE_PENDING" ? "待测" : LabelOf(state); }

std::string Demand(const Json& target) {
  const std::string value = TrimZeros(Text(target, "value"));
  if (value.empty()) return Text(target, "value_text");
  return absl::StrCat(LabelOf(Text(target, "operator")), " ", value, " ", Text(target, "unit"));
}

std::string Summary(const std::map<std::string, int>& counts, int total) {
  std::string text = absl::StrCat("共 ", total, " 项指标");
  for (const char* state : kStates) {
    const auto found = counts.find(state);
    absl::StrAppend(&text, "，", StateLabel(state), " ", found == counts.end() ? 0 : found->second);
  }
  return text;
}

void PrintTargets(Session& session, const std::string& heading, const Json& targets) {
  Table table;
  table.Column("编号");
  table.Column("指标", Align::kLeft, 36);
  table.Column("对象", Align::kLeft, 30);
  table.Column("要求");
  table.Column("实测", Align::kRight);
  table.Column("时限");
  table.Column("性质");
  table.Column("状态");
  for (const Json& item : targets) {
    const Json& target = Member(item, "target");
    table.Row({LastSegment(Text(target, "name")), Text(target, "indicator"), Text(target, "subject"), Demand(target),
               TrimZeros(Text(Member(item, "measurement"), "value")), Text(item, "due_date"),
               LabelOf(Text(target, "role")), StateLabel(Text(item, "state"))});
  }
  session.out() << Printable(heading) << '\n';
  if (!table.empty()) table.Print(session.out(), "  ");
  session.out() << '\n';
}

// Names and titles.
using Plans = std::vector<std::pair<std::string, std::string>>;

// Over all districts at once where the caller may ask that, else over each district that the caller may see.
absl::Status FindPlans(Session& session, Plans* plans) {
  const auto take = [&](const Json& row) { plans->emplace_back(Text(row, "name"), Text(row, "display_name")); };
  const absl::Status all = session.List("districts/-/workPlans", {}, 0, take);
  if (ExitOf(all) != Exit::kRefused) return all;
  std::vector<std::string> districts;
  RETURN_IF_ERROR(session.List("districts", {}, 0, [&](const Json& row) { districts.push_back(Text(row, "name")); }));
  for (const std::string& district : districts) {
    RETURN_IF_ERROR(session.List(absl::StrCat(district, "/workPlans"), {}, 0, take));
  }
  return absl::OkStatus();
}

absl::Status WriteWorkPlan(Session& session, const ConvertedPlan& plan) {
  const size_t slash = plan.name.rfind('/');
  const std::string path = PathOf(plan.name.substr(0, slash), {{"work_plan_id", plan.name.substr(slash + 1)}});
  const absl::Status status = session.Write("POST", path, plan.work_plan).status();
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

// The sum of the answers to its batches. Each error is noted with the item that it is about.
absl::StatusOr<Json> ImportPart(Session& session, const std::string& path, const PlanPart& part) {
  Json sum = Json::object();
  for (const char* count : kCounts) sum[count] = "0";
  sum["errors"] = Json::array();
  for (const PlanBatch& batch : part.batches) {
    ASSIGN_OR_RETURN(const Json answer, ImportText(session, path, batch.ndjson, part.mask));
    for (const char* count : kCounts) sum[count] = absl::StrCat(Integer(sum, count) + Integer(answer, count));
    for (Json error : List(answer, "errors")) {
      const int64_t row = Integer(error, "row");
      if (row >= 1 && row <= static_cast<int64_t>(batch.items.size()))
        error["row"] = absl::StrCat(batch.items[row - 1]);
      session.Note(PlanErrorLine(part.label, error));
      sum["errors"].push_back(std::move(error));
    }
  }
  return sum;
}

}  // namespace

absl::Status LoadPlan(Session& session, const std::string& file, const std::string& district) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  RETURN_IF_ERROR(CheckDepth(file, text));
  ASSIGN_OR_RETURN(const ConvertedPlan plan,
                   ConvertPlan(ParseJson(text), std::filesystem::path(file).stem().string(), district));
  RETURN_IF_ERROR(WriteWorkPlan(session, plan));
  Json answers = Json::object();
  Table table;
  table.Column("内容");
  for (const char* column : {"共", "新增", "更新", "不变", "有误"}) table.Column(column, Align::kRight);
  int64_t errors = 0;
  for (const PlanPart& part : plan.parts) {
    if (part.rows == 0) continue;
    ASSIGN_OR_RETURN(Json answer, ImportPart(session, absl::StrCat(plan.name, "/", part.collection), part));
    table.Row({part.label, Grouped(part.rows), Grouped(Integer(answer, "created_count")),
               Grouped(Integer(answer, "updated_count")), Grouped(Integer(answer, "unchanged_count")),
               Grouped(Integer(answer, "error_count"))});
    errors += Integer(answer, "error_count");
    answers[part.collection] = std::move(answer);
  }
  if (session.globals().json) {
    session.out() << Dump({{"name", plan.name}, {"imports", answers}}, 2) << '\n';
  } else if (!session.globals().quiet) {
    session.out() << "工作计划 " << plan.name << '\n';
    table.Print(session.out(), "  ");
  }
  if (errors > 0) return Fail(Exit::kRowErrors, absl::StrCat("工作计划有 ", Grouped(errors), " 项没有写入"));
  return absl::OkStatus();
}

absl::Status ShowTargets(Session& session, const std::string& plan, const std::string& as_of) {
  Plans plans;
  if (!plan.empty()) {
    ASSIGN_OR_RETURN(const Json found, session.Get(PathOf(CleanName(plan))));
    plans.emplace_back(Text(found, "name"), Text(found, "display_name"));
  } else {
    RETURN_IF_ERROR(FindPlans(session, &plans));
  }
  std::map<std::string, int> counts;
  int total = 0;
  Json all = Json::array();
  for (const auto& [name, title] : plans) {
    ASSIGN_OR_RETURN(const Json answer,
                     session.Get(PathOf(absl::StrCat(name, ":evaluateTargets"), {{"as_of", as_of}})));
    const Json& targets = List(answer, "targets");
    for (const Json& item : targets) {
      ++counts[Text(item, "state")];
      ++total;
      if (session.globals().json) all.push_back(item);
    }
    if (!session.globals().json) PrintTargets(session, absl::StrCat(title, "（", name, "）"), targets);
  }
  if (session.globals().json) {
    session.out() << Dump(all, 2) << '\n';
  } else {
    session.out() << plans.size() << " 个工作计划，" << Summary(counts, total) << '\n';
  }
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
