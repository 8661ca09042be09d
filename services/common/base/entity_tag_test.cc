#include "common/base/entity_tag.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace edudelta {
namespace {

// Weak ones as in the header, others with a blank behind each.
std::string Read(absl::string_view list) {
  const auto tags = ParseEntityTags(list);
  std::string read;
  if (!tags) return "malformed";
  for (const EntityTag& tag : *tags) absl::StrAppend(&read, tag.weak ? "W/" : "", tag.text, " ");
  return read;
}

TEST(ParseEntityTags, ReadsLists) {
  EXPECT_EQ(Read(R"("a")"), R"("a" )");
  EXPECT_EQ(Read(R"("")"), R"("" )");
  EXPECT_EQ(Read("\t\"a,b\" ,, W/\"c\",\"\xe4\xb9\x99\","), "\"a,b\" W/\"c\" \"\xe4\xb9\x99\" ");
}

TEST(ParseEntityTags, ReadsNothingElse) {
  for (const char* list : {"", " , ", "*", "a", "\"a", "a\"", "\"a\"b\"", "w/\"a\"", "W/ \"a\"", "W/a", "\"a\" \"b\"",
                           "\"a b\"", "\"a\x7f\"", "\"\"a\"\"", "*, \"a\""}) {
    EXPECT_EQ(Read(list), "malformed") << list;
  }
}

TEST(MatchesStrongly, NeverTakesAWeakOne) {
  const auto tags = *ParseEntityTags(R"("old", W/"weak", "new")");
  EXPECT_TRUE(MatchesStrongly(tags, R"("new")"));
  EXPECT_FALSE(MatchesStrongly(tags, R"("weak")"));
  EXPECT_FALSE(MatchesStrongly(tags, R"("")"));
}

}  // namespace
}  // namespace edudelta
