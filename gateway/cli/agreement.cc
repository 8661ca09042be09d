#include <iostream>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "gateway/cli/exchange.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/table.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

std::string FullName(const std::string& name) {
  const std::string clean = CleanName(name);
  return absl::StrContains(clean, '/') ? clean : absl::StrCat("agreements/", clean);
}

std::string Joined(const Json& list, absl::string_view separator) {
  std::vector<std::string> parts;
  for (const Json& item : list) parts.push_back(item.is_string() ? LabelOf(item.get<std::string>()) : Dump(item));
  return absl::StrJoin(parts, separator);
}

void PrintAgreement(std::ostream& out, const Json& agreement) {
  Table table;
  table.Column("共享协议");
  table.Column(Printable(Text(agreement, "display_name")));
  const auto row = [&](const char* label, std::string value) { table.Row({label, std::move(value)}); };
  row("名称", Text(agreement, "name"));
  row("状态", LabelOf(Text(agreement, "state")));
  row("提供方",
      absl::StrCat(Text(agreement, "provider"), "（区划 ", Joined(List(agreement, "provider_districts"), "、"), "）"));
  row("使用方", Text(agreement, "consumer"));
  row("用途", Joined(List(agreement, "purposes"), "、"));
  row("有效期", absl::StrCat(LocalTime(Text(agreement, "start_time")), " 至 ", LocalTime(Text(agreement, "end_time"))));
  for (const Json& grant : List(agreement, "datasets")) {
    const std::string filter = Text(grant, "row_filter");
    row("数据集", Text(grant, "dataset"));
    row("  字段", Joined(List(grant, "fields"), ", "));
    row("  行", filter.empty() ? "全部" : filter);
  }
  row("每日限额", absl::StrCat(Grouped(Integer(agreement, "daily_call_quota")), " 次，",
                               Grouped(Integer(agreement, "daily_record_quota")), " 条"));
  row("留存", absl::StrCat(Integer(agreement, "retention_days"), " 日"));
  row("再共享", Text(agreement, "onward_sharing") == "true" ? "允许" : "不允许");
  row("办件编号", Text(agreement, "case_number_required") == "true" ? "须提供" : "不须提供");
  row("提供方式", LabelOf(Text(agreement, "delivery")));
  row("法律依据", Text(agreement, "legal_ground"));
  row("义务", Text(agreement, "obligations"));
  if (const std::string old = Text(agreement, "supersedes"); !old.empty()) row("取代", old);
  row("内容摘要", Text(agreement, "content_hash").empty() ? "（提出后确定）" : Text(agreement, "content_hash"));
  for (const Json& signature : List(agreement, "signatures")) {
    row("签署", absl::StrCat(LocalTime(Text(signature, "sign_time")), " ", Text(signature, "organization"), "（",
                             Text(signature, "principal"), "）",
                             Text(signature, "content_hash") == Text(agreement, "content_hash") ? "" : " 摘要不符！"));
  }
  table.Print(out);
}

bool Confirmed(std::ostream& err) {
  err << "签署即对以上内容（以内容摘要为准）承担责任。输入 yes 确认：" << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

}  // namespace

absl::Status ListAgreements(Session& session, const std::string& filter) {
  Json rows = Json::array();
  RETURN_IF_ERROR(
      session.List("agreements", {{"filter", filter}}, 0, [&](Json row) { rows.push_back(std::move(row)); }));
  if (session.globals().json) {
    session.out() << Dump(rows, 2) << '\n';
    return absl::OkStatus();
  }
  Table table;
  table.Column("编号");
  table.Column("协议名称", Align::kLeft, 50);
  table.Column("提供方");
  table.Column("使用方");
  table.Column("状态");
  table.Column("到期");
  for (const Json& row : rows) {
    table.Row({LastSegment(Text(row, "name")), Text(row, "display_name"), LastSegment(Text(row, "provider")),
               LastSegment(Text(row, "consumer")), LabelOf(Text(row, "state")), LocalTime(Text(row, "end_time"))});
  }
  if (!table.empty()) table.Print(session.out());
  session.Note(absl::StrCat("共 ", rows.size(), " 份"));
  return absl::OkStatus();
}

absl::Status ShowAgreement(Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(const Json agreement, session.Get(PathOf(FullName(name))));
  if (session.globals().json) {
    session.out() << Dump(agreement, 2) << '\n';
  } else {
    PrintAgreement(session.out(), agreement);
  }
  return absl::OkStatus();
}

absl::Status TakeAgreementStep(Session& session, const AgreementStep& step) {
  const std::string name = FullName(step.name);
  Json body = Json::object();
  if (!step.note.empty()) body["note"] = step.note;
  if (step.verb == "sign" || step.verb == "countersign") {
    ASSIGN_OR_RETURN(const Json agreement, session.Get(PathOf(name)));
    const std::string hash = Text(agreement, "content_hash");
    if (hash.empty()) return Fail(Exit::kServer, "协议还没有提出，没有可签署的内容摘要");
    if (!session.globals().quiet) PrintAgreement(session.err(), agreement);
    if (!step.yes && !Confirmed(session.err())) return Fail(Exit::kUsage, "没有签署");
    body["content_hash"] = hash;
  }
  ASSIGN_OR_RETURN(const Json answer, session.Write("POST", PathOf(absl::StrCat(name, ":", step.verb)), body));
  if (session.globals().json) {
    session.out() << Dump(answer, 2) << '\n';
  } else if (!session.globals().quiet) {
    session.out() << name << " 现在的状态：" << LabelOf(Text(answer, "state")) << '\n';
  }
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
