#include "common/crypto/digest.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"

namespace edudelta::crypto {
namespace {

using absl::BytesToHexString;

constexpr char kFox[] = "The quick brown fox jumps over the lazy dog";

TEST(Digest, Vectors) {
  EXPECT_EQ(BytesToHexString(Sm3("abc")), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  EXPECT_EQ(BytesToHexString(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(BytesToHexString(HmacSm3("key", kFox)), "bd4a34077888162b210645b8ebf74b9af357303789357a27c7fc457244ebd398");
  EXPECT_EQ(BytesToHexString(HmacSha256("key", kFox)),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

TEST(Digest, EmptyInputsAreInputs) {
  EXPECT_EQ(Sm3("").size(), 32u);
  EXPECT_EQ(HmacSm3("", "").size(), 32u);
  EXPECT_NE(HmacSm3("key", ""), HmacSm3("", "key"));
}

TEST(EqualInConstantTime, Compares) {
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualInConstantTime("abc", "ab"));
}

}  // namespace
}  // namespace edudelta::crypto
