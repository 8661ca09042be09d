// What connections keep of large values after they were used.
#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/db/pool.h"
#include "common/testing/database.h"
#include "common/testing/matchers.h"

namespace edudelta::db {
namespace {

using testing::IsOk;
using testing::Soon;

constexpr int kStatements = 40;
constexpr int kMib = 1 << 20;

// In MiB, of the whole process.
int Used() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<int>((info.uordblks + info.hblkhd) >> 20);
}

class MemoryTest : public ::testing::Test {
 protected:
  MemoryTest() {
    Options options = testing::Database::Shared().CreateSchema();
    // All statements stand prepared on the one.
    options.connections = 1;
    pool_ = *Pool::Create(options, registry_);
  }

  // The length of the one cell.
  int64_t Ask(const std::string& sql, const std::vector<Value>& parameters) {
    int64_t length = -1;
    EXPECT_THAT(pool_->Read(Soon(),
                            [&](Session& session) -> absl::Status {
                              ASSIGN_OR_RETURN(Rows rows, session.Query(sql, parameters));
                              if (rows.Next()) length = static_cast<int64_t>(rows.Text(0).size());
                              return absl::OkStatus();
                            }),
                IsOk());
    return length;
  }

  metrics::Registry registry_;
  std::unique_ptr<Pool> pool_;
};

TEST_F(MemoryTest, StatementsKeepNoParameters) {
  for (const int size : {100000, kMib}) {
    const int before = Used();
    for (int i = 0; i < kStatements; ++i) {
      const std::vector<Value> large(4, std::string(size, 'x'));
      EXPECT_GT(Ask(absl::StrCat("SELECT LENGTH(?) + LENGTH(?) + LENGTH(?) + LENGTH(?) + ", i), large), 5);
    }
    EXPECT_LT(Used(), before + 8) << size;
  }
}

TEST_F(MemoryTest, StatementsKeepNoRows) {
  const int before = Used();
  for (int i = 0; i < kStatements; ++i) {
    EXPECT_EQ(Ask(absl::StrCat("SELECT REPEAT('x', ?), ", i), {int64_t{2 * kMib}}), 2 * kMib);
  }
  EXPECT_LT(Used(), before + 8);
}

}  // namespace
}  // namespace edudelta::db
