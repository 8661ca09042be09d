#include "common/outbox/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/outbox/stamp.h"
#include "common/outbox/test_feed.h"
#include "common/outbox/test_outbox.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::outbox {
namespace {

using feed::v1::ListEventsRequest;
using feed::v1::ListEventsResponse;
using testing::HasReason;
using testing::IsOk;
using testing::StatusIs;

ListEventsRequest Request(const std::string& district = "", int64_t after = 0, int page = 0) {
  ListEventsRequest request;
  request.set_dataset("planning.School");
  request.set_district(district);
  request.set_after_position(after);
  request.set_page_size(page);
  return request;
}

call::v1::Caller Holder(options::v1::Role role, const std::string& prefix) {
  call::v1::Caller caller;
  caller.set_principal("users/li");
  auto* binding = caller.add_bindings();
  binding->set_role(role);
  binding->set_prefix(prefix);
  return caller;
}

TEST(Feed, RefusesAPositionOfAnotherEventOrOfNone) {
  TestOutbox outbox;
  TestFeed feed(outbox);
  outbox.Commit("310114", 1, 3);
  feed.Publish();
  const std::string last = feed.List(Request())->events(2).event_id();
  ListEventsRequest request = Request("", 3);
  request.set_after_event_id(last);
  EXPECT_THAT(feed.List(request), IsOk());
  request.set_after_position(2);
  EXPECT_THAT(feed.List(request), HasReason("FEED_REWOUND"));
  request.clear_after_event_id();
  EXPECT_THAT(feed.List(request), IsOk());
  for (const char* district : {"", "310114", "320583"}) {
    EXPECT_THAT(feed.List(Request(district, 4)), HasReason("FEED_REWOUND"));
    EXPECT_THAT(feed.List(Request(district, 4)), StatusIs(absl::StatusCode::kFailedPrecondition));
  }
}

TEST(Feed, GivesPublishedEventsInOrderPageByPage) {
  TestOutbox outbox;
  TestFeed feed(outbox);
  outbox.Commit("310114", 1, 3);
  outbox.Commit("320583", 1, 2);
  EXPECT_EQ(feed.List(Request())->events_size(), 0) << "unpublished";
  feed.Publish();
  auto page = feed.List(Request("", 0, 4));
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->events_size(), 4);
  EXPECT_EQ(page->next_position(), 4);
  const feed::v1::Event& last = page->events(3);
  EXPECT_EQ(last.position(), 4);
  EXPECT_EQ(last.sequence(), 1);
  EXPECT_EQ(last.district(), "320583");
  EXPECT_EQ(last.name(), "districts/320583/schools/1");
  EXPECT_EQ(last.kind(), feed::v1::Event::KIND_CREATED);
  planning::v1::School school;
  ASSERT_TRUE(last.after().UnpackTo(&school));
  EXPECT_EQ(school.display_name(), "第1小学");
  EXPECT_FALSE(last.has_before());
  page = feed.List(Request("", 4));
  EXPECT_EQ(page->events_size(), 1);
  EXPECT_EQ(page->next_position(), 5);
  EXPECT_EQ(feed.List(Request("", 5))->next_position(), 5);
  page = feed.List(Request("320583"));
  EXPECT_EQ(page->events_size(), 2);
  EXPECT_EQ(page->next_position(), 5);
}

TEST(Feed, LeavesOutPersonalFields) {
  TestOutbox outbox;
  TestFeed feed(outbox);
  teachers::v1::Teacher teacher;
  teacher.set_name("districts/310114/teachers/t1");
  teacher.set_full_name("张小明");
  teacher.set_identity_number("11010519491231002X");
  teacher.set_school("districts/310114/schools/1");
  ASSERT_THAT(outbox.pool->Transact(Soon(),
                                    [&](db::Tx& tx) {
                                      return outbox.writer.Append(tx, "2026-11-21 20:00:00.000000",
                                                                  {{.dataset = "teachers.Teacher",
                                                                    .district = "310114",
                                                                    .name = teacher.name(),
                                                                    .kind = feed::v1::Event::KIND_UPDATED,
                                                                    .before = &teacher,
                                                                    .after = &teacher}});
                                    }),
              IsOk());
  feed.Publish();
  ListEventsRequest request;
  request.set_dataset("teachers.Teacher");
  const auto page = feed.List(request);
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->events_size(), 1);
  teacher.clear_full_name();
  teacher.clear_identity_number();
  for (const auto& any : {page->events(0).before(), page->events(0).after()}) {
    teachers::v1::Teacher read;
    ASSERT_TRUE(any.UnpackTo(&read));
    EXPECT_EQ(read.SerializeAsString(), teacher.SerializeAsString());
  }
}

