#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/service/testing.h"
#include "common/testing/matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::service {
namespace {

using ::edudelta::testing::HasReason;
using ::edudelta::testing::IsOk;

// Teachers, from nothing: the draft is the migration that the service starts with.
class DraftTest : public ::testing::Test {
 protected:
  DraftTest() : pool_(*db::Pool::Create(testing::Database::Shared().CreateSchema(), registry_)) {
    definition_.name = "teachers";
  }

  absl::StatusOr<std::string> Draft() {
    std::string draft;
    RETURN_IF_ERROR(pool_->Read(testing::Soon(), [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(draft, DraftMigrations(definition_, session));
      return absl::OkStatus();
    }));
    return draft;
  }

  metrics::Registry registry_;
  std::unique_ptr<db::Pool> pool_;
  Definition definition_;
};

TEST_F(DraftTest, IsTheMigrationThatIsMissing) {
  EXPECT_THAT(Draft(), HasReason("MIGRATION_PENDING")) << "first those that there are";
  ASSERT_THAT(Migrate(definition_, *pool_), IsOk());
  const auto draft = Draft();
  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->substr(0, draft->find('(')), "-- teachers.Teacher\nCREATE TABLE `teacher` ");
  EXPECT_NE(draft->find("\n\n-- teachers.StaffingQuota\n"), std::string::npos);
  definition_.migrations = {{"209901010000_create_all", *draft}};
  ASSERT_THAT(Migrate(definition_, *pool_), IsOk());
  EXPECT_EQ(Draft().value_or("not ok"), "");
}

}  // namespace
}  // namespace edudelta::service
