// Days and instants as offices write them.
#include "gateway/codec/written_time.h"

#include "absl/strings/str_cat.h"
#include "common/calendar/days.h"
#include "gateway/codec/export.h"
#include "gateway/codec/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WrittenTimeTest : public ImportTest {
 protected:
  // What the import makes of the cell, or the reason why nothing.
  std::string Day(const std::string& cell) {
    const Result result = Csv(absl::StrCat("room,建成日期\nr1,\"", cell, "\"\n"));
    if (result.rooms.empty()) return result.errors.empty() ? "?" : result.errors[0];
    const auto day = calendar::FromProto(result.rooms[0].built());
    return day ? calendar::FormatDay(*day) : "none";
  }
  std::string Instant(const std::string& cell) {
    const Result result = Csv(absl::StrCat("room,checked_time\nr1,\"", cell, "\"\n"));
    if (result.rooms.empty()) return result.errors.empty() ? "?" : result.errors[0];
    return LocalInstant(result.rooms[0].checked_time().seconds(), result.rooms[0].checked_time().nanos());
  }
};

TEST_F(WrittenTimeTest, ReadsDaysInEverySpelling) {
  for (const char* cell :
       {"2024-03-01", "2024-3-1", "2024/3/1", "2024/03/01", "2024.3.1", "2024.03.01", "2024年3月1日", "2024年03月01日",
        "2024 年 3 月 1 日", "２０２４年３月１日", "2024/3/1 0:00", "2024-03-01 00:00:00", "2024/3/1 0:00:00",
        "2024年3月1日 0:00", "20240301", "45352", "45352.0"}) {
    EXPECT_EQ(Day(cell), "2024-03-01") << cell;
  }
  EXPECT_EQ(Day("18264"), "1950-01-01");
  EXPECT_EQ(Day("73050"), "2099-12-31");
  EXPECT_EQ(Day("20270"), "1955-06-30") << "no month";
  EXPECT_EQ(Day("21001"), "1957-06-30");
}

TEST_F(WrittenTimeTest, RefusesDaysThatMayBeOthers) {
  for (const char* cell : {"2024", "202403", "2024.3", "24/3/1", "3/1/2024", "1", "18263", "73051", "45352.5", "19501",
                           "20269", "20269.0", "20999"}) {
    EXPECT_EQ(Day(cell), "2 built DATE_AMBIGUOUS") << cell;
  }
  for (const char* cell : {"2024-2-30", "2025-02-29", "2024/13/1", "2024年3月", "明天", "2024/3/1 9:00", "2024-03-01x",
                           "2024//1", "20240230"}) {
    EXPECT_EQ(Day(cell), cell == std::string("20240230") ? "2 built DATE_AMBIGUOUS" : "2 built DATE_INVALID") << cell;
  }
}

TEST_F(WrittenTimeTest, ReadsLocalTimesAsThoseOfShanghai) {
  for (const char* cell : {"2026/11/5 9:00", "2026-11-05 09:00", "2026-11-05 09:00:00", "2026-11-05T09:00",
                           "2026年11月5日 9:00", "2026年11月5日9时00分", "2026.11.5 9：00", "２０２６/11/5　9:00",
                           "2026-11-05T09:00:00+08:00", "2026-11-05T01:00:00Z", "46331.375"}) {
    EXPECT_EQ(Instant(cell), "2026-11-05T09:00:00+08:00") << cell;
  }
  EXPECT_EQ(Instant("2026/11/1 0:30"), "2026-11-01T00:30:00+08:00") << "October in Greenwich";
  EXPECT_EQ(Instant("2026-11-05 23:59:59.25"), "2026-11-05T23:59:59.250+08:00");
  for (const char* cell : {"2026/11/5", "2026/11/5 24:00", "2026/11/5 9:60", "2026/11/5 9", "9:00", "2026/2/29 9:00",
                           "2026/11/5 9:00:00.", "2026/11/5 9:00x", "11/5/2026 9:00"}) {
    EXPECT_EQ(Instant(cell), "2 checked_time TIME_INVALID") << cell;
  }
  for (const char* cell : {"46331", "0.375", "202611050900", "20269", "20269.0"}) {
    EXPECT_EQ(Instant(cell), "2 checked_time DATE_AMBIGUOUS") << cell;
  }
}

TEST_F(WrittenTimeTest, WritesLocalTimesThatComeBackUnchanged) {
  sample::v1::Room room;
  room.set_name("districts/310114/schools/s1/rooms/a");
  room.mutable_checked_time()->set_seconds(1793464215);
  for (const int nanos : {0, 1000, 123456000}) {
    room.mutable_checked_time()->set_nanos(nanos);
    std::string file;
    const auto writer = MakeCsvWriter(sheet_, json_, "districts/310114/schools/s1");
    writer->Begin(&file);
    ASSERT_TRUE(writer->Row(room, &file).ok());
    EXPECT_THAT(file, HasSubstr("2026-11-01T00:30:15")) << "the day at the place";
    const Result result = Csv(file);
    EXPECT_THAT(result.errors, ElementsAre());
    ASSERT_EQ(result.rooms.size(), 1u);
    EXPECT_EQ(result.rooms[0].checked_time().seconds(), room.checked_time().seconds());
    EXPECT_EQ(result.rooms[0].checked_time().nanos(), nanos);
  }
  std::string line;
  ASSERT_TRUE(MakeNdjsonWriter(json_)->Row(room, &line).ok());
  EXPECT_THAT(line, HasSubstr("2026-10-31T16:30:15.123456Z"));
}

}  // namespace
}  // namespace edudelta::gateway::codec
