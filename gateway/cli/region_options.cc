#include "gateway/cli/exchange.h"
#include "gateway/cli/options.h"
#include "gateway/cli/planning.h"
#include "gateway/cli/validators.h"

namespace edudelta::gateway::cli {
namespace {

struct RegionWords {
  std::string name;
  std::string district;
  std::string month;
  std::string as_of;
  std::string filter;
};

void AddPlan(CLI::App& app, Action* action) {
  CLI::App* plan = app.add_subcommand("plan", "工作计划");
  plan->require_subcommand(1);
  CLI::App* load = plan->add_subcommand("load", "装入一个工作计划文件；再次装入不产生重复");
  auto words = AddCommand<RegionWords>(
      load, action, [](Session& s, const RegionWords& w) { return LoadPlan(s, w.name, w.district); });
  load->add_option("FILE", words->name, "工作计划 JSON 文件，文件名即计划编号")->required()->type_name("");
  load->add_option("--district", words->district, "区划代码，如 310114")
      ->required()
      ->check(DistrictCode())
      ->type_name("代码");

  CLI::App* targets = plan->add_subcommand("targets", "指标达成情况；不给计划则为可见的全部计划");
  words = AddCommand<RegionWords>(targets, action,
                                  [](Session& s, const RegionWords& w) { return ShowTargets(s, w.name, w.as_of); });
  targets->add_option("PLAN_NAME", words->name, "如 districts/310114/workPlans/jiading-2019")->type_name("");
  targets->add_option("--as-of", words->as_of, "按这一天判断，如 2019-12-31；不给则为今天")->type_name("日期");
}

void AddAgreement(CLI::App& app, Action* action) {
  CLI::App* agreement = app.add_subcommand("agreement", "共享协议");
  agreement->require_subcommand(1);
  CLI::App* list = agreement->add_subcommand("list", "列出协议");
  auto words = AddCommand<RegionWords>(list, action,
                                       [](Session& s, const RegionWords& w) { return ListAgreements(s, w.filter); });
  list->add_option("--filter", words->filter, "筛选，如 'state = \"STATE_ACTIVE\"'")->type_name("条件");
  CLI::App* show = agreement->add_subcommand("show", "一份协议的内容和签署");
  words =
      AddCommand<RegionWords>(show, action, [](Session& s, const RegionWords& w) { return ShowAgreement(s, w.name); });
  show->add_option("NAME", words->name, "如 agreements/jiading-kunshan-1")->required()->type_name("");

  constexpr std::pair<const char*, const char*> kSteps[] = {{"propose", "提出：内容和摘要从此确定"},
                                                            {"sign", "第一方签署所显示的内容摘要"},
                                                            {"countersign", "另一方签署，协议生效"},
                                                            {"suspend", "中止，停止读取"},
                                                            {"resume", "恢复"},
                                                            {"revoke", "撤销，不能再恢复"}};
  for (const auto& [verb, description] : kSteps) {
    CLI::App* command = agreement->add_subcommand(verb, description);
    auto step = AddCommand<AgreementStep>(command, action, TakeAgreementStep);
    step->verb = verb;
    command->add_option("NAME", step->name, "协议")->required()->type_name("");
    command->add_option("--note", step->note, "说明，留在历史里")->type_name("文字");
    if (step->verb == "sign" || step->verb == "countersign") command->add_flag("--yes", step->yes, "不再询问");
  }
}

}  // namespace

void AddRegionCommands(CLI::App& app, Action* action) {
  AddPlan(app, action);

  CLI::App* balance =
      app.add_subcommand("balance", "义务教育优质均衡评估（教督〔2017〕6号）：结论、差异系数、问题清单");
  auto options = AddCommand<BalanceOptions>(balance, action, ShowBalance);
  balance->add_option("DISTRICT", options->district, "区划代码，如 310114")
      ->required()
      ->check(DistrictCode())
      ->type_name("");
  balance->add_option("--year", options->year, "学年，2025 指 2025-2026 学年")
      ->check(IntegerIn(1990, 2100))
      ->type_name("年");
  balance->add_option("--read-time", options->read_time, "按这一记录时点的数据评估")->type_name("时间");
  balance->add_option("--recompute", options->recompute, "复算一份已存的报告，看结果是否一致")->type_name("报告");

  CLI::App* patrols = app.add_subcommand("patrols", "安全巡查月报");
  auto words = AddCommand<RegionWords>(
      patrols, action, [](Session& s, const RegionWords& w) { return ShowPatrols(s, w.district, w.month); });
  patrols->add_option("DISTRICT", words->district, "区划代码，如 150104")
      ->required()
      ->check(DistrictCode())
      ->type_name("");
  patrols->add_option("--month", words->month, "月份，如 2026-10")->required()->type_name("月");

  AddAgreement(app, action);

  CLI::App* log = app.add_subcommand("access-log", "访问记录：谁在何时依哪份协议读了什么");
  auto entries = AddCommand<AccessLogOptions>(log, action, ShowAccessLog);
  log->add_option("DISTRICT", entries->district, "区划代码")->required()->check(DistrictCode())->type_name("");
  log->add_option("--filter", entries->filter, "筛选，如 'outcome = \"OUTCOME_DENIED\"'")->type_name("条件");
  log->add_option("--since", entries->since, "从何时起，如 2026-11-20 或 2026-11-20T08:00:00Z；不给则直到凑满条数")
      ->type_name("时间");
  log->add_option("--limit", entries->limit, "最近的几条，默认 50")->check(IntegerIn(1, 100000000))->type_name("N");
}

}  // namespace edudelta::gateway::cli
