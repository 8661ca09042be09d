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
