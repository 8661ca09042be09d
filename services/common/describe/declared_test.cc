#include "common/describe/declared.h"

#include "common/base/error.h"
#include "common/describe/describe.h"
#include "gtest/gtest.h"

namespace edudelta::describe {
namespace {

TEST(CheckAsks, RefusesCirclesAndStrangers) {
  EXPECT_TRUE(CheckAsks({{"a", {"b", "c"}}, {"b", {"c"}}, {"c", {}}}).ok());
  EXPECT_EQ(ReasonOf(CheckAsks({{"a", {"a"}}})), "ASK_DECLARATION");
  EXPECT_EQ(ReasonOf(CheckAsks({{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}})), "ASK_DECLARATION");
  EXPECT_EQ(ReasonOf(CheckAsks({{"a", {"b"}}})), "ASK_DECLARATION") << "b is no service";
}

// This program has teachers' messages and not planning's, whose schools they name.
TEST(FollowedBy, RefusesWhatIsNotLinked) {
  const auto followed = FollowedBy(*FindService("teachers"));
  EXPECT_EQ(ReasonOf(followed.status()), "FOLLOW_DECLARATION");
}

TEST(ReferredBy, GoesByThePatternOfTheName) {
  options::v1::Field field;
  EXPECT_EQ(ReferredBy(field, "x"), "");
  field.add_reference("sample.School");
  EXPECT_EQ(ReferredBy(field, "nonsense"), "sample.School");
  field.add_reference("sample.Room");
  EXPECT_EQ(ReferredBy(field, "districts/310114/schools/1"), "sample.School");
  EXPECT_EQ(ReferredBy(field, "districts/310114/schools/1/rooms/2"), "sample.Room");
  EXPECT_EQ(ReferredBy(field, "nonsense"), "sample.School");
}

}  // namespace
}  // namespace edudelta::describe
