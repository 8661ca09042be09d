#include "common/resource/copy.h"

#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::resource {
namespace {

using planning::v1::School;
using testing::HasReason;
using testing::IsOk;

feed::v1::Event EventOf(const School& school, feed::v1::Event::Kind kind = feed::v1::Event::KIND_UPDATED) {
  feed::v1::Event event;
  event.set_kind(kind);
  event.set_dataset("planning.School");
  event.set_district("310114");
  event.set_name(school.name());
  event.mutable_after()->PackFrom(school);
  event.mutable_commit_time()->set_seconds(1795291300);
  return event;
}

class CopyTest : public ::testing::Test {
 protected:
  School SchoolAt(int64_t seconds, const std::string& display_name, School::State state = School::STATE_OPEN) {
    School school = SchoolOf(kSchool);
    school.set_display_name(display_name);
    school.set_state(state);
    school.mutable_update_time()->set_seconds(seconds);
    return school;
  }
  absl::Status Apply(const feed::v1::Event& event, const Copy* copy = nullptr) {
    return service_.pool->Transact(
        Soon(), [&](db::Tx& tx) { return (copy == nullptr ? *service_.copies[0] : *copy).Apply(tx, event); });
  }
  absl::Status Prepare(const Copy& copy) {
    return service_.pool->Read(Soon(), [&](db::Session& session) { return copy.Prepare(session); });
  }
  absl::Status Check(const Copy& copy) {
    return service_.pool->Read(Soon(), [&](db::Session& session) { return copy.CheckSchema(session); });
  }
  std::string Rows() {
    return service_.Ask(
        "SELECT CONCAT(name, ' ', district_id, ' ', display_name, ' ', kind, ' ', state, ' ', update_time) "
        "FROM ref_school");
  }

