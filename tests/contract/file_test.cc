// What an export writes, an import takes back and changes nothing: the codec's files through the engine and its
// database, with texts that CSV, JSON and spreadsheets have a meaning of their own for.
#include <string>
#include <utility>
#include <vector>

#include "common/resource/importing.h"
#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/plan_section.pb.h"
#include "edudelta/planning/v1/plan_task.pb.h"
#include "gateway/codec/export.h"
#include "gateway/codec/import.h"
#include "google/protobuf/field_mask.pb.h"
#include "gtest/gtest.h"

namespace edudelta::contract {
namespace {

using gateway::codec::ImportReader;
using planning::v1::ImportPlanTasksRequest;
using planning::v1::PlanTask;
using resource::v1::ImportResponse;

const char* const kTexts[] = {"甲",
                              "=1+1",
                              "＝1+1",
                              "'=1",
                              "''=1",
                              "'",
                              "'甲",
                              "+1",
                              "-1",
                              "@a",
                              "＠a",
                              "a,b",
                              "a\"b",
                              "\"",
                              "a;b",
                              "\\",
                              "\\;",
                              "a\\;b;",
                              ";",
                              "是",
                              "true",
                              "2025/2/1",
                              "1.3E+11",
                              "007",
                              "{}",
                              "[1]",
                              "null",
                              " 外 ",
                              "\u3000甲\u00A0",
                              "甲\u200B乙",
                              "𠮷\U000E0100",
                              "a  b",
                              "一\n二",
                              "一\r\n=二",
                              "=\n1",
                              "a\tb",
                              "\n",
                              "’",
                              "#N/A",
                              "1,2;3",
                              "\"'=\"",
                              "a\\",
                              "-"};
const char* const kIds[] = {"2025-2-1", "2025-02-01",         "007", "1e5", "true", "may-3",
                            "-1",       "999901000000000001", "1-2", "x.1"};

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(resource::CreatePlan(service_, "p"), testing::IsOk());
    int number = 0;
    for (const char* text : kTexts) {
      PlanTask& task = tasks_.emplace_back();
      const size_t i = static_cast<size_t>(number++);
      task.set_name(kPlan + "/tasks/" + (i < std::size(kIds) ? kIds[i] : absl::StrCat("t", i)));
      const bool one_line = std::string(text).find_first_of("\t\r\n") == std::string::npos;
      task.set_display_name(one_line ? text : "甲");
      if (one_line) task.set_responsible(text);
      for (int repeat = 0; one_line && repeat < 2; ++repeat) task.add_partners(text);
      task.add_partners("编办");
      task.set_note(text);
    }
  }

  std::string Import(ImportPlanTasksRequest request) {
    request.set_parent(kPlan);
    request.set_last(true);
    ImportResponse answer;
    const rpc::Call call = resource::CallOf(resource::Clerk(), resource::PlanningMethod("ImportPlanTasks"));
    resource::Importing importing(engine_.importer());
    absl::Status status = importing.Add(call, request);
    if (status.ok()) status = importing.Finish(call, &answer);
    std::string told = absl::StrCat(status.ok() ? "" : status.ToString(), answer.created_count(), " made ",
                                    answer.updated_count(), " changed ", answer.unchanged_count(), " same");
    for (const auto& error : answer.errors()) absl::StrAppend(&told, "; ", error.column(), " ", error.reason());
    return told;
  }

  std::vector<PlanTask> Stored() {
    std::vector<PlanTask> stored;
    for (const PlanTask& task : tasks_) {
      auto row = engine_.reader().Load(resource::CallOf(resource::Clerk(), resource::PlanningMethod("GetPlanTask")),
                                       task.name());
      EXPECT_THAT(row, testing::IsOk()) << task.name();
      if (row.ok()) stored.push_back(static_cast<const PlanTask&>(*row->message));
    }
    return stored;
  }

  // As the gateway reads a file and sends it on.
  ImportPlanTasksRequest Read(ImportReader& reader, const std::string& file) {
    EXPECT_TRUE(reader.Feed(file).ok());
    EXPECT_TRUE(reader.Finish().ok());
    for (const auto& error : reader.TakeErrors()) ADD_FAILURE() << error.ShortDebugString();
    ImportPlanTasksRequest request;
    for (const std::string& column : reader.Columns()) request.mutable_update_mask()->add_paths(column);
    for (const auto& row : reader.TakeRows()) {
      *request.add_plan_tasks() = static_cast<const PlanTask&>(*row.message);
      if (!row.said) continue;
      request.add_mask_of_row(request.masks_size());
      auto* mask = request.add_masks();
      for (const auto* field : *row.said) mask->add_paths(field->name());
    }
    return request;
  }

  const std::string kPlan = "districts/310114/workPlans/p";
  resource::TestService service_{
      {planning::v1::WorkPlan::descriptor(), planning::v1::PlanSection::descriptor(), PlanTask::descriptor()}};
  resource::Engine& engine_ = service_.engine("planning.PlanTask");
  gateway::codec::Sheet sheet_{PlanTask::descriptor(), {}, codes::CodeSets::Embedded()};
  gateway::codec::JsonCodec json_{{PlanTask::descriptor()}};
  std::vector<PlanTask> tasks_;
};

TEST_F(FileTest, AnExportImportedChangesNothing) {
  ImportPlanTasksRequest first;
  for (const PlanTask& task : tasks_) *first.add_plan_tasks() = task;
  ASSERT_EQ(Import(first), absl::StrCat(tasks_.size(), " made 0 changed 0 same"));
  const std::vector<PlanTask> stored = Stored();
  const std::string same = absl::StrCat("0 made 0 changed ", tasks_.size(), " same");
  for (const bool csv : {true, false}) {
    const auto writer = csv ? MakeCsvWriter(sheet_, json_, kPlan) : gateway::codec::MakeNdjsonWriter(json_);
    std::string file;
    writer->Begin(&file);
    for (const PlanTask& task : stored) ASSERT_TRUE(writer->Row(task, &file).ok());
    gateway::codec::ImportSource source{.sheet = &sheet_, .json = &json_, .parent = kPlan, .charset = ""};
    const auto reader = csv ? MakeCsvReader(source) : MakeNdjsonReader(source);
    const ImportPlanTasksRequest again = Read(*reader, file);
    ASSERT_EQ(again.plan_tasks_size(), static_cast<int>(stored.size()));
    for (int i = 0; i < again.plan_tasks_size(); ++i) {
      EXPECT_EQ(again.plan_tasks(i).name(), stored[i].name());
      EXPECT_EQ(again.plan_tasks(i).note(), stored[i].note());
      EXPECT_EQ(again.plan_tasks(i).display_name(), stored[i].display_name());
      EXPECT_EQ(again.plan_tasks(i).etag(), stored[i].etag());
    }
    EXPECT_EQ(Import(again), same) << file;
  }
}

TEST_F(FileTest, AListHasNoEmptyItemsAndNoLines) {
  for (const auto& [item, reason] : {std::pair("\u3000", "LIST_ITEM_EMPTY"), std::pair("一\n二", "FIELD_CHARACTERS")}) {
    ImportPlanTasksRequest request;
    PlanTask& task = *request.add_plan_tasks();
    task = tasks_[0];
    task.add_partners(item);
    EXPECT_EQ(Import(request), absl::StrCat("0 made 0 changed 0 same; partners ", reason));
  }
}

}  // namespace
}  // namespace edudelta::contract
