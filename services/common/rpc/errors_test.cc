#include "common/rpc/errors.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace edudelta::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";

std::string DomainOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  info.ParseFromString(std::string(*status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo")));
  return info.domain();
}

TEST(Errors, MakeTheRoundTrip) {
  const absl::Status sent = Invalid("row.date", "DATE_DOES_NOT_EXIST", "没有这一天");
  const absl::Status back = FromGrpc(ToGrpc(sent, "safety", kTrace));
  EXPECT_EQ(back.code(), sent.code());
  EXPECT_EQ(back.message(), sent.message());
  EXPECT_EQ(ReasonOf(back), "DATE_DOES_NOT_EXIST");
  EXPECT_EQ(ChineseOf(back), "没有这一天");
  EXPECT_EQ(FieldOf(back), "row.date");
  EXPECT_EQ(DomainOf(back), "safety.edudelta");
}

TEST(Errors, KeepTheDomainOfTheServiceThatFailed) {
  const absl::Status first = FromGrpc(ToGrpc(Missing("x"), "teachers", kTrace));
  EXPECT_EQ(DomainOf(FromGrpc(ToGrpc(first, "planning", kTrace))), "teachers.edudelta");
}

TEST(Errors, GetReasonAndTextFromTheCodeWhenTheyHaveNone) {
  const absl::Status back = FromGrpc(ToGrpc(absl::AbortedError("deadlock"), "planning", kTrace));
  EXPECT_EQ(back.message(), "deadlock");
  EXPECT_EQ(ReasonOf(back), "ABORTED");
  EXPECT_THAT(ChineseOf(back), HasSubstr("冲突"));
}

TEST(Errors, HideTheTextOfInternalFailures) {
  for (const absl::Status& status :
       {absl::InternalError("table x"), absl::UnknownError("table x"),
        Error(absl::StatusCode::kInternal, "SQL_FAILED", "table x", {{"sql", "table x"}})}) {
    const absl::Status back = FromGrpc(ToGrpc(status, "planning", kTrace));
    EXPECT_EQ(back.code(), status.code());
    EXPECT_THAT(back.ToString(), Not(HasSubstr("table x")));
    EXPECT_THAT(std::string(back.message()), HasSubstr(kTrace));
    EXPECT_THAT(ChineseOf(back), HasSubstr(kTrace));
  }
  EXPECT_EQ(ReasonOf(FromGrpc(ToGrpc(Error(absl::StatusCode::kInternal, "SQL_FAILED", "x"), "p", kTrace))),
            "SQL_FAILED");
}

TEST(Errors, AreNoneWhenThereIsNone) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus(), "planning", kTrace).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(Errors, SurviveGarbageInTheDetails) {
  const absl::Status back = FromGrpc(grpc::Status(grpc::StatusCode::NOT_FOUND, "gone", "\xff\xff\xff"));
  EXPECT_EQ(back.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(back), "");
}

}  // namespace
}  // namespace edudelta::rpc
