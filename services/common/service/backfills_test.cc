#include <thread>

#include "common/service/test_teachers.h"
#include "common/testing/matchers.h"
#include "edudelta/teachers/v1/staffing_quota.pb.h"
#include "gtest/gtest.h"

namespace edudelta::service {
namespace {

using ::edudelta::testing::HasReason;
using ::edudelta::testing::IsOk;

TEST(Backfills, AreDoneByTheReleaseThatBringsThem) {
  Definition definition = Teachers();
  auto server = std::make_unique<TestServer>(definition);
  const db::Options schema = server->schema();
  Must(
      server->Execute("INSERT INTO staffing_quota SET version = 1, create_time = NOW(6), update_time = NOW(6), "
                      "district_id = '310114', school_id = '1', staffing_quota_id = '2026', school_year = 2026, "
                      "post_count = 1, non_teaching_post_count = 0, borrowed_post_count = 0, note = ''"));
  server.reset();
  definition.backfills = {{"209901010000_set_quota", "teachers.StaffingQuota", [](google::protobuf::Message* row) {
                             static_cast<teachers::v1::StaffingQuota*>(row)->set_post_count(7);
                             return absl::OkStatus();
                           }}};
  server = std::make_unique<TestServer>(definition, testing::Database::Shared(), &schema);
  const absl::Time until = absl::Now() + absl::Seconds(60);
  while (server->Ask("SELECT done FROM backfill") != "1" && absl::Now() < until) std::this_thread::yield();
  EXPECT_EQ(server->Ask("SELECT CONCAT(version, ' ', post_count) FROM staffing_quota"), "2 7");
  EXPECT_EQ(server->Ask("SELECT COUNT(*) FROM outbox WHERE dataset = 'teachers.StaffingQuota'"), "1");
}

TEST(Backfills, AreOfRowsOfTheServiceThatMayChange) {
  Definition definition = Teachers();
  const auto nothing = [](auto*) { return absl::OkStatus(); };
  const auto build = [&] {
    Runtime runtime(definition, config::Common(), {});
    return runtime.Build(false);
  };
  definition.backfills = {{"a", "teachers.Teacher", nothing}};
  EXPECT_THAT(build(), IsOk());
  definition.backfills = {{"a", "planning.School", nothing}};
  EXPECT_THAT(build(), HasReason("SERVICE_DECLARATION"));
  definition.backfills = {{"a", "teachers.Teacher", nothing}, {"a", "teachers.StaffingQuota", nothing}};
  EXPECT_THAT(build(), HasReason("SERVICE_DECLARATION"));
  definition.backfills = {{std::string(65, 'a'), "teachers.Teacher", nothing}};
  EXPECT_THAT(build(), HasReason("SERVICE_DECLARATION"));
}

}  // namespace
}  // namespace edudelta::service
