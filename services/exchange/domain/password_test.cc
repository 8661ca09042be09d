#include "exchange/domain/password.h"

#include <string>

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace edudelta::exchange::domain {
namespace {

constexpr char kAccount[] = "organizations/kunshan/users/personnel";

std::string Check(const std::string& password) { return ReasonOf(CheckPassword(password, kAccount)); }

TEST(CheckPassword, CountsCharacters) {
  EXPECT_EQ(Check("elevenchars"), "PASSWORD_TOO_SHORT");
  EXPECT_EQ(Check("twelve chars"), "");
  EXPECT_EQ(Check("十一个汉字不是十二个的"), "PASSWORD_TOO_SHORT");
  EXPECT_EQ(Check("春眠不觉晓处处闻啼鸟夜来"), "");
  EXPECT_EQ(Check(std::string(257, 'x')), "PASSWORD_TOO_LONG");
}

TEST(CheckPassword, RefusesWhatNobodySees) {
  for (const std::string& password :
       {std::string("correct horse\n"), std::string("correct\0horse!", 14), std::string("correct\thorse"),
        std::string(" correct horse"), std::string("correct horse "), std::string("correct horse\u3000"),
        std::string("correct\u0085horse"), std::string("correct\x7fhorse"), std::string("correct\u202Ehorse"),
        std::string("correct horse\u2800"), std::string("\u00ADcorrect horse")}) {
    EXPECT_EQ(Check(password), "PASSWORD_CHARACTER") << password;
  }
}

TEST(CheckPassword, RefusesWhatIsTriedFirst) {
  for (const char* password :
       {"aaaaaaaaaaaa", "123456789012", "210987654321", "abcdefghijkl", "qwertyuiop12", "1qaz2wsx3edc", "x           x",
        "Password1234", "P@ssw0rd2026", "Password12345678", "personnel2026", "kunshanKUNSHAN", "kunshan-personnel",
        "organizations/kunshan/users/personnel", "xk4xk4xk4xk4xk4", "adminadmin123", "啊啊啊啊啊啊啊啊啊啊啊啊"}) {
    EXPECT_EQ(Check(password), "PASSWORD_GUESSABLE") << password;
  }
  for (const char* password : {"correct horse battery", "mY7-teapot=Whistles", "kunshan river otter"}) {
    EXPECT_EQ(Check(password), "") << password;
  }
}

TEST(CheckPassword, TakesWhatAGeneratorMakes) {
  for (const char* password : {"q8Zr2vLk0TnXw5bYc1Hd", "a1f93c77de024b6880c2", "Zp_x-93kLmQ2vRt8aBcD"}) {
    EXPECT_EQ(Check(password), "") << password;
  }
}

}  // namespace
}  // namespace edudelta::exchange::domain
