#include "gateway/cli/plan_convert.h"

#include <gtest/gtest.h>

#include <map>

#include "gateway/cli/failure.h"
#include "gateway/cli/files.h"

namespace edudelta::gateway::cli {
namespace {

constexpr char kPlan[] = R"({
  "source": "x.txt", "district": {"name": "某区", "gbt2260": "310114"},
  "period": {"from": "2019-01-01", "to": "2019-12-31"},
  "plan_title": "工作要点", "issued": "2019-02-01",
  "sections": [{"code": "S1.1", "title": "二", "parent": "S1"}, {"code": "S1", "title": "一", "parent": null}],
  "tasks": [{"code": "T1", "section": "S1.1", "title": "任务", "service": "other", "responsible": null, "due": null,
             "partners": ["街镇"], "due_text": "尽早"}],
  "targets": [{"code": "G1", "indicator": "占比", "subject": "园", "operator": ">=", "value": 16.1, "unit": "%",
               "due": null, "baseline": 96, "task": "T1", "role": "stretch", "item_count": 4},
              {"code": "G2", "indicator": "水平", "subject": "校", "operator": "=", "value": null,
               "value_text": "大体相当", "unit": "比值", "due": "2019-12-31", "baseline": null, "task": "T1",
               "role": "goal"}],
  "projects": [{"code": "P1", "name": "项目", "kind": "建设", "count": 15, "count_max": 18, "count_op": ">=",
                "milestone": null, "due": null, "seats_added": null, "floor_area_m2": null, "task": "T1"}],
  "reports": [{"name": "报表", "due": "10-15", "from": "各校", "to": null, "recurrence": "yearly"}],
  "systems": []})";

TEST(ConvertPlan, MakesResourcesOfEveryPart) {
  const auto plan = ConvertPlan(ParseJson(kPlan), "demo-2019", "310114");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->name, "districts/310114/workPlans/demo-2019");
  EXPECT_EQ(Dump(plan->work_plan), R"({"display_name":"工作要点","issue_date":"2019-02-01","source":"x.txt",)"
                                   R"("start_date":"2019-01-01","end_date":"2019-12-31"})");
  ASSERT_EQ(plan->parts.size(), 5u);
  const std::string name = R"({"name":"districts/310114/workPlans/demo-2019/)";
  const std::string of_plan = R"(":"districts/310114/workPlans/demo-2019/)";
  ASSERT_EQ(plan->parts[0].batches.size(), 2u);
  EXPECT_EQ(plan->parts[0].batches[0].ndjson, name + R"(sections/S1","display_name":"一"})"
                                                     "\n");
  EXPECT_EQ(plan->parts[0].batches[0].items, std::vector<int>{2});
  EXPECT_EQ(plan->parts[0].batches[1].ndjson, name + R"(sections/S1.1","display_name":"二","parent_section)" + of_plan +
                                                  R"(sections/S1"})"
                                                  "\n");
  EXPECT_EQ(plan->parts[0].batches[1].items, std::vector<int>{1});
  EXPECT_EQ(plan->parts[0].mask, "display_name,parent_section");
  EXPECT_EQ(plan->parts[1].mask, "display_name,section,service,responsible,partners,due_date,due_text,note")
      << "what a plan leaves out is cleared when it is loaded again";
  EXPECT_EQ(plan->parts[1].batches.at(0).ndjson,
            name + R"(tasks/T1","display_name":"任务","section)" + of_plan +
                R"(sections/S1.1","service":"other","partners":["街镇"],"due_text":"尽早"})"
                "\n");
  EXPECT_EQ(
      plan->parts[2].batches.at(0).ndjson,
      name +
          R"(targets/G1","indicator":"占比","subject":"园","operator":"OPERATOR_AT_LEAST","value":"16.1","unit":"%",)"
          R"("baseline":"96","task)" +
          of_plan +
          R"(tasks/T1","role":"TARGET_ROLE_STRETCH","item_count":4})"
          "\n" +
          name +
          R"(targets/G2","indicator":"水平","subject":"校","operator":"OPERATOR_EQUAL","value_text":"大体相当",)"
          R"("unit":"比值","due_date":"2019-12-31","task)" +
          of_plan +
          R"(tasks/T1","role":"TARGET_ROLE_GOAL"})"
          "\n");
  EXPECT_EQ(plan->parts[3].batches.at(0).ndjson,
            name + R"(projects/P1","display_name":"项目","kind":"建设","count":15,"count_max":18,"task)" + of_plan +
                R"(tasks/T1","count_at_least":true})"
                "\n");
  EXPECT_EQ(plan->parts[4].batches.at(0).ndjson,
            name + R"(reportDuties/R1","display_name":"报表","due":"10-15","from_unit":"各校","recurrence":"yearly"})"
                   "\n");
}

