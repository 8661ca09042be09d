#include "common/resource/filter.h"

#include <algorithm>
#include <cctype>
#include <random>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/resource/page_token.h"
#include "common/testing/matchers.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/safety/v1/hazard.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "gtest/gtest.h"

namespace edudelta::resource {
namespace {

using testing::HasReason;
using testing::IsOk;

class FilterTest : public ::testing::Test {
 protected:
  absl::StatusOr<Where> Sql(const Table& table, absl::string_view filter, Search search = Search::kNo,
                            const std::vector<std::string>* visible = nullptr) {
    auto conditions = ParseFilter(filter);
    if (!conditions.ok()) return conditions.status();
    return FilterToSql(*conditions, table, cipher_, search, visible);
  }

  codes::CodeSets codes_ = codes::CodeSets::Embedded();
  crypto::FieldCipher cipher_ = *crypto::FieldCipher::FromJson(crypto::FieldCipher::GenerateKeyJson());
  std::unique_ptr<Table> hazard_ = *Table::Build(safety::v1::Hazard::descriptor(), codes_);
  std::unique_ptr<Table> teacher_ = *Table::Build(teachers::v1::Teacher::descriptor(), codes_);
};

TEST_F(FilterTest, ParsesConditions) {
  const auto conditions = ParseFilter(R"(a = "x \" \\ \n" AND b IN (1,  2,X_Y) AND c>=2026-01-31 AND d : "q")");
  ASSERT_THAT(conditions, IsOk());
  ASSERT_EQ(conditions->size(), 4u);
  EXPECT_EQ((*conditions)[0].literals[0], R"(x " \ \n)");
  EXPECT_EQ((*conditions)[1].literals, (std::vector<std::string>{"1", "2", "X_Y"}));
  EXPECT_EQ((*conditions)[2].op, ">=");
  EXPECT_EQ((*conditions)[3].op, ":");
  EXPECT_TRUE(ParseFilter(" \n ")->empty());
}

TEST_F(FilterTest, RefusesWhatItDoesNotUnderstand) {
  for (const char* filter : {"a",          "a =",          "= 1",       "a = 1 OR b = 2",
                             "a = 1 AND",  "a = 1 b = 2",  "a IN ()",   "a IN (1",
                             "a IN 1",     "a = \"x",      "NOT a = 1", "(a = 1)",
                             "a == 1",     "a LIKE \"x\"", "a = 'x'",   "a = 1; DROP TABLE hazard",
                             "a = 1 -- x", "`a` = 1",      "a.b = 1",   "a = 1 ANDb = 2",
                             "a <> 1"}) {
    EXPECT_THAT(ParseFilter(filter), HasReason("FILTER_SYNTAX")) << filter;
  }
  EXPECT_THAT(ParseFilter(std::string(4001, ' ')), HasReason("FILTER_TOO_LONG"));
  std::string many = "a IN (0";
  for (int i = 0; i < 200; ++i) absl::StrAppend(&many, ",1");
  EXPECT_THAT(ParseFilter(many + ")"), HasReason("FILTER_TOO_LONG"));
}

TEST_F(FilterTest, TakesIdentifiersFromTheDescriptorOnly) {
  EXPECT_THAT(Sql(*hazard_, "row_id = 1"), HasReason("FILTER_FIELD_UNKNOWN"));
  EXPECT_THAT(Sql(*hazard_, "version = 1"), HasReason("FILTER_FIELD_UNKNOWN"));
  EXPECT_THAT(Sql(*hazard_, "district_id = 1"), HasReason("FILTER_FIELD_UNKNOWN"));
  EXPECT_THAT(Sql(*hazard_, "overdue = true"), HasReason("FILTER_FIELD_UNKNOWN"));
  EXPECT_THAT(Sql(*hazard_, "display_name = 1"), HasReason("FILTER_FIELD_NOT_FILTERABLE"));
  const auto where = Sql(*hazard_, R"(point = "x' OR 1=1 -- ")");
  ASSERT_THAT(where, IsOk());
  EXPECT_EQ(where->sql, "`point` = ?");
}

TEST_F(FilterTest, ChecksValues) {
  for (const char* filter : {"state = 2", "state = STATE_NONE", "state = \"\"", "found_date = yesterday",
                             "found_date = 2026-02-30", "found_date = \"2026-01-01 00:00\""}) {
    EXPECT_THAT(Sql(*hazard_, filter), HasReason("FILTER_VALUE")) << filter;
  }
  EXPECT_THAT(Sql(*hazard_, "point = \"学校\""), HasReason("FILTER_VALUE")) << "an ASCII column";
  EXPECT_THAT(Sql(*hazard_, "state : STATE_CLOSED"), HasReason("FILTER_OPERATOR"));
  EXPECT_EQ(Sql(*hazard_, "state = STATE_CLOSED")->values, (std::vector<db::Value>{int64_t{7}}));
  const auto patrol = *Table::Build(safety::v1::Patrol::descriptor(), codes_);
  for (const char* time :
       {"infinite-future", "infinite-past", "0001-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "2026-01-01", ""}) {
    EXPECT_THAT(Sql(*patrol, absl::StrCat("patrol_time > \"", time, "\"")), HasReason("FILTER_VALUE")) << time;
  }
  EXPECT_EQ(Sql(*patrol, "patrol_time > \"2026-01-01T08:00:00+08:00\"")->values,
            (std::vector<db::Value>{std::string("2026-01-01 00:00:00.000000")}));
}

TEST_F(FilterTest, KeepsPersonalFieldsForSearch) {
  EXPECT_THAT(Sql(*teacher_, "identity_number = \"1\""), HasReason("FILTER_FIELD_NEEDS_SEARCH"));
  EXPECT_THAT(Sql(*teacher_, "identity_number > \"1\"", Search::kYes), HasReason("FILTER_OPERATOR"));
  EXPECT_THAT(Sql(*teacher_, "identity_number != \"1\"", Search::kYes), HasReason("FILTER_OPERATOR"));
  EXPECT_THAT(Sql(*teacher_, "identity_number : \"1\"", Search::kYes), HasReason("FILTER_OPERATOR"));
  EXPECT_THAT(Sql(*teacher_, "phone = \"1\"", Search::kYes), HasReason("FILTER_FIELD_NOT_FILTERABLE"));
  const auto where = Sql(*teacher_, "identity_number = \"31011419800101001X\"", Search::kYes);
  ASSERT_THAT(where, IsOk());
  EXPECT_EQ(where->sql, "`identity_number_index` = ?");
  EXPECT_EQ(std::get<std::string>(where->values[0]).find("310114"), std::string::npos);
}

TEST_F(FilterTest, TakesTextsAsTheyAreStored) {
  const auto value = [&](const Table& table, const std::string& filter) {
    const auto where = Sql(table, filter, Search::kYes);
    EXPECT_THAT(where, IsOk()) << filter;
    return where.ok() ? std::get<std::string>(where->values[0]) : "";
  };
  const std::string stored = value(*teacher_, "identity_number = \"31011419800101001X\"");
  for (const char* typed :
       {"31011419800101001x", " 31011419800101001X ", "310114 19800101 001X", "３１０１１４１９８００１０１００１Ｘ",
        "３１０１１４19800101001ｘ", "31011419800101001X\u200B"}) {
    EXPECT_EQ(value(*teacher_, absl::StrCat("identity_number IN (\"", typed, "\")")), stored) << typed;
  }
  const auto school = *Table::Build(planning::v1::School::descriptor(), codes_);
  EXPECT_EQ(value(*school, "town_code = \" ３１０114 105\""), "310114105");
  EXPECT_EQ(value(*school, "town_code != \"310114105\u3000\""), "310114105");
  EXPECT_EQ(value(*hazard_, "point = \"\u3000a \""), "a");
}

TEST_F(FilterTest, RefusesWhatIsNeverStored) {
  for (const char* typed : {"310114***********X", "E******78"}) {
    const auto where = Sql(*teacher_, absl::StrCat("identity_number = \"", typed, "\""), Search::kYes);
    EXPECT_THAT(where, HasReason("FILTER_VALUE")) << typed;
    EXPECT_EQ(FieldOf(where.status()), "filter");
    EXPECT_EQ(ChineseOf(where.status()).find(typed), std::string::npos);
  }
  const auto school = *Table::Build(planning::v1::School::descriptor(), codes_);
  EXPECT_THAT(Sql(*school, "town_code = \"31011410\""), HasReason("FILTER_VALUE"));
  EXPECT_THAT(Sql(*school, "town_code >= \"310114\""), IsOk()) << "a range may begin anywhere";
}

TEST_F(FilterTest, HidesWhatMayNotBeSeen) {
  const std::vector<std::string> visible = {"state"};
  EXPECT_THAT(Sql(*hazard_, "state = STATE_CLOSED", Search::kNo, &visible), IsOk());
  EXPECT_THAT(Sql(*hazard_, "grade = HAZARD_GRADE_MAJOR", Search::kNo, &visible), HasReason("FILTER_FIELD_UNKNOWN"));
}

// Whatever is sent, the answer is a refusal or SQL with as many parameters as marks, all text being the table's own.
TEST_F(FilterTest, SurvivesAnyText) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"state",
                                           "found_date",
                                           "point",
                                           "grade",
                                           "STATE_CLOSED",
                                           "HAZARD_GRADE_MAJOR",
                                           "2026-01-31",
                                           "=",
                                           "!=",
                                           "<",
                                           "<=",
                                           ">=",
                                           ":",
                                           "IN",
                                           "(",
                                           ")",
                                           ",",
                                           "AND",
                                           "\"",
                                           "\\",
                                           "\"x\"",
                                           "\"%_!\"",
                                           "1e400",
                                           "nan",
                                           "-",
                                           "'",
                                           ";",
                                           "`",
                                           "?",
                                           "??",
                                           "\xff",
                                           "学",
                                           std::string("\0", 1),
                                           " ",
                                           "true"};
  int good = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string filter;
    const int length = static_cast<int>(random() % 12);
    for (int j = 0; j < length; ++j)
      absl::StrAppend(&filter, pieces[random() % pieces.size()], random() % 3 == 0 ? "" : " ");
    const auto where = Sql(*hazard_, filter);
    if (!where.ok()) {
      ASSERT_TRUE(absl::IsInvalidArgument(where.status())) << filter;
      continue;
    }
    ++good;
    ASSERT_EQ(std::count(where->sql.begin(), where->sql.end(), '?'), static_cast<int64_t>(where->values.size()))
        << filter;
    for (const char c : where->sql)
      ASSERT_TRUE(std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  std::string("`_ =<>?(),'!").find(c) != std::string::npos)
          << where->sql;
  }
  EXPECT_GT(good, 1000);
}

class PageTokenTest : public ::testing::Test {
 protected:
  crypto::FieldCipher cipher_ = *crypto::FieldCipher::FromJson(crypto::FieldCipher::GenerateKeyJson());
};

TEST_F(PageTokenTest, FitsItsQueryAlone) {
  const std::string token = MakePageToken({"310114", "a"}, "query", cipher_);
  EXPECT_EQ(*ReadPageToken(token, "query", cipher_), (std::vector<std::string>{"310114", "a"}));
  EXPECT_THAT(ReadPageToken(token, "query2", cipher_), HasReason("PAGE_TOKEN_INVALID"));
  EXPECT_THAT(ReadPageToken("", "query", cipher_), HasReason("PAGE_TOKEN_INVALID"));
  EXPECT_THAT(ReadPageToken("!!", "query", cipher_), HasReason("PAGE_TOKEN_INVALID"));
  const auto other = *crypto::FieldCipher::FromJson(crypto::FieldCipher::GenerateKeyJson());
  EXPECT_THAT(ReadPageToken(token, "query", other), HasReason("PAGE_TOKEN_INVALID"));
  // No character of ids may move into the query.
  EXPECT_THAT(ReadPageToken(MakePageToken({"a", "bc"}, "q", cipher_), "cq", cipher_), HasReason("PAGE_TOKEN_INVALID"));
}

TEST_F(PageTokenTest, RefusesEveryChangedCharacter) {
  const std::string token = MakePageToken({"310114", "abc"}, "query", cipher_);
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const auto read = ReadPageToken(changed, "query", cipher_);
    // The last character of base64 may carry bits that mean nothing.
    if (i + 1 == token.size() && read.ok()) continue;
    EXPECT_THAT(read, HasReason("PAGE_TOKEN_INVALID")) << i;
  }
}

}  // namespace
}  // namespace edudelta::resource
