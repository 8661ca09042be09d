#include "safety/api/gauges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/calendar/days.h"
#include "common/testing/matchers.h"
#include "prometheus/gauge.h"
#include "safety/api/testing.h"

namespace edudelta::safety::api {
namespace {

using testing::IsOk;

class GaugesTest : public ::testing::Test {
 protected:
  double ValueOf(const std::string& name, metrics::Labels labels) {
    labels.insert(labels.begin(), {"district", "150104"});
    return registry_.Gauge(name, "", labels).Value();
  }
  void Set() {
    const std::vector<service::RegionGauge> gauges = Gauges();
    EXPECT_THAT(service::RegionGauges(gauges, node_.runtime().pool(), registry_, node_.clock()).Turn(true), IsOk());
  }
  // Written long ago. What a row must have and no test asks for has its type's nought.
  void Insert(const std::string& table, const std::string& columns, const std::vector<std::string>& rows) {
    const std::string common = "1, NOW(6) - INTERVAL 1 YEAR, NOW(6), '150104', ";
    ASSERT_THAT(node_.Execute(absl::StrCat("INSERT IGNORE INTO ", table,
                                           " (version, create_time, update_time, district_id, ", columns, ") VALUES (",
                                           common, absl::StrJoin(rows, absl::StrCat("), (", common)), ")")),
                IsOk());
  }
  std::string Day(int from_today) { return absl::StrCat("'", absl::FormatCivilTime(today_ + from_today), "'"); }

  TestNode node_;
  const absl::CivilDay today_ = calendar::Today(node_.clock());
  metrics::Registry registry_;
};

TEST_F(GaugesTest, TellOpenHazardsFromThoseThatAreOverdue) {
  Insert("hazard", "hazard_id, state, grade, due_date",
         {absl::StrCat("'fresh', 1, 0, NULL"), absl::StrCat("'due', 4, 1, ", Day(0)),
          absl::StrCat("'over', 4, 1, ", Day(-1)), absl::StrCat("'checked', 6, 1, ", Day(-1)),
          absl::StrCat("'closed', 7, 3, ", Day(-1)), absl::StrCat("'archived', 8, 3, ", Day(-1)),
          absl::StrCat("'void', 9, 3, ", Day(-1))});
  Set();
  const auto open = [&](const char* grade) { return ValueOf("edudelta_region_hazards_open", {{"grade", grade}}); };
  const auto overdue = [&](const char* grade) {
    return ValueOf("edudelta_region_hazards_overdue", {{"grade", grade}});
  };
  EXPECT_EQ(open("unspecified"), 1);
  EXPECT_EQ(overdue("unspecified"), 0);
  EXPECT_EQ(open("general"), 3);
  EXPECT_EQ(overdue("general"), 2);
  EXPECT_EQ(open("major"), 0);
  EXPECT_EQ(overdue("major"), 0);
  // None is a number that is told, too.
  EXPECT_THAT(metrics::Render(registry_),
              ::testing::HasSubstr("edudelta_region_hazards_open{district=\"150104\",grade=\"major\"} 0"));
}

TEST_F(GaugesTest, CountPointsMissedInTheLastWholeMonth) {
  ASSERT_THAT(node_.Execute("INSERT IGNORE INTO ref_school (name, district_id, close_date) VALUES "
                            "('districts/150104/schools/gone', '150104', NOW() - INTERVAL 3 MONTH)"),
              IsOk());
  Insert("inspection_point", "school_id, inspection_point_id, monthly_patrols, retired",
         {"'2115000001', 'enough', 2, 0", "'2115000001', 'once', 2, 0", "'2115000001', 'never', 1, 0",
          "'2115000001', 'none_needed', 0, 0", "'2115000001', 'retired', 2, 1", "'gone', 'of_closed', 2, 0"});
  ASSERT_THAT(node_.Execute("INSERT IGNORE INTO inspection_point (version, create_time, update_time, district_id, "
                            "school_id, inspection_point_id, monthly_patrols) VALUES (1, NOW(6), NOW(6), '150104', "
                            "'2115000001', 'new', 2)"),
              IsOk());
  const absl::CivilMonth month = absl::CivilMonth(today_) - 1;
  int number = 0;
  const auto patrol = [&](const char* point, absl::Time time, int state) {
    Insert("patrol", "school_id, patrol_id, point, patrol_time, state",
           {absl::StrCat("'2115000001', 'p", ++number, "', '", kSchool, "/inspectionPoints/", point, "', '",
                         absl::FormatTime("%Y-%m-%d %H:%M:%S", time, absl::UTCTimeZone()), "', ", state)});
  };
  const absl::Time first = calendar::StartOf(absl::CivilDay(month));
  const absl::Time end = calendar::StartOf(absl::CivilDay(month + 1));
  patrol("enough", first, 1);
  patrol("enough", end - absl::Seconds(1), 1);
  patrol("once", first, 1);
  patrol("once", first - absl::Seconds(1), 1);
  patrol("once", end, 1);
  // Taken back.
  patrol("once", first, 2);
  Set();
  EXPECT_EQ(ValueOf("edudelta_region_patrol_points_missed", {}), 2) << "once and never";
}

}  // namespace
}  // namespace edudelta::safety::api
