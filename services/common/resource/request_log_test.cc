// What the service keeps and hands out beside the rows tells nobody what they say.
#include <set>

#include "absl/strings/escaping.h"
#include "common/crypto/canonical.h"
#include "common/crypto/digest.h"
#include "common/resource/test_import.h"

namespace edudelta::resource {
namespace {

using testing::HasReason;
using testing::IsOk;

// But for the last digit.
constexpr char kRequestId[] = "0a1b2c3d-0000-4000-8000-00000000000";

class RequestLogTest : public ImportTest {
 protected:
  void SetUp() override {
    ImportTest::SetUp();
    ASSERT_EQ(Counts(Import({Row("a", 1), Row("b", 2)})), "2 made 0 changed 0 same");
  }

  teachers::v1::UpdateTeacherRequest Request(const std::string& phone, int number = 1) {
    teachers::v1::UpdateTeacherRequest request;
    request.set_request_id(absl::StrCat(kRequestId, number));
    request.mutable_teacher()->set_name("districts/310114/teachers/a");
    request.mutable_teacher()->set_phone(phone);
    return request;
  }
  absl::StatusOr<Teacher> Update(const teachers::v1::UpdateTeacherRequest& request) {
    Teacher changed;
    RETURN_IF_ERROR(teachers_.writer().Update(CallOf(Clerk(), TeachersMethod("UpdateTeacher")), request, &changed));
    return changed;
  }

  // Every digest of the library over every form of what was said: nobody needs a key for them.
  std::set<std::string> Guesses(const std::vector<const Message*>& said) {
    std::vector<std::string> texts;
    for (const Message* message : said) {
      for (const std::string& bytes : {crypto::CanonicalBytes(*message), message->SerializeAsString()}) {
        for (const char* mark : {"", ":", "\n", " "}) {
          texts.push_back(bytes);
          texts.push_back(absl::StrCat(message->GetTypeName(), mark, bytes));
          texts.push_back(absl::StrCat(Clerk().principal(), mark, bytes));
          texts.push_back(absl::StrCat(Clerk().principal(), "\n", "\n", message->GetTypeName(), mark, bytes));
        }
      }
    }
    const Teacher stored = Stored("a");
    for (const std::string& value :
         {stored.phone(), stored.identity_number(), stored.full_name(), stored.certificate_number()}) {
      texts.push_back(value);
    }
    std::set<std::string> guesses;
    for (const std::string& text : texts) {
      for (const std::string& key : {std::string(), std::string(32, '\0'), Clerk().principal()}) {
        guesses.insert({crypto::HmacSm3(key, text), crypto::HmacSha256(key, text)});
      }
      guesses.insert({crypto::Sm3(text), crypto::Sha256(text)});
    }
    return guesses;
  }

  // Every value of the table, as bytes.
  std::string Bytes(const std::string& table) {
    std::string bytes;
    EXPECT_THAT(
        service_.pool->Read(
            Soon(),
            [&](db::Session& session) -> absl::Status {
              ASSIGN_OR_RETURN(db::Rows columns, session.Query("SELECT column_name FROM information_schema.columns "
                                                               "WHERE table_schema = DATABASE() AND table_name = ?",
                                                               {table}));
              while (columns.Next()) {
                ASSIGN_OR_RETURN(db::Rows rows,
                                 session.Query(absl::StrCat("SELECT `", columns.Text(0), "` FROM `", table, "`")));
                while (rows.Next()) absl::StrAppend(&bytes, rows.Text(0), "\n");
              }
              return absl::OkStatus();
            }),
        IsOk());
    return bytes;
  }
};

TEST_F(RequestLogTest, KeepsNoDigestThatCanBeTried) {
  const auto update = Request("14100654321");
  ASSERT_THAT(Update(update), IsOk());
  const Teacher stored = Stored("a");
  teachers::v1::SearchTeachersRequest search;
  search.set_parent("districts/310114");
  search.set_filter("identity_number IN (\"" + Row("a", 1).identity_number() + "\", \"" +
                    Row("b", 2).identity_number() + "\")");
  search.set_page_size(1);
  teachers::v1::ListTeachersResponse page;
  ASSERT_THAT(teachers_.reader().List(CallOf(SeeingClerk(), TeachersMethod("SearchTeachers")), search, &page), IsOk());
  std::string token;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(page.next_page_token(), &token));
  search.clear_page_size();
  const std::set<std::string> guesses = Guesses({&update, &update.teacher(), &stored, &search});
  const std::string kept = absl::StrCat(Bytes("request_log"), Bytes("outbox"), Bytes("teacher"));
  for (const std::string& guess : guesses) {
    // Tokens are cut.
    EXPECT_EQ(token.find(guess.substr(0, 16)), std::string::npos);
    EXPECT_EQ(kept.find(guess), std::string::npos) << absl::BytesToHexString(guess);
  }
  EXPECT_EQ(kept.find("14100654321"), std::string::npos);
}

// A release of before stored a digest without key: the request is known by it until the week is over.
TEST_F(RequestLogTest, KnowsTheRequestsOfBefore) {
  const auto request = Request("14100654321");
  const auto first = Update(request);
  ASSERT_THAT(first, IsOk());
  service_.Run("UPDATE request_log SET request_hash = ?",
               {crypto::Sm3(absl::StrCat(request.GetTypeName(), ":", crypto::CanonicalBytes(request)))});
  EXPECT_THAT(Update(Request("14100654322")), HasReason("REQUEST_ID_REUSED"));
  const auto again = Update(request);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->etag(), first->etag());
  EXPECT_EQ(
      Bytes("request_log").find(crypto::Sm3(absl::StrCat(request.GetTypeName(), ":", crypto::CanonicalBytes(request)))),
      std::string::npos)
      << "and is kept as those of today";
  EXPECT_THAT(Update(request), IsOk());
  EXPECT_THAT(Update(Request("14100654322")), HasReason("REQUEST_ID_REUSED"));
}

}  // namespace
}  // namespace edudelta::resource
