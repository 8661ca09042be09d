#include "common/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace edudelta::crypto {
namespace {

std::string Digest(const EVP_MD* algorithm, absl::string_view bytes) {
  std::string digest(EVP_MD_get_size(algorithm), '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, algorithm,
                 nullptr) != 1) {
    std::abort();
  }
  return digest;
}

std::string Hmac(const EVP_MD* algorithm, absl::string_view key, absl::string_view bytes) {
  std::string mac(EVP_MD_get_size(algorithm), '\0');
  unsigned int size = 0;
  if (HMAC(algorithm, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
           bytes.size(), reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr) {
    std::abort();
  }
  return mac;
}

}  // namespace

std::string Sm3(absl::string_view bytes) { return Digest(EVP_sm3(), bytes); }

std::string Sha256(absl::string_view bytes) { return Digest(EVP_sha256(), bytes); }

std::string HmacSm3(absl::string_view key, absl::string_view bytes) { return Hmac(EVP_sm3(), key, bytes); }

std::string HmacSha256(absl::string_view key, absl::string_view bytes) { return Hmac(EVP_sha256(), key, bytes); }

bool EqualInConstantTime(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace edudelta::crypto
