#include "common/crypto/password.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace edudelta::crypto {
namespace {

constexpr ScryptCost kCheap{4, 8, 1};

TEST(Password, VerifiesItsOwn) {
  const std::string encoded = HashPassword("正确 horse", kCheap);
  EXPECT_TRUE(absl::StartsWith(encoded, "$scrypt$ln=4,r=8,p=1$"));
  EXPECT_TRUE(VerifyPassword("正确 horse", encoded));
  EXPECT_FALSE(VerifyPassword("正确 horsf", encoded));
  EXPECT_FALSE(VerifyPassword("", encoded));
  EXPECT_TRUE(VerifyPassword("", HashPassword("", kCheap)));
}

TEST(Password, DefaultCostVerifies) { EXPECT_TRUE(VerifyPassword("secret", HashPassword("secret"))); }

TEST(Password, SaltsDiffer) { EXPECT_NE(HashPassword("a", kCheap), HashPassword("a", kCheap)); }

TEST(Password, EveryChangedCharacterFails) {
  const std::string encoded = HashPassword("secret", kCheap);
  // The last character of unpadded base64 carries unused bits.
  for (size_t i = 0; i + 1 < encoded.size(); ++i) {
    const bool last_of_salt = encoded[i + 1] == '$';
    if (last_of_salt) continue;
    std::string changed = encoded;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(VerifyPassword("secret", changed)) << i;
  }
}

TEST(Password, RefusesForeignTextAndAbsurdCosts) {
  const std::string encoded = HashPassword("secret", kCheap);
  const std::string tail = encoded.substr(encoded.find('$', 8));
  ASSERT_TRUE(VerifyPassword("secret", absl::StrCat("$scrypt$ln=4,r=8,p=1", tail)));
  for (const char* cost : {"ln=30,r=8,p=1", "ln=4,r=8", "ln=4,r=8,p=1000000", "ln=-1,r=8,p=1", "ln=0,r=8,p=1", ""}) {
    EXPECT_FALSE(VerifyPassword("secret", absl::StrCat("$scrypt$", cost, tail))) << cost;
  }
  EXPECT_FALSE(VerifyPassword("secret", ""));
  EXPECT_FALSE(VerifyPassword("secret", "secret"));
  EXPECT_FALSE(VerifyPassword("secret", "$scrypt$ln=4,r=8,p=1$$"));
}

}  // namespace
}  // namespace edudelta::crypto