TEST(Feed, IsForServicesAndForAuditorsWithinTheirDistricts) {
  using namespace options::v1;  // NOLINT: the roles.
  TestOutbox outbox;
  TestFeed feed(outbox);
  const auto status = [&](Role role, const std::string& prefix, const std::string& district) {
    return feed.List(Request(district), Holder(role, prefix)).status();
  };
  EXPECT_THAT(status(ROLE_SERVICE, "*", ""), IsOk());
  EXPECT_THAT(status(ROLE_AUDITOR, "*", ""), IsOk());
  EXPECT_THAT(status(ROLE_AUDITOR, "districts/310114", "310114"), IsOk());
  EXPECT_THAT(status(ROLE_AUDITOR, "districts/320500", "320583"), IsOk());
  EXPECT_THAT(status(ROLE_AUDITOR, "districts/320000", "320583"), IsOk());
  for (const auto& refused :
       {status(ROLE_AUDITOR, "districts/310114", ""), status(ROLE_AUDITOR, "districts/310114", "320583"),
        status(ROLE_AUDITOR, "districts/320500", "321102"),
        status(ROLE_AUDITOR, "districts/310114/schools/1", "310114"),
        status(ROLE_SERVICE, "districts/310114", "310114"), status(ROLE_BUREAU_CLERK, "*", "310114")}) {
    EXPECT_THAT(refused, HasReason("FEED_NOT_PERMITTED"));
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kPermissionDenied));
  }
}

TEST(Feed, RefusesBadRequests) {
  TestOutbox outbox;
  TestFeed feed(outbox);
  ListEventsRequest request = Request();
  request.clear_dataset();
  EXPECT_EQ(FieldOf(feed.List(request).status()), "dataset");
  EXPECT_EQ(FieldOf(feed.List(Request("31011x")).status()), "district");
  EXPECT_EQ(FieldOf(feed.List(Request("", -1)).status()), "after_position");
  EXPECT_EQ(FieldOf(feed.List(Request("", 0, -1)).status()), "page_size");
}

TEST(Feed, TellsWhenThePositionIsOlderThanWhatIsKept) {
  TestOutbox outbox;
  TestFeed feed(outbox);
  outbox.Commit("310114", 1, 3);
  outbox.Commit("320583", 1, 2);
  feed.Publish();
  outbox.Run("UPDATE outbox SET commit_time = commit_time - INTERVAL 2 DAY WHERE position <= 4");
  const auto retire = [&] {
    ASSERT_THAT(
        outbox.pool->Transact(Soon(), [](db::Tx& tx) { return DeletePublished(tx, absl::Hours(24), 500).status(); }),
        IsOk());
  };
  retire();
  EXPECT_THAT(feed.List(Request("", 3)), HasReason("CURSOR_TOO_OLD"));
  EXPECT_THAT(feed.List(Request("", 3)), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(feed.List(Request("", 0)), HasReason("CURSOR_TOO_OLD")) << "a copy made anew would lack the first";
  EXPECT_THAT(feed.List(Request("310114", 2)), HasReason("CURSOR_TOO_OLD"));
  EXPECT_EQ(feed.List(Request("", 4))->events_size(), 1);
  EXPECT_EQ(feed.List(Request("310114", 3))->events_size(), 0) << "nothing of this district is missing";
  outbox.Run("UPDATE outbox SET commit_time = commit_time - INTERVAL 2 DAY");
  retire();
  EXPECT_EQ(outbox.Ask("SELECT COUNT(*) FROM outbox"), "0");
  EXPECT_THAT(feed.List(Request("", 4)), HasReason("CURSOR_TOO_OLD"));
  EXPECT_THAT(feed.List(Request("", 5)), IsOk());
  ListEventsRequest other = Request();
  other.set_dataset("planning.GradeEnrollment");
  EXPECT_THAT(feed.List(other), IsOk());
}

}  // namespace
}  // namespace edudelta::outbox