TEST(ConvertPlan, TakesSectionsThatStandWithinOneAnother) {
  Json plan = ParseJson(kPlan);
  plan["sections"][1]["parent"] = "S1.1";
  const auto converted = ConvertPlan(plan, "p", "310114");
  ASSERT_TRUE(converted.ok()) << converted.status();
  EXPECT_EQ(converted->parts[0].rows, 2) << "the service refuses them";
}

TEST(ConvertPlan, RefusesWhatItDoesNotKnow) {
  Json plan = ParseJson(kPlan);
  plan["targets"][0]["operator"] = ">";
  EXPECT_EQ(ExitOf(ConvertPlan(plan, "p", "310114").status()), Exit::kUsage);
  plan = ParseJson(kPlan);
  plan["tasks"][0].erase("code");
  EXPECT_EQ(ExitOf(ConvertPlan(plan, "p", "310114").status()), Exit::kUsage);
  plan = ParseJson(kPlan);
  plan.erase("reports");
  EXPECT_EQ(ExitOf(ConvertPlan(plan, "p", "310114").status()), Exit::kUsage);
  EXPECT_EQ(ExitOf(ConvertPlan(ParseJson("[]"), "p", "310114").status()), Exit::kUsage);
}

TEST(ConvertPlan, RefusesMembersThatItDoesNotKnow) {
  const auto refused = [](const Json& plan) {
    const absl::Status status = ConvertPlan(plan, "p", "310114").status();
    EXPECT_EQ(ExitOf(status), Exit::kUsage);
    return TextOf(status);
  };
  Json plan = ParseJson(kPlan);
  plan["nosuch"] = 1;
  EXPECT_EQ(refused(plan), "工作计划中有不认识的名称 nosuch，没有写入任何内容");
  plan = ParseJson(kPlan);
  plan["tasks"][0]["foo"] = 1;
  EXPECT_EQ(refused(plan), "任务第 1 项（T1）中有不认识的名称 foo，没有写入任何内容");
  plan = ParseJson(kPlan);
  plan["period"]["until"] = "2019-12-31";
  EXPECT_EQ(refused(plan), "period 中有不认识的名称 until，没有写入任何内容");
  plan = ParseJson(kPlan);
  plan["reports"][0]["code section"] = "";
  EXPECT_EQ(refused(plan), "报送事项第 1 项中有不认识的名称 code section，没有写入任何内容");
}

TEST(PlanErrorLine, HasNoBlankWhereThereIsNoColumn) {
  Json error = {{"row", "4"}, {"column", ""}, {"reason", "R"}, {"message", "所指的没有"}};
  EXPECT_EQ(PlanErrorLine("任务", error), "任务第 4 项：所指的没有（R）");
  error["column"] = "section";
  EXPECT_EQ(PlanErrorLine("任务", error), "任务第 4 项 section：所指的没有（R）");
}

TEST(ConvertPlan, TakesAllPublishedPlans) {
  std::map<std::string, int> rows;
  for (const char* id : {"jiading-2019", "xq-2015", "zhenjiang-2018", "tongxiang-2024", "yuquan-14th-5yp"}) {
    const auto text = ReadFile(std::string(EDUDELTA_WORK_PLANS "/") + id + ".json");
    ASSERT_TRUE(text.ok()) << text.status();
    const auto plan = ConvertPlan(ParseJson(*text), id, "310114");
    ASSERT_TRUE(plan.ok()) << plan.status();
    for (const PlanPart& part : plan->parts) rows[part.collection] += part.rows;
  }
  EXPECT_EQ(rows["sections"], 163);
  EXPECT_EQ(rows["tasks"], 611);
  EXPECT_EQ(rows["targets"], 68);
  EXPECT_EQ(rows["projects"], 77);
  EXPECT_EQ(rows["reportDuties"], 12);
}

}  // namespace
}  // namespace edudelta::gateway::cli
