#include "common/outbox/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/outbox/payload.h"
#include "common/outbox/test_outbox.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::outbox {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

TEST(Writer, WritesEveryChangeOnceInOrder) {
  TestOutbox outbox;
  outbox.Commit("310114", 1, 234);
  EXPECT_EQ(outbox.Ask("SELECT COUNT(*) FROM outbox"), "234");
  EXPECT_EQ(outbox.Ask("SELECT COUNT(DISTINCT event_id) FROM outbox"), "234");
  EXPECT_EQ(outbox.Ask("SELECT name FROM outbox ORDER BY row_id LIMIT 3"),
            "districts/310114/schools/1 districts/310114/schools/2 districts/310114/schools/3");
  EXPECT_EQ(outbox.Ask("SELECT name FROM outbox ORDER BY row_id DESC LIMIT 1"), "districts/310114/schools/234");
}

TEST(Writer, WritesNothingWhenTheTransactionFails) {
  TestOutbox outbox;
  EXPECT_FALSE(outbox.pool
                   ->Transact(Soon(),
                              [&](db::Tx& tx) -> absl::Status {
                                RETURN_IF_ERROR(outbox.AppendSchools(tx, "310114", 1, 12));
                                return absl::CancelledError();
                              })
                   .ok());
  EXPECT_EQ(outbox.Ask("SELECT COUNT(*) FROM outbox"), "0");
}

TEST(Writer, EncryptsMessagesWithPersonalFieldsAndNoOthers) {
  TestOutbox outbox;
  teachers::v1::Teacher teacher;
  teacher.set_name("districts/310114/teachers/t1");
  teacher.set_full_name("张小明");
  teacher.set_identity_number("11010519491231002X");
  const planning::v1::School school = TestOutbox::School("districts/310114/schools/1", "第一小学");
  ASSERT_THAT(outbox.pool->Transact(Soon(),
                                    [&](db::Tx& tx) {
                                      return outbox.writer.Append(tx, "2026-11-21 20:00:00.000000",
                                                                  {{.dataset = "teachers.Teacher",
                                                                    .district = "310114",
                                                                    .name = teacher.name(),
                                                                    .kind = feed::v1::Event::KIND_UPDATED,
                                                                    .before = &teacher,
                                                                    .after = &teacher},
                                                                   {.dataset = "planning.School",
                                                                    .district = "310114",
                                                                    .name = school.name(),
                                                                    .kind = feed::v1::Event::KIND_CREATED,
                                                                    .after = &school}});
                                    }),
              IsOk());
  const std::string stored = outbox.Ask("SELECT payload FROM outbox WHERE dataset = 'teachers.Teacher'");
  EXPECT_THAT(stored, Not(HasSubstr("张小明")));
  EXPECT_THAT(stored, Not(HasSubstr("11010519491231002X")));
  EXPECT_THAT(outbox.Ask("SELECT payload FROM outbox WHERE dataset = 'planning.School'"), HasSubstr("第一小学"));

  const std::string event_id = outbox.Ask("SELECT event_id FROM outbox WHERE dataset = 'teachers.Teacher'");
  const auto event = DecodePayload(event_id, stored, outbox.cipher);
  ASSERT_THAT(event, IsOk());
  teachers::v1::Teacher read;
  ASSERT_TRUE(event->before().UnpackTo(&read));
  EXPECT_EQ(read.identity_number(), "11010519491231002X");
  EXPECT_EQ(event->commit_time().seconds(), 1795291200);
  // Bound to its row.
  EXPECT_THAT(
      DecodePayload(outbox.Ask("SELECT event_id FROM outbox WHERE dataset = 'planning.School'"), stored, outbox.cipher),
      HasReason("FIELD_CIPHER_TAMPERED"));
}

}  // namespace
}  // namespace edudelta::outbox
