#include "gateway/cli/transfer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "gateway/cli/failure.h"
#include "gateway/cli/files.h"

namespace edudelta::gateway::cli {
namespace {

class ImportFileTest : public testing::Test {
 protected:
  ImportFileTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    rows_ = folder_ + "/rows.csv";
    setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
    EXPECT_TRUE(WritePrivate(rows_, "编号,学校名称\n1,甲\n").ok());
  }
  ~ImportFileTest() override { std::filesystem::remove_all(folder_); }

  // Nobody has signed in, so whatever would be sent ends as Exit::kRefused.
  absl::Status Import(const std::string& errors) {
    Globals globals;
    globals.server = "http://127.0.0.1:9";
    auto session = Session::Make(globals, out_, out_);
    EXPECT_TRUE(session.ok()) << session.status();
    ImportOptions options;
    options.collection = "districts/310114/schools";
    options.file = rows_;
    options.errors = errors;
    return ImportFile(**session, options);
  }

  std::string folder_ = testing::TempDir() + "edudelta_transfer_test.XXXXXX";
  std::string rows_;
  std::ostringstream out_;
};

TEST_F(ImportFileTest, SendsNothingWhenTheErrorFileCannotBeWritten) {
  for (const std::string& errors : {folder_ + "/absent/errors.csv", rows_ + "/errors.csv", folder_}) {
    const absl::Status status = Import(errors);
    EXPECT_EQ(ExitOf(status), Exit::kUsage) << errors;
    EXPECT_EQ(TextOf(status), "写不了错误文件 " + errors + "，没有导入任何行");
  }
}

TEST_F(ImportFileTest, NeverWritesErrorsOverTheImportedFile) {
  const std::string text = ReadFile(rows_).value();
  std::filesystem::create_symlink(rows_, folder_ + "/link.csv");
  std::filesystem::create_hard_link(rows_, folder_ + "/other.csv");
  for (const std::string& errors : {rows_, folder_ + "/./rows.csv", folder_ + "/link.csv", folder_ + "/other.csv"}) {
    const absl::Status status = Import(errors);
    EXPECT_EQ(ExitOf(status), Exit::kUsage) << errors;
    EXPECT_EQ(TextOf(status), "错误文件不能与导入文件相同，没有导入任何行");
  }
  EXPECT_EQ(ReadFile(rows_).value(), text);
}

TEST(OutcomeText, SaysWhetherAnythingWasWritten) {
  const Json answer = {{"row_count", "2"}, {"error_count", "1"}, {"created_count", "1"}};
  EXPECT_EQ(OutcomeText(answer, "partial"), "共 2 行：新增 1，更新 0，不变 0，有误 1");
  EXPECT_EQ(OutcomeText(answer, "validate"), "（只校验，没有写入）共 2 行：新增 1，更新 0，不变 0，有误 1");
  EXPECT_EQ(OutcomeText(Json{{"row_count", "2"}, {"error_count", "1"}}, "atomic"),
            "（因有错误，没有写入任何行）共 2 行：新增 0，更新 0，不变 0，有误 1");
  EXPECT_EQ(OutcomeText(Json{{"row_count", "2"}, {"created_count", "2"}}, "atomic"),
            "共 2 行：新增 2，更新 0，不变 0，有误 0");
}

TEST(OutcomeText, SaysHowMuchWasNotDone) {
  EXPECT_EQ(OutcomeText(Json{{"row_count", "2"}, {"updated_count", "2"}, {"warning_count", "1200"}}, "partial"),
            "共 2 行：新增 0，更新 2，不变 0，有误 0，提醒 1,200");
}

TEST(RefusedText, SaysHowToGetWhatIsNotShown) {
  EXPECT_EQ(RefusedText(2, 3, ""), "2 行有误，用 --errors 文件 得到全部说明");
  EXPECT_EQ(RefusedText(6, 7, ""), "6 行有误，用 --errors 文件 得到全部说明（屏幕只显示 7 处中的前 5 处）");
  EXPECT_EQ(RefusedText(6, 7, "e.csv"), "6 行有误，说明见 e.csv");
  EXPECT_EQ(RefusedText(3000, 1000, "e.csv"), "3,000 行有误（服务器只列出前 1,000 处），说明见 e.csv");
}

TEST_F(ImportFileTest, TouchesTheErrorFileOnlyWhenThereIsAnAnswer) {
  const std::string errors = folder_ + "/errors.csv";
  EXPECT_EQ(ExitOf(Import(errors)), Exit::kRefused);
  EXPECT_FALSE(std::filesystem::exists(errors));
  ASSERT_TRUE(WritePrivate(errors, "former").ok());
  EXPECT_EQ(ExitOf(Import(errors)), Exit::kRefused);
  EXPECT_EQ(ReadFile(errors).value(), "former");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2) << "rows and errors";
}

}  // namespace
}  // namespace edudelta::gateway::cli
