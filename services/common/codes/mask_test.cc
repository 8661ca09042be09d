#include "common/codes/mask.h"

#include <gtest/gtest.h>

namespace edudelta::codes {
namespace {

using options::v1::Field;

TEST(Mask, ShowsWhatTheKindAllows) {
  EXPECT_EQ(Mask(Field::PERSON_NAME, "张三"), "张*");
  EXPECT_EQ(Mask(Field::PERSON_NAME, "欧阳娜娜"), "欧*");
  EXPECT_EQ(Mask(Field::PERSON_NAME, "𠮷田"), "𠮷*");
  EXPECT_EQ(Mask(Field::IDENTITY_NUMBER, "440524188001010014"), "440524***********4");
  EXPECT_EQ(Mask(Field::PHONE, "13812341234"), "138****1234");
  EXPECT_EQ(Mask(Field::TAIL4, "6222021001112345678"), "****5678");
}

TEST(Mask, HidesShortAndUnknownWhole) {
  EXPECT_EQ(Mask(Field::PERSON_NAME, "张"), "*");
  EXPECT_EQ(Mask(Field::IDENTITY_NUMBER, "4405241"), "****");
  EXPECT_EQ(Mask(Field::PHONE, "12345"), "****");
  EXPECT_EQ(Mask(Field::TAIL4, "12345"), "****");
  EXPECT_EQ(Mask(Field::MASK_UNSPECIFIED, "哮喘"), "****");
  EXPECT_EQ(Mask(Field::PHONE, ""), "");
}

TEST(Mask, EveryMaskLooksMasked) {
  for (int mask = 0; mask < Field::Mask_ARRAYSIZE; ++mask) {
    for (const char* value : {"张", "张三", "440524188001010014", "13812341234"}) {
      const auto kind = static_cast<Field::Mask>(mask);
      EXPECT_TRUE(LooksMasked(kind, Mask(kind, value))) << mask << value;
      EXPECT_FALSE(LooksMasked(kind, value)) << mask << value;
    }
  }
}

TEST(LooksMasked, GoesByShape) {
  for (const char* value : {"张*", "张**", "*", "***"}) EXPECT_TRUE(LooksMasked(Field::PERSON_NAME, value)) << value;
  EXPECT_TRUE(LooksMasked(Field::PHONE, "138****1234"));
  EXPECT_TRUE(LooksMasked(Field::TAIL4, "****1234"));
  for (const char* name :
       {"阿依古丽•试验", "阿依古丽●试验", "阿依古丽·买买提", "Alexxxa Test", "王××", "MAXXX", "张三*三"}) {
    EXPECT_FALSE(LooksMasked(Field::PERSON_NAME, name)) << name;
  }
  EXPECT_FALSE(LooksMasked(Field::IDENTITY_NUMBER, "11010519491231002X"));
}

TEST(WithMiddleDots, KnowsWhatIsTypedForThem) {
  for (const char* dot : {"·", "•", "●", "・", "‧", "∙", "⋅", "･"}) {
    EXPECT_EQ(WithMiddleDots(std::string("阿依古丽") + dot + "试验"), "阿依古丽·试验") << dot;
  }
  EXPECT_EQ(WithMiddleDots("张三"), "张三");
}

}  // namespace
}  // namespace edudelta::codes
