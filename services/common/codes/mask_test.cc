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
      EXPECT_TRUE(LooksMasked(Mask(static_cast<Field::Mask>(mask), value)));
      EXPECT_FALSE(LooksMasked(value));
    }
  }
}

TEST(LooksMasked, KnowsOtherSystemsSigns) {
  for (const char* value : {"张*", "张＊＊", "王××", "138●●●●1234", "138XXXX1234", "310114xxxxxxxx1234", "李■"}) {
    EXPECT_TRUE(LooksMasked(value)) << value;
  }
  EXPECT_FALSE(LooksMasked("11010519491231002X"));
  EXPECT_FALSE(LooksMasked("阿依古丽·买买提"));
}

}  // namespace
}  // namespace edudelta::codes
