#include "common/crypto/field_cipher.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/error.h"

namespace edudelta::crypto {
namespace {

constexpr char kId[] = "11010519491231002X";

std::string KeyJson(absl::string_view current, const std::vector<std::string>& ids) {
  std::string keys;
  for (const std::string& id : ids) {
    const std::string hex(64, id.back());
    absl::StrAppend(&keys, keys.empty() ? "" : ",", "\"", id, "\":\"", hex, "\"");
  }
  return absl::StrCat(R"({"current":")", current, R"(","keys":{)", keys, R"(},"index_key":{"id":"i1","key":")",
                      std::string(64, 'a'), R"("}})");
}

FieldCipher Cipher(absl::string_view current, const std::vector<std::string>& ids) {
  return *FieldCipher::FromJson(KeyJson(current, ids));
}

TEST(Sm4, OpenSslAgreesWithTheStandardsExample) {
  const std::string key = absl::HexStringToBytes("0123456789abcdeffedcba9876543210");
  unsigned char out[32];
  int size = 0;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  ASSERT_EQ(EVP_EncryptInit_ex(context, EVP_sm4_ecb(), nullptr, bytes, nullptr), 1);
  ASSERT_EQ(EVP_EncryptUpdate(context, out, &size, bytes, 16), 1);
  EVP_CIPHER_CTX_free(context);
  EXPECT_EQ(absl::BytesToHexString(std::string(reinterpret_cast<char*>(out), 16)), "681edf34d206965e86b3e94f536e4246");
}

TEST(FieldCipher, RoundTrips) {
  const FieldCipher cipher = Cipher("k1", {"k1"});
  for (const std::string& text :
       {std::string(), std::string("张三"), std::string(kId), std::string(100000, 'x'), std::string("\0\xff", 2)}) {
    const std::string stored = cipher.Encrypt("teacher", "identity_number", "310114/t1", text);
    EXPECT_EQ(stored.size(), 1 + 1 + 2 + 16 + text.size() + 32);
    const auto clear = cipher.Decrypt("teacher", "identity_number", "310114/t1", stored);
    ASSERT_TRUE(clear.ok()) << clear.status();
    EXPECT_EQ(*clear, text);
  }
}

TEST(FieldCipher, SameTextNeverGivesSameBytes) {
  const FieldCipher cipher = Cipher("k1", {"k1"});
  const std::string stored = cipher.Encrypt("t", "c", "r", kId);
  EXPECT_NE(stored, cipher.Encrypt("t", "c", "r", kId));
  EXPECT_FALSE(absl::StrContains(stored, kId));
}

TEST(FieldCipher, EveryChangedBitIsFound) {
  const FieldCipher cipher = Cipher("k1", {"k1"});
  const std::string stored = cipher.Encrypt("t", "c", "r", kId);
  for (size_t at = 0; at < stored.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = stored;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const absl::Status status = cipher.Decrypt("t", "c", "r", changed).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << at << "." << bit;
      // The key id and its length: the value may then name a key that does not exist.
      const bool names_key = at >= 1 && at <= 3;
      if (!names_key) {
        EXPECT_EQ(ReasonOf(status), "FIELD_CIPHER_TAMPERED") << at << "." << bit;
      }
    }
  }
}

TEST(FieldCipher, EveryTruncationIsFound) {
  const FieldCipher cipher = Cipher("k1", {"k1"});
  const std::string stored = cipher.Encrypt("t", "c", "r", kId);
  for (size_t size = 0; size < stored.size(); ++size) {
    EXPECT_EQ(ReasonOf(cipher.Decrypt("t", "c", "r", stored.substr(0, size)).status()), "FIELD_CIPHER_TAMPERED");
  }
  EXPECT_EQ(ReasonOf(cipher.Decrypt("t", "c", "r", stored + "x").status()), "FIELD_CIPHER_TAMPERED");
}

TEST(FieldCipher, AValueBelongsToItsPlace) {
  const FieldCipher cipher = Cipher("k1", {"k1"});
  const std::string stored = cipher.Encrypt("teacher", "phone", "r1", kId);
  EXPECT_FALSE(cipher.Decrypt("pupil", "phone", "r1", stored).ok());
  EXPECT_FALSE(cipher.Decrypt("teacher", "mobile", "r1", stored).ok());
  EXPECT_FALSE(cipher.Decrypt("teacher", "phone", "r2", stored).ok());
  EXPECT_FALSE(cipher.Decrypt("teacherp", "hone", "r1", stored).ok());
}

