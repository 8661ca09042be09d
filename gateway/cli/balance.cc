#include <ostream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/planning.h"
#include "gateway/cli/table.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

std::string Rounded(const Json& object, const char* key, int digits) {
  const Json& value = Member(object, key);
  return value.is_number() ? absl::StrFormat("%.*f", digits, value.get<double>()) : "—";
}

std::string OrDash(const std::string& decimal) { return decimal.empty() ? "—" : TrimZeros(decimal); }

// Nice to have: a district that cannot be read is shown by its code.
std::string DistrictTitle(Session& session, const std::string& district) {
  const absl::StatusOr<Json> found = session.Get(PathOf(district));
  const std::string code = LastSegment(district);
  return found.ok() ? absl::StrCat(Printable(Text(*found, "display_name")), "（", code, "）") : code;
}

void PrintHead(Session& session, const Json& report) {
  const std::string name = Text(report, "name");
  const std::string district = name.substr(0, name.find("/balanceReports"));
  const int64_t year = Integer(report, "school_year");
  std::ostream& out = session.out();
  out << DistrictTitle(session, district) << ' ' << year << '-' << year + 1 << " 学年 义务教育优质均衡评估\n"
      << "结论：" << LabelOf(Text(report, "verdict")) << '\n'
      << "参评 " << Integer(report, "school_count") << " 校次，未达标 " << Integer(report, "failed_count")
      << "，待填报 " << Integer(report, "pending_count") << "，未参评 " << List(report, "excluded_schools").size()
      << " 所\n"
      << "数据时点 " << LocalTime(Text(report, "read_time")) << "，指标集 " << Printable(Text(report, "indicator_set"))
      << " 第 " << Integer(report, "indicator_set_version") << " 版\n"
      << "报告 " << Printable(name) << '\n';
}

void PrintStage(std::ostream& out, const Json& stage) {
  out << '\n'
      << LabelOf(Text(stage, "stage")) << "：" << LabelOf(Text(stage, "verdict")) << "（参评 "
      << Integer(stage, "school_count") << " 校次，未达标 " << Integer(stage, "failed_count") << "，待填报 "
      << Integer(stage, "pending_count") << "）\n";
  Table table;
  table.Column("指标");
  table.Column("全域值", Align::kRight);
  table.Column("差异系数", Align::kRight);
  table.Column("限值", Align::kRight);
  table.Column("状态");
  for (const Json& coefficient : List(stage, "coefficients")) {
    const std::string state = Text(coefficient, "state");
    table.Row({LabelOf(Text(coefficient, "indicator")), Rounded(coefficient, "mean", 2),
               Rounded(coefficient, "value", 3), Text(coefficient, "limit"),
               state == "STATE_PENDING" ? "待填报" : LabelOf(state)});
  }
  if (!table.empty()) table.Print(out, "  ");
}

// A school's name once, then its indicators below one another.
void PrintProblems(std::ostream& out, const std::vector<Json>& findings) {
  Table table;
  table.Column("学校", Align::kLeft, 36);
  table.Column("学段");
  table.Column("结论");
  table.Column("指标");
  table.Column("实际", Align::kRight);
  table.Column("标准", Align::kRight);
  table.Column("尚缺", Align::kRight);
  table.Column("程度");
  int schools = 0, problems = 0;
  for (const Json& finding : findings) {
    bool first = true;
    for (const Json& value : List(finding, "indicators")) {
      const std::string state = Text(value, "state");
      if (state == "STATE_MET") continue;
      const std::string indicator = Text(value, "indicator");
      const std::string missing = Text(value, "shortfall");
      std::string school = Text(finding, "school_name");
      if (school.empty()) school = LastSegment(Text(finding, "school"));
      ++problems;
      schools += first ? 1 : 0;
      table.Row({first ? school : "", first ? LabelOf(Text(finding, "stage")) : "",
                 first ? LabelOf(Text(finding, "verdict")) : "", LabelOf(indicator), OrDash(Text(value, "value")),
                 OrDash(Text(value, "standard")),
                 missing.empty() ? "—" : absl::StrCat(TrimZeros(missing), " ", ShortfallUnit(indicator)),
                 state == "STATE_PENDING" ? "待填报" : LabelOf(state)});
      first = false;
    }
  }
  out << "\n问题清单：" << schools << " 校次，" << problems << " 项\n";
  if (!table.empty()) table.Print(out, "  ");
}

