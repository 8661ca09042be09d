#include "common/db/sql_time.h"

#include "gtest/gtest.h"

namespace edudelta::db {
namespace {

TEST(SqlTime, RoundTripsMicroseconds) {
  const absl::Time time = ParseSqlTime("2026-11-21 20:00:00.000123");
  EXPECT_EQ(absl::ToUnixMicros(time), 1795291200000123);
  EXPECT_EQ(SqlTime(time + absl::Nanoseconds(999)), "2026-11-21 20:00:00.000123");
  EXPECT_EQ(ParseSqlTime("2026-11-21 20:00:00"), time - absl::Microseconds(123));
}

TEST(SqlTime, TakesWhatIsNoTimeForTheEpoch) { EXPECT_EQ(ParseSqlTime("yesterday"), absl::UnixEpoch()); }

}  // namespace
}  // namespace edudelta::db