TEST(FieldCipher, KeysRotate) {
  const std::string old = Cipher("k1", {"k1"}).Encrypt("t", "c", "r", kId);
  const FieldCipher both = Cipher("k2", {"k1", "k2"});
  EXPECT_EQ(*both.Decrypt("t", "c", "r", old), kId);
  const std::string fresh = both.Encrypt("t", "c", "r", kId);
  const FieldCipher after = Cipher("k2", {"k2"});
  EXPECT_EQ(*after.Decrypt("t", "c", "r", fresh), kId);
  EXPECT_EQ(ReasonOf(after.Decrypt("t", "c", "r", old).status()), "FIELD_CIPHER_KEY_UNKNOWN");
  EXPECT_EQ(both.BlindIndex("t", "c", kId), after.BlindIndex("t", "c", kId));
}

TEST(FieldCipher, BlindIndexIsPerColumn) {
  const FieldCipher cipher = Cipher("k1", {"k1"});
  const std::string index = cipher.BlindIndex("teacher", "identity_number", kId);
  EXPECT_EQ(index.size(), 32u);
  EXPECT_EQ(index, cipher.BlindIndex("teacher", "identity_number", kId));
  EXPECT_NE(index, cipher.BlindIndex("pupil", "identity_number", kId));
  EXPECT_NE(index, cipher.BlindIndex("teacher", "other_number", kId));
  EXPECT_NE(index, cipher.BlindIndex("teacher", "identity_number", "440524188001010014"));
}

TEST(FieldCipher, OpaqueStandsForTwoNumbers) {
  const auto cipher = FieldCipher::FromJson(KeyJson("k1", {"k1"})).value();
  std::set<std::string> seen;
  for (const std::uint64_t first : {0ull, 1ull, 2ull, 256ull, 1ull << 63, ~0ull}) {
    for (const std::uint64_t second : {0ull, 1ull, 2ull, 256ull, 1ull << 63, ~0ull}) {
      const std::string opaque = cipher.Opaque(first, second);
      EXPECT_EQ(opaque.size(), 16u);
      EXPECT_EQ(cipher.Opaque(first, second), opaque);
      EXPECT_TRUE(seen.insert(opaque).second) << first << " " << second;
    }
  }
  // Other keys of columns change nothing, another index key everything.
  EXPECT_EQ(FieldCipher::FromJson(KeyJson("k2", {"k1", "k2"}))->Opaque(1, 1), cipher.Opaque(1, 1));
  const std::string other = absl::StrReplaceAll(KeyJson("k1", {"k1"}), {{std::string(64, 'a'), std::string(64, 'b')}});
  EXPECT_NE(FieldCipher::FromJson(other)->Opaque(1, 1), cipher.Opaque(1, 1));
}

TEST(FieldCipher, RefusesBadKeyFiles) {
  const std::string good = KeyJson("k1", {"k1"});
  ASSERT_TRUE(FieldCipher::FromJson(good).ok());
  for (const std::string& bad : {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() - 1),
                                 KeyJson("k2", {"k1"}), KeyJson("k1", {"k1", "k z"}),
                                 std::string(R"({"current":"k1","keys":{"k1":"12"},"index_key":{"id":"i","key":"1"}})"),
                                 std::string(R"({"current":1,"keys":{},"index_key":{}})"), KeyJson("kz", {"kz"})}) {
    const absl::Status status = FieldCipher::FromJson(bad).status();
    EXPECT_EQ(ReasonOf(status), "FIELD_KEYS_MALFORMED") << bad;
    EXPECT_FALSE(absl::StrContains(status.ToString(), "1111")) << "key material in the error";
  }
  EXPECT_EQ(ReasonOf(FieldCipher::FromFile("/nonexistent/keys.json").status()), "FIELD_KEYS_UNREADABLE");
}

TEST(FieldCipher, GeneratesAPrivateFileOnce) {
  const std::string path = absl::StrCat(testing::TempDir(), "/field-keys-", getpid(), ".json");
  unlink(path.c_str());
  ASSERT_TRUE(FieldCipher::GenerateKeyFile(path).ok());
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const auto cipher = FieldCipher::FromFile(path);
  ASSERT_TRUE(cipher.ok()) << cipher.status();
  EXPECT_EQ(cipher->index_key_id(), "i1");
  EXPECT_EQ(ReasonOf(FieldCipher::GenerateKeyFile(path)), "FIELD_KEYS_EXIST");
  EXPECT_NE(FieldCipher::GenerateKeyJson(), FieldCipher::GenerateKeyJson());
  unlink(path.c_str());
}

TEST(FieldCipher, ThreadsShareIt) {
  const FieldCipher cipher = Cipher("k1", {"k1"});
  std::vector<std::thread> threads;
  std::vector<int> good(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        const std::string text = absl::StrCat(t, "-", i);
        const auto clear = cipher.Decrypt("t", "c", text, cipher.Encrypt("t", "c", text, text));
        good[t] += clear.ok() && *clear == text;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 500));
}

}  // namespace
}  // namespace edudelta::crypto
