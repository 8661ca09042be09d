#include "common/crypto/password.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <semaphore>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/ids.h"
#include "common/crypto/digest.h"

namespace edudelta::crypto {
namespace {

constexpr size_t kSaltSize = 16;
constexpr size_t kHashSize = 32;

// A stored text must not be able to ask for gigabytes.
bool IsSane(const ScryptCost& cost) {
  return cost.log_n >= 1 && cost.log_n <= 18 && cost.r >= 1 && cost.r <= 16 && cost.p >= 1 && cost.p <= 4;
}

std::string Scrypt(absl::string_view password, absl::string_view salt, const ScryptCost& cost) {
  static std::counting_semaphore<kHashesAtOnce> places(kHashesAtOnce);
  places.acquire();
  const absl::Cleanup leave = [] { places.release(); };
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "SCRYPT", nullptr), &EVP_KDF_free);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(EVP_KDF_CTX_new(kdf.get()),
                                                                          &EVP_KDF_CTX_free);
  uint64_t n = uint64_t{1} << cost.log_n;
  uint32_t r = cost.r;
  uint32_t p = cost.p;
  uint64_t memory = 2 * 128 * n * r * p + (1 << 20);
  const auto octets = [](const char* name, absl::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
  };
  const OSSL_PARAM params[] = {octets(OSSL_KDF_PARAM_PASSWORD, password),
                               octets(OSSL_KDF_PARAM_SALT, salt),
                               OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
                               OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
                               OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
                               OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
                               OSSL_PARAM_construct_end()};
  std::string hash(kHashSize, '\0');
  if (context == nullptr ||
      EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(hash.data()), hash.size(), params) != 1) {
    std::abort();
  }
  return hash;
}

std::optional<ScryptCost> ParseCost(absl::string_view text) {
  ScryptCost cost;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ',');
  if (parts.size() != 3) return std::nullopt;
  absl::string_view n = parts[0], r = parts[1], p = parts[2];
  if (!absl::ConsumePrefix(&n, "ln=") || !absl::ConsumePrefix(&r, "r=") || !absl::ConsumePrefix(&p, "p=") ||
      !absl::SimpleAtoi(n, &cost.log_n) || !absl::SimpleAtoi(r, &cost.r) || !absl::SimpleAtoi(p, &cost.p) ||
      !IsSane(cost)) {
    return std::nullopt;
  }
  return cost;
}

}  // namespace

std::string HashPassword(absl::string_view password, const ScryptCost& cost) {
  const std::string salt = absl::HexStringToBytes(RandomHex(kSaltSize));
  return absl::StrCat("$scrypt$ln=", cost.log_n, ",r=", cost.r, ",p=", cost.p, "$", absl::WebSafeBase64Escape(salt),
                      "$", absl::WebSafeBase64Escape(Scrypt(password, salt, cost)));
}

bool VerifyPassword(absl::string_view password, absl::string_view encoded) {
  const std::vector<absl::string_view> parts = absl::StrSplit(encoded, '$');
  if (parts.size() != 5 || !parts[0].empty() || parts[1] != "scrypt") return false;
  const std::optional<ScryptCost> cost = ParseCost(parts[2]);
  std::string salt, hash;
  if (!cost || !absl::WebSafeBase64Unescape(parts[3], &salt) || !absl::WebSafeBase64Unescape(parts[4], &hash) ||
      salt.size() != kSaltSize || hash.size() != kHashSize) {
    return false;
  }
  return EqualInConstantTime(Scrypt(password, salt, *cost), hash);
}

}  // namespace edudelta::crypto