absl::Status PrintReport(Session& session, const Json& report) {
  std::vector<Json> findings;
  RETURN_IF_ERROR(session.List(absl::StrCat(Text(report, "name"), "/findings"), {}, 0,
                               [&](Json row) { findings.push_back(std::move(row)); }));
  if (session.globals().json) {
    session.out() << Dump({{"report", report}, {"findings", findings}}, 2) << '\n';
    return absl::OkStatus();
  }
  PrintHead(session, report);
  for (const Json& stage : List(report, "stages")) PrintStage(session.out(), stage);
  PrintProblems(session.out(), findings);
  if (const Json& excluded = List(report, "excluded_schools"); !excluded.empty()) {
    session.out() << "\n未参评：\n";
    for (const Json& line : excluded) {
      if (line.is_string()) session.out() << "  " << Printable(line.get<std::string>()) << '\n';
    }
  }
  return absl::OkStatus();
}

absl::Status Recompute(Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(const Json answer, session.Get(PathOf(absl::StrCat(CleanName(name), ":recompute"))));
  const bool equal = Text(answer, "equal") == "true";
  if (session.globals().json) {
    session.out() << Dump(answer, 2) << '\n';
  } else {
    const Json& report = Member(answer, "report");
    session.out() << (equal ? "复算结果与存档一致" : "复算结果与存档不同") << "：" << CleanName(name) << "，数据时点 "
                  << LocalTime(Text(report, "read_time")) << "，结论 " << LabelOf(Text(report, "verdict")) << '\n';
    for (const Json& finding : List(answer, "differences")) {
      session.out() << "  不同：" << Printable(Text(finding, "school_name")) << ' ' << LabelOf(Text(finding, "stage"))
                    << '\n';
    }
  }
  return equal ? absl::OkStatus() : Fail(Exit::kServer, "复算结果与存档不同");
}

}  // namespace

absl::Status ShowBalance(Session& session, const BalanceOptions& options) {
  if (!options.recompute.empty()) return Recompute(session, options.recompute);
  if (options.year == 0) return Fail(Exit::kUsage, "请用 --year 说明学年，如 2025 指 2025-2026 学年");
  Json body = {{"school_year", options.year}};
  if (!options.read_time.empty()) body["read_time"] = options.read_time;
  ASSIGN_OR_RETURN(
      const Json report,
      session.Write("POST", PathOf(absl::StrCat("districts/", options.district, ":evaluateBalance")), body));
  return PrintReport(session, report);
}

absl::Status ShowPatrols(Session& session, const std::string& district, const std::string& month) {
  if (month.size() != 7 || month[4] != '-') return Fail(Exit::kUsage, "月份应写作 2026-10");
  const std::string path =
      PathOf(absl::StrCat("districts/", district, ":summarizePatrols"), {{"month", absl::StrCat(month, "-01")}});
  ASSIGN_OR_RETURN(const Json answer, session.Get(path));
  if (session.globals().json) {
    session.out() << Dump(answer, 2) << '\n';
    return absl::OkStatus();
  }
  std::ostream& out = session.out();
  out << DistrictTitle(session, absl::StrCat("districts/", district)) << ' ' << month << " 巡查月报\n"
      << "  在用点位    " << Grouped(Integer(answer, "point_count")) << " 个\n"
      << "  巡查次数    " << Grouped(Integer(answer, "patrol_count")) << " 次，其中异常 "
      << Grouped(Integer(answer, "abnormal_count")) << " 次\n"
      << "  已巡点位    " << Grouped(Integer(answer, "visited_point_count")) << " 个";
  if (const Json& coverage = Member(answer, "coverage"); coverage.is_number()) {
    out << absl::StrFormat("，覆盖率 %.1f %%", coverage.get<double>() * 100);
  }
  out << "\n  达到频次    " << Grouped(Integer(answer, "satisfied_point_count")) << " 个\n";
  if (answer.contains("required_points") || answer.contains("required_monthly_patrols")) {
    out << "  计划要求    " << Grouped(Integer(answer, "required_points")) << " 个点位，每月 "
        << Grouped(Integer(answer, "required_monthly_patrols")) << " 次："
        << (Text(answer, "plan_met") == "true" ? "达到" : "未达到") << '\n';
  } else {
    out << "  计划要求    当月没有巡查计划\n";
  }
  Table table;
  table.Column("点位");
  table.Column("名称", Align::kLeft, 40);
  table.Column("应巡", Align::kRight);
  table.Column("实巡", Align::kRight);
  const Json& missed = List(answer, "missed_points");
  for (const Json& point : missed) {
    table.Row({Text(point, "point"), Text(point, "display_name"), absl::StrCat(Integer(point, "required")),
               absl::StrCat(Integer(point, "done"))});
  }
  out << "漏巡点位 " << Grouped(static_cast<int64_t>(missed.size())) << " 个"
      << (missed.size() >= 1000 ? "（只列前 1,000 个）" : "") << '\n';
  if (!table.empty()) table.Print(out, "  ");
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
