#include "common/db/table_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/db/pool.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"

namespace edudelta::db {
namespace {

using testing::HasReason;
using testing::IsOk;
using testing::Soon;

// The least that servers take for table_definition_cache.
constexpr int kLeast = 400;
constexpr int kTables = 3;

class TableCacheTest : public ::testing::Test {
 protected:
  TableCacheTest() {
    for (int i = 0; i < kTables; ++i) Run(absl::StrCat("CREATE TABLE t", i, " (id INT PRIMARY KEY)"));
    Run(absl::StrCat("SET GLOBAL table_definition_cache = ", kLeast));
  }

  void Run(const std::string& sql) {
    ASSERT_THAT(pool_->Read(Soon(), [&](Session& session) { return session.Execute(sql).status(); }), IsOk());
  }
  absl::StatusOr<TableCache> Check(int64_t reserve) {
    absl::StatusOr<TableCache> found = absl::UnknownError("not asked");
    const absl::Status asked = pool_->Read(Soon(), [&](Session& session) {
      found = CheckTableCache(session, reserve);
      return absl::OkStatus();
    });
    return asked.ok() ? found : asked;
  }

  // Of its own: the settings are the server's.
  testing::Database database_;
  metrics::Registry registry_;
  std::unique_ptr<Pool> pool_ = *Pool::Create(database_.CreateSchema(), registry_);
};

TEST_F(TableCacheTest, RefusesASchemaThatDoesNotFit) {
  const auto fits = Check(kLeast - kTables);
  ASSERT_THAT(fits, IsOk());
  EXPECT_EQ(fits->tables, kTables);
  EXPECT_EQ(fits->keeps, kLeast);
  EXPECT_FALSE(fits->full());
  const auto refused = Check(kLeast - kTables + 1);
  EXPECT_THAT(refused, HasReason("TABLE_CACHE_TOO_SMALL"));
  EXPECT_THAT(std::string(refused.status().message()), ::testing::HasSubstr("[table_definition_cache=400]"));
}

TEST_F(TableCacheTest, CountsOpenTablesToo) {
  Run("SET GLOBAL table_open_cache = 50");
  EXPECT_THAT(Check(50 - kTables), IsOk());
  EXPECT_THAT(Check(50 - kTables + 1), HasReason("TABLE_CACHE_TOO_SMALL"));
}

// The server's own ones are open from its start.
TEST_F(TableCacheTest, SeesThatAllSchemasTogetherDoNotFit) {
  Run("SET GLOBAL table_open_cache = 10");
  const auto found = Check(0);
  ASSERT_THAT(found, IsOk());
  EXPECT_GT(found->open, kTables);
  EXPECT_TRUE(found->full());
}

}  // namespace
}  // namespace edudelta::db
