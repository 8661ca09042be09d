#include "gateway/forward/prune.h"

#include "edudelta/exchange/v1/client.pb.h"
#include "edudelta/planning/v1/district.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "edudelta/teachers/v1/teachers.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::forward {
namespace {

using ::testing::ElementsAre;

planning::v1::School SampleSchool(const std::string& id) {
  planning::v1::School school;
  school.set_name("districts/310114/schools/" + id);
  school.set_display_name("甲校");
  school.set_town_code("310114001");
  school.mutable_update_time()->set_seconds(1);
  school.set_etag("e");
  return school;
}

TEST(Prune, LeavesNameAndGrantedFields) {
  planning::v1::School school = SampleSchool("1");
  Prune("planning.School", {"display_name"}, &school);
  EXPECT_EQ(school.name(), "districts/310114/schools/1");
  EXPECT_EQ(school.display_name(), "甲校");
  EXPECT_EQ(school.town_code(), "");
  EXPECT_EQ(school.etag(), "");
  EXPECT_FALSE(school.has_update_time());
}

TEST(Prune, ReachesTheRecordsOfAPageAndKeepsItsToken) {
  planning::v1::ListSchoolsResponse page;
  *page.add_schools() = SampleSchool("1");
  *page.add_schools() = SampleSchool("2");
  page.set_next_page_token("next");
  Prune("planning.School", {"town_code"}, &page);
  ASSERT_EQ(page.schools_size(), 2);
  EXPECT_EQ(page.schools(1).display_name(), "");
  EXPECT_EQ(page.schools(1).town_code(), "310114001");
  EXPECT_EQ(page.next_page_token(), "next");
  EXPECT_EQ(RecordsOf("planning.School", page).size(), 2u);
}

TEST(Prune, LetsNoOtherDatasetThrough) {
  planning::v1::ListSchoolsResponse page;
  *page.add_schools() = SampleSchool("1");
  Prune("teachers.Teacher", {"display_name"}, &page);
  EXPECT_EQ(page.schools_size(), 0);
  planning::v1::School school = SampleSchool("1");
  Prune("teachers.Teacher", {"display_name"}, &school);
  EXPECT_EQ(school.ByteSizeLong(), 0u);
}

TEST(Prune, DropsWhatThisBuildDoesNotKnow) {
  planning::v1::School school = SampleSchool("1");
  school.GetReflection()->MutableUnknownFields(&school)->AddVarint(9999, 1);
  Prune("planning.School", {"display_name"}, &school);
  EXPECT_TRUE(school.GetReflection()->GetUnknownFields(school).empty());
}

TEST(Prune, ClearsWrappersThatCarrySomethingElse) {
  exchange::v1::RotateClientSecretResponse secret;
  secret.set_client_secret("s");
  Prune("planning.School", {"display_name"}, &secret);
  EXPECT_EQ(secret.client_secret(), "");
}

TEST(SensitiveIn, NamesFieldsAndPersonsThatWereShown) {
  teachers::v1::ListTeachersResponse page;
  auto* shown = page.add_teachers();
  shown->set_full_name("某某");
  shown->set_phone("138****8361");
  shown->set_person_token("t1");
  page.add_teachers()->set_person_token("t2");
  auto* masked = page.add_teachers();
  masked->set_full_name("某*");
  masked->set_person_token("t3");
  const Sensitive sensitive = SensitiveIn(page);
  EXPECT_THAT(sensitive.fields, ElementsAre("full_name"));
  EXPECT_THAT(sensitive.person_tokens, ElementsAre("t1"));
}

TEST(SensitiveTypes, AreThoseThatHoldOne) {
  const SensitiveTypes types({teachers::v1::Teacher::descriptor(), teachers::v1::ListTeachersResponse::descriptor(),
                              planning::v1::District::descriptor()});
  EXPECT_TRUE(types.Contain(teachers::v1::Teacher::descriptor()));
  EXPECT_TRUE(types.Contain(teachers::v1::ListTeachersResponse::descriptor()));
  EXPECT_FALSE(types.Contain(planning::v1::District::descriptor()));
}

}  // namespace
}  // namespace edudelta::gateway::forward
