#include "gateway/routes/fill.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::routes {
namespace {

namespace pb = sample::v1;

class FillTest : public ::testing::Test {
 protected:
  absl::StatusOr<Filled> Fill(absl::string_view http_method, absl::string_view path, absl::string_view query,
                              absl::string_view body = "") {
    const Match match = table_->Find(http_method, path);
    EXPECT_NE(match.route, nullptr) << path;
    return FillRequest(match, query, body, json_);
  }
  template <typename Request>
  Request Filled_(absl::string_view http_method, absl::string_view path, absl::string_view query,
                  absl::string_view body = "") {
    auto filled = Fill(http_method, path, query, body);
    EXPECT_TRUE(filled.ok()) << filled.status();
    return filled.ok() ? dynamic_cast<Request&>(*filled->request) : Request();
  }
  std::string Refusal(absl::string_view http_method, absl::string_view path, absl::string_view query,
                      absl::string_view body = "") {
    const absl::Status status = Fill(http_method, path, query, body).status();
    return status.ok() ? "" : absl::StrCat(ReasonOf(status), " ", FieldOf(status));
  }

  codec::JsonCodec json_{{}};
  std::unique_ptr<RouteTable> table_ =
      *RouteTable::Make({pb::Room::descriptor()->file()->FindServiceByName("SampleService")});
};

constexpr char kRooms[] = "/v1/districts/1/schools/s/rooms";
constexpr char kRoom[] = "/v1/districts/1/schools/s/rooms/r";

TEST_F(FillTest, FillsGetAndListFromPathAndQuery) {
  const auto get = Filled_<pb::GetRoomRequest>("GET", kRoom, "read_time=2026-01-01T00:00:00Z");
  EXPECT_EQ(get.name(), "districts/1/schools/s/rooms/r");
  EXPECT_EQ(get.read_time().seconds(), 1767225600);
  const auto list = Filled_<pb::ListRoomsRequest>("GET", kRooms, "page_size=5&filter=state+%3D+STATE_OPEN&pageToken=x");
  EXPECT_EQ(list.parent(), "districts/1/schools/s");
  EXPECT_EQ(list.page_size(), 5);
  EXPECT_EQ(list.filter(), "state = STATE_OPEN");
  EXPECT_EQ(list.page_token(), "x");
}

TEST_F(FillTest, TakesTheBodyAsResource) {
  const auto create =
      Filled_<pb::CreateRoomRequest>("POST", kRooms, "room_id=r&request_id=q", R"({"display_name":"a"})");
  EXPECT_EQ(create.parent(), "districts/1/schools/s");
  EXPECT_EQ(create.room_id(), "r");
  EXPECT_EQ(create.request_id(), "q");
  EXPECT_EQ(create.room().display_name(), "a");
  const auto update =
      Filled_<pb::UpdateRoomRequest>("PATCH", kRoom, "update_mask=display_name,seats", R"({"seats":3})");
  EXPECT_EQ(update.room().name(), "districts/1/schools/s/rooms/r");
  EXPECT_EQ(update.update_mask().paths_size(), 2);
}

TEST_F(FillTest, MasksAnUpdateWithWhatItsBodySays) {
  const auto paths = [&](const std::string& query, const std::string& body) {
    return absl::StrJoin(Filled_<pb::UpdateRoomRequest>("PATCH", kRoom, query, body).update_mask().paths(), ",");
  };
  EXPECT_EQ(paths("", R"({"heated":false,"seats":0,"display_name":"","tags":[],"built":null,"etag":"e"})"),
            "display_name,seats,built,heated,tags,etag");
  EXPECT_EQ(paths("", R"({"displayName":null})"), "display_name");
  EXPECT_EQ(paths("update_mask=", R"({"seats":0})"), "seats");
  EXPECT_EQ(paths("update_mask=heated", R"({"seats":0})"), "heated");
  EXPECT_EQ(paths("", "{}"), "");
}

TEST_F(FillTest, TakesAByteOrderMarkOffTheBody) {
  EXPECT_EQ(Filled_<pb::UpdateRoomRequest>("PATCH", kRoom, "", "\xEF\xBB\xBF{\"seats\":3}").room().seats(), 3);
  EXPECT_EQ(
      Filled_<pb::CloseRoomRequest>("POST", absl::StrCat(kRoom, ":close"), "", "\xEF\xBB\xBF{\"note\":\"n\"}").note(),
      "n");
}

TEST_F(FillTest, TakesTheBodyAsRequest) {
  const auto close =
      Filled_<pb::CloseRoomRequest>("POST", absl::StrCat(kRoom, ":close"), "", R"({"note":"n","etag":"e"})");
  EXPECT_EQ(close.name(), "districts/1/schools/s/rooms/r");
  EXPECT_EQ(close.note(), "n");
  const auto batch = Filled_<pb::BatchCreateRoomsRequest>("POST", absl::StrCat(kRooms, ":batchCreate"), "",
                                                          R"({"requests":[{"room_id":"a","room":{}}]})");
  EXPECT_EQ(batch.parent(), "districts/1/schools/s");
  EXPECT_EQ(batch.requests(0).room_id(), "a");
  EXPECT_EQ(Filled_<pb::RecountRoomsRequest>("POST", "/v1/districts/1:recountRooms", "").name(), "districts/1");
}

TEST_F(FillTest, FillsReadingMethodsFromTheQuery) {
  const auto summary = Filled_<pb::SummarizeRoomsRequest>(
      "GET", "/v1/districts/1:summarizeRooms", "school_year=2025&day=2025-09-01&states=STATE_OPEN&states=STATE_CLOSED");
  EXPECT_EQ(summary.name(), "districts/1");
  EXPECT_EQ(summary.school_year(), 2025);
  EXPECT_EQ(summary.day().month(), 9);
  EXPECT_EQ(summary.states_size(), 2);
}

TEST_F(FillTest, FillsImportAndExport) {
  auto filled = Fill("POST", absl::StrCat(kRooms, ":import"), "mode=atomic&encoding=gb18030", "ignored");
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(filled->encoding, "gb18030");
  EXPECT_EQ(dynamic_cast<pb::ImportRoomsRequest&>(*filled->request).mode(), resource::v1::IMPORT_MODE_ATOMIC);
  filled = Fill("GET", absl::StrCat(kRooms, ":export"), "format=ndjson&filter=x");
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(filled->format, "ndjson");
  EXPECT_EQ(Fill("GET", absl::StrCat(kRooms, ":export"), "")->format, "");
  EXPECT_EQ(Refusal("GET", absl::StrCat(kRooms, ":export"), "format=xls"), "FORMAT_UNKNOWN format");
  EXPECT_EQ(Refusal("POST", absl::StrCat(kRooms, ":import"), "mode=some"), "ENUM_UNKNOWN mode");
  EXPECT_EQ(Refusal("POST", absl::StrCat(kRooms, ":import"), "first_row=5"), "UNKNOWN_PARAMETER first_row");
}

TEST_F(FillTest, RefusesWithReasonAndField) {
  EXPECT_EQ(Refusal("GET", kRooms, "nope=1"), "UNKNOWN_PARAMETER nope");
  EXPECT_EQ(Refusal("GET", kRooms, "=1"), "UNKNOWN_PARAMETER query");
  EXPECT_EQ(Refusal("GET", kRooms, "parent=districts/2"), "UNKNOWN_PARAMETER parent");
  EXPECT_EQ(Refusal("GET", kRooms, "page_size=1&pageSize=2"), "DUPLICATE_PARAMETER page_size");
  EXPECT_EQ(Refusal("GET", kRooms, "page_size=x"), "VALUE_NOT_A_NUMBER page_size");
  EXPECT_EQ(Refusal("GET", kRooms, "filter=%zz"), "QUERY_INVALID query");
  EXPECT_EQ(Refusal("GET", kRooms, "filter=%ff"), "QUERY_INVALID query");
  EXPECT_EQ(Refusal("GET", kRooms, "", "{}"), "BODY_NOT_ALLOWED body");
  EXPECT_EQ(Refusal("PATCH", kRoom, "update_mask=heated", ""), "BODY_MISSING body");
  EXPECT_EQ(Refusal("POST", kRooms, "room_id=r", ""), "BODY_MISSING body");
  EXPECT_EQ(Refusal("POST", kRooms, "room.display_name=x", "{}"), "UNKNOWN_PARAMETER room.display_name");
  EXPECT_EQ(Refusal("PATCH", kRoom, "", R"({"name":"districts/2/schools/s/rooms/r"})"), "NAME_MISMATCH name");
  EXPECT_EQ(Refusal("POST", absl::StrCat(kRoom, ":close"), "", R"({"name":"districts/2"})"), "NAME_MISMATCH name");
  EXPECT_EQ(Refusal("POST", kRooms, "", R"({"nope":1})"), "UNKNOWN_FIELD nope");
}

}  // namespace
}  // namespace edudelta::gateway::routes