  TestService service_{std::vector<const google::protobuf::Descriptor*>{}};
};

TEST_F(CopyTest, KeepsWhatTheEventsSay) {
  ASSERT_THAT(Apply(EventOf(SchoolAt(1795291200, "旧名小学"), feed::v1::Event::KIND_CREATED)), IsOk());
  ASSERT_THAT(Apply(EventOf(SchoolAt(1795291201, "新名小学", School::STATE_CLOSED))), IsOk());
  EXPECT_EQ(Rows(), absl::StrCat(kSchool, " 310114 新名小学 211 2 2026-11-21 20:00:01.000000"));
  feed::v1::Event gone = EventOf(SchoolAt(1795291202, ""), feed::v1::Event::KIND_DELETED);
  gone.clear_after();
  ASSERT_THAT(Apply(gone), IsOk());
  EXPECT_EQ(Rows(), "");
  School timeless = SchoolOf(kSchool);
  ASSERT_THAT(Apply(EventOf(timeless)), IsOk());
  EXPECT_EQ(Rows(), absl::StrCat(kSchool, " 310114 第一小学 211 0 2026-11-21 20:01:40.000000"));
}

TEST_F(CopyTest, TakesNoRowBack) {
  ASSERT_THAT(Apply(EventOf(SchoolAt(1795291201, "新名小学", School::STATE_CLOSED))), IsOk());
  ASSERT_THAT(Apply(EventOf(SchoolAt(1795291200, "旧名小学"))), IsOk());
  EXPECT_EQ(Rows(), absl::StrCat(kSchool, " 310114 新名小学 211 2 2026-11-21 20:00:01.000000"));
}

TEST_F(CopyTest, StopsAtWhatIsNoSchool) {
  feed::v1::Event event = EventOf(SchoolAt(1795291200, "一小"));
  event.mutable_after()->PackFrom(feed::v1::ListEventsRequest());
  EXPECT_THAT(Apply(event), HasReason("EVENT_PAYLOAD_MALFORMED"));
}

// A table as an earlier release made it, narrower and without one of the columns.
TEST_F(CopyTest, ExtendsATableAndHasItsFeedAppliedAgain) {
  service_.Run("ALTER TABLE ref_school MODIFY COLUMN kind CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL");
  service_.Run(
      "INSERT INTO feed_cursor (source, dataset, position) VALUES ('planning', 'planning.School', 7), "
      "('planning', 'planning.Else', 7)");
  const std::string cursor = "SELECT CONCAT(position, ' ', handled) FROM feed_cursor WHERE dataset = 'planning.School'";
  ASSERT_THAT(Prepare(*service_.copies[0]), IsOk());
  EXPECT_THAT(Check(*service_.copies[0]), IsOk());
  EXPECT_EQ(service_.Ask(cursor), "7 0") << "nothing was missing";
  EXPECT_EQ(service_.Ask("SELECT column_type FROM information_schema.columns WHERE table_schema = DATABASE() AND "
                         "table_name = 'ref_school' AND column_name = 'kind'"),
            "varchar(3)");
  service_.Run("INSERT INTO ref_school VALUES ('a', '310114', '一小', '211', 1, NOW(6))");
  service_.Run("ALTER TABLE ref_school MODIFY COLUMN display_name VARCHAR(60) NOT NULL");
  describe::Followed wider = SchoolCopy();
  for (const char* column : {"address", "built_year", "longitude", "close_date"}) wider.columns.push_back(column);
  const auto copy = *Copy::Build(wider, service_.codes);
  EXPECT_THAT(Check(*copy), HasReason("COLUMN_TYPE"));
  ASSERT_THAT(Prepare(*copy), IsOk());
  EXPECT_THAT(Check(*copy), IsOk());
  EXPECT_EQ(service_.Ask(cursor), "0 7");
  EXPECT_EQ(service_.Ask("SELECT position FROM feed_cursor WHERE dataset = 'planning.Else'"), "7");
  // Programs of before do not know the new columns.
  service_.Run(
      "INSERT INTO ref_school (name, district_id, display_name, kind, state, update_time) "
      "VALUES ('b', '310114', '二小', '211', 1, NOW(6))");
  School school = SchoolAt(1795291200, "三小");
  school.set_address("路1号");
  school.set_built_year(1974);
  school.set_longitude("121.25");
  *school.mutable_close_date() = calendar::ToProto(absl::CivilDay(2026, 7, 1));
  ASSERT_THAT(Apply(EventOf(school), copy.get()), IsOk());
  EXPECT_EQ(service_.Ask("SELECT CONCAT(address, ' ', built_year, ' ', longitude, ' ', close_date) FROM ref_school "
                         "WHERE display_name = '三小'"),
            "路1号 1974 121.250000 2026-07-01");
}

TEST_F(CopyTest, ChecksItsSchema) {
  const auto copy =
      *Copy::Build({"planning.School", "planning", School::descriptor(), {}, "ref_planning_school"}, service_.codes);
  EXPECT_THAT(Check(*copy), HasReason("COLUMN_MISSING"));
  ASSERT_THAT(Prepare(*copy), IsOk());
  EXPECT_THAT(Check(*copy), IsOk());
  service_.Run("ALTER TABLE ref_planning_school MODIFY COLUMN state INT NULL");
  EXPECT_THAT(Check(*copy), HasReason("COLUMN_NULLABLE"));
  service_.Run("ALTER TABLE ref_planning_school MODIFY COLUMN state INT NOT NULL, DROP PRIMARY KEY");
  EXPECT_THAT(Check(*copy), HasReason("KEY_NOT_UNIQUE"));
  service_.Run("ALTER TABLE ref_planning_school ADD PRIMARY KEY (name), DROP KEY ix_ref_planning_school_district");
  EXPECT_THAT(Check(*copy), HasReason("INDEX_MISSING"));
}

// As when the other service makes a field optional, or this one no longer follows a column.
TEST_F(CopyTest, MakesATableOfAnotherKindAnew) {
  const Copy& copy = *service_.copies[0];
  for (const char* change : {"MODIFY COLUMN kind VARCHAR(3) CHARACTER SET ascii COLLATE ascii_bin NULL",
                             "ADD COLUMN former INT NOT NULL", "DROP PRIMARY KEY", "DROP KEY ix_ref_school_district"}) {
    service_.Run("REPLACE INTO feed_cursor (source, dataset, position) VALUES ('planning', 'planning.School', 7)");
    service_.Run(absl::StrCat("ALTER TABLE ref_school ", change));
    EXPECT_FALSE(Check(copy).ok()) << change;
    ASSERT_THAT(Prepare(copy), IsOk()) << change;
    EXPECT_THAT(Check(copy), IsOk()) << change;
    EXPECT_EQ(service_.Ask("SELECT CONCAT(position, ' ', handled) FROM feed_cursor"), "0 7") << change;
  }
}

TEST_F(CopyTest, RefusesColumnsThatAreNotCopied) {
  const auto build = [&](const google::protobuf::Descriptor* type, const std::string& column) {
    return Copy::Build({"x.X", "x", type, {column}, "ref_x"}, service_.codes).status();
  };
  EXPECT_THAT(build(School::descriptor(), "nothing"), HasReason("FOLLOW_DECLARATION"));
  EXPECT_THAT(build(School::descriptor(), "etag"), HasReason("FOLLOW_DECLARATION"));
  EXPECT_THAT(build(teachers::v1::Teacher::descriptor(), "full_name"), HasReason("FOLLOW_DECLARATION")) << "personal";
  EXPECT_THAT(build(teachers::v1::Teacher::descriptor(), "school"), IsOk());
}

}  // namespace
}  // namespace edudelta::resource
