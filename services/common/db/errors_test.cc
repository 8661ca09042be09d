#include "common/db/errors.h"

#include <cppconn/exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/matchers.h"

namespace edudelta::db {
namespace {

using ::testing::AllOf;
using testing::HasReason;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::StatusIs;

absl::Status From(int code, Doing doing, const std::string& message = "text") {
  return FromException(sql::SQLException(message, "HY000", code), doing);
}

TEST(FromException, NamesTheKeyAndNotTheEntry) {
  const std::string mariadb(From(1062, Doing::kWriting, "Duplicate entry '张三' for key 'uk_name'").message());
  EXPECT_THAT(mariadb, AllOf(HasSubstr("[key=uk_name]"), Not(HasSubstr("张三"))));
  const std::string mysql(
      From(1062, Doing::kWriting, "Duplicate entry 'for key 'x.y'' for key 'school.uk_name'").message());
  EXPECT_THAT(mysql, HasSubstr("[key=uk_name]"));
}

TEST(FromException, ConflictsMayBeRetriedEvenAtCommit) {
  for (const Doing doing : {Doing::kReading, Doing::kWriting, Doing::kCommitting}) {
    EXPECT_THAT(From(1213, doing), AllOf(StatusIs(absl::StatusCode::kAborted), HasReason("DATABASE_CONFLICT")));
    EXPECT_THAT(From(1205, doing), StatusIs(absl::StatusCode::kAborted));
  }
}

TEST(FromException, OutcomeIsUnknownOnlyWhereSomethingMayBeWritten) {
  EXPECT_THAT(From(2013, Doing::kReading), HasReason("DATABASE_UNAVAILABLE"));
  EXPECT_THAT(From(2013, Doing::kWriting),
              AllOf(StatusIs(absl::StatusCode::kUnknown), HasReason("DATABASE_OUTCOME_UNKNOWN")));
  EXPECT_THAT(From(2013, Doing::kCommitting), HasReason("DATABASE_OUTCOME_UNKNOWN"));
  EXPECT_THAT(From(2006, Doing::kWriting), HasReason("DATABASE_UNAVAILABLE"));
  EXPECT_THAT(From(2006, Doing::kCommitting), HasReason("DATABASE_OUTCOME_UNKNOWN"));
  EXPECT_THAT(From(1317, Doing::kCommitting), HasReason("DATABASE_OUTCOME_UNKNOWN"));
}

TEST(FromException, AFullDiskMayBeTriedAgain) {
  for (const Doing doing : {Doing::kReading, Doing::kWriting}) {
    EXPECT_THAT(From(1114, doing, "The table 'school' is full"),
                AllOf(StatusIs(absl::StatusCode::kUnavailable), HasReason("DATABASE_FULL")));
    EXPECT_THAT(From(1021, doing), HasReason("DATABASE_FULL"));
    EXPECT_THAT(From(1030, doing, "Got error 28 \"No space left on device\" from storage engine InnoDB"),
                HasReason("DATABASE_FULL"));
    EXPECT_THAT(From(3, doing, "Error writing file './x' (Errcode: 28 \"No space left on device\")"),
                HasReason("DATABASE_FULL"));
    EXPECT_THAT(From(1030, doing, "Got error 168 from storage engine InnoDB"), HasReason("DATABASE_ERROR"));
  }
  EXPECT_THAT(From(1114, Doing::kCommitting), HasReason("DATABASE_OUTCOME_UNKNOWN"));
}

TEST(FromException, TellsTheServersTextOnlyWhereItHoldsNoValue) {
  EXPECT_THAT(std::string(From(1054, Doing::kReading, "Unknown column 'x'").message()), HasSubstr("Unknown column"));
  EXPECT_THAT(std::string(From(1366, Doing::kReading, "Incorrect value: '张三'").message()), Not(HasSubstr("张三")));
}

}  // namespace
}  // namespace edudelta::db
