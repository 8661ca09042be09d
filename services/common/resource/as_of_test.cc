// Reads of the past where each row has had many versions.
#include "common/resource/test_engine.h"

namespace edudelta::resource {
namespace {

using planning::v1::School;
using testing::IsOk;

constexpr int kSchools = 20;
constexpr int kVersions = 1000;

class AsOfTest : public ::testing::Test {
 protected:
  // Schools that were changed once a day, long ago.
  AsOfTest() {
    std::deque<School> schools;
    std::vector<const Message*> rows;
    for (int i = 0; i < kSchools; ++i) {
      schools.push_back(SchoolOf(absl::StrCat("districts/310114/schools/", 2131000000 + i)));
      rows.push_back(&schools.back());
    }
    service_.Insert(rows);
    std::string columns;
    for (const Column& column : table().columns()) absl::StrAppend(&columns, ", `", column.name, "`");
    for (const char* district : {"310114", "310115"}) {
      service_.Run(absl::StrCat("INSERT INTO school_history (row_id, version, create_time, update_time, district_id, "
                                "school_id",
                                columns,
                                ", history_to) SELECT row_id + ?, seq, create_time, "
                                "'2020-01-01' + INTERVAL seq DAY, ?, school_id",
                                columns, ", '2020-01-01' + INTERVAL seq + 1 DAY FROM school JOIN seq_1_to_", kVersions),
                   {int64_t{district == std::string("310114") ? 0 : 1000}, std::string(district)});
    }
    service_.Ask("ANALYZE TABLE school, school_history");
  }

  const Table& table() { return service_.engine("planning.School").table(); }

  // Rows and index entries that the server passes over in `read`.
  int64_t Passed(const std::function<absl::Status(db::Session&)>& read) {
    int64_t passed = 0;
    EXPECT_THAT(service_.pool->Read(Soon(),
                                    [&](db::Session& session) -> absl::Status {
                                      ASSIGN_OR_RETURN(const int64_t before, Count(session));
                                      RETURN_IF_ERROR(read(session));
                                      ASSIGN_OR_RETURN(const int64_t after, Count(session));
                                      passed = after - before;
                                      return absl::OkStatus();
                                    }),
                IsOk());
    return passed;
  }
  static absl::StatusOr<int64_t> Count(db::Session& session) {
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query("SELECT SUM(variable_value) FROM information_schema.session_status "
                                   "WHERE variable_name IN ('HANDLER_READ_NEXT', 'HANDLER_READ_RND_NEXT')"));
    rows.Next();
    return rows.Int(0);
  }

  TestService service_{{School::descriptor()}};
};

TEST_F(AsOfTest, AggregatesDoNotPassOverAllThatEverWas) {
  // When the rows of today held, and when all of them had been replaced but for the last weeks.
  for (const char* time : {"2026-06-01 00:00:00", "2022-09-01 00:00:00"}) {
    int64_t found = 0;
    const int64_t passed = Passed([&](db::Session& session) -> absl::Status {
      const Source source = SourceAsOf(table(), {"school_id"}, "310114", time);
      ASSIGN_OR_RETURN(db::Rows rows,
                       session.Query(absl::StrCat("SELECT school_id FROM ", source.sql, " s"), source.values));
      while (rows.Next()) ++found;
      return absl::OkStatus();
    });
    EXPECT_EQ(found, kSchools) << time;
    EXPECT_LT(passed, kSchools * kVersions / 5) << time;
  }
}

TEST_F(AsOfTest, PagesDoNotEither) {
  Store::Read read;
  read.where.And("`district_id` = ?", {std::string("310114")});
  read.read_time = "2026-06-01 00:00:00";
  const int64_t passed = Passed([&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<Row> rows,
                     service_.engine("planning.School").store().Page(session, read, {}, 100));
    EXPECT_EQ(rows.size(), static_cast<size_t>(kSchools));
    return absl::OkStatus();
  });
  EXPECT_LT(passed, kSchools * kVersions / 5);
}

}  // namespace
}  // namespace edudelta::resource
