#include "gateway/http/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace edudelta::gateway::http {
namespace {

constexpr std::size_t kName = 16;

struct Key {
  std::array<unsigned char, kName> name;
  std::array<unsigned char, 32> encryption;
  std::array<unsigned char, 32> authentication;
  absl::Time made = absl::InfinitePast();
};

class RotatingKeys final : public TicketKeys {
 public:
  explicit RotatingKeys(std::function<absl::Time()> now) : now_(std::move(now)) {}

  void Install(SSL_CTX* context) override {
    SSL_CTX_set_ex_data(context, Slot(), this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, OnTicket);
    // No longer than their keys can be read.
    SSL_CTX_set_timeout(context, absl::ToInt64Seconds(kLife));
    // One is enough for whoever comes again; OpenSSL would make two a connection.
    SSL_CTX_set_num_tickets(context, 1);
    // The tickets are all that is kept, and by the clients.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  }

 private:
  // As SSL_CTX_set_tlsext_ticket_key_evp_cb wants it: 0 for a ticket that cannot be read, 2 for one to be replaced.
  static int OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                      int making) {
    auto* self = static_cast<RotatingKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), Slot()));
    return making != 0 ? self->Make(name, iv, cipher, mac) : self->Read(name, iv, cipher, mac);
  }

  static int Slot() {
    static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return slot;
  }

  int Make(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    absl::MutexLock lock(&mutex_);
    if (!Renew() || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    std::copy(current_.name.begin(), current_.name.end(), name);
    if (EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, current_.encryption.data(), iv) != 1) return -1;
    return SetMac(mac, current_) ? 1 : -1;
  }

  int Read(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    absl::MutexLock lock(&mutex_);
    if (!Renew()) return -1;
    for (const Key* key : {&current_, &former_}) {
      if (key->made + 2 * kLife <= now_() || !std::equal(key->name.begin(), key->name.end(), name)) continue;
      if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->encryption.data(), iv) != 1) return -1;
      if (!SetMac(mac, *key)) return -1;
      return key == &current_ ? 1 : 2;
    }
    return 0;
  }

  bool Renew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Time now = now_();
    if (current_.made + kLife > now) return true;
    // Where randomness fails, none of it is a key.
    Key next;
    next.made = now;
    if (RAND_bytes(next.name.data(), kName) != 1 ||
        RAND_priv_bytes(next.encryption.data(), static_cast<int>(next.encryption.size())) != 1 ||
        RAND_priv_bytes(next.authentication.data(), static_cast<int>(next.authentication.size())) != 1) {
      return false;
    }
    former_ = std::exchange(current_, next);
    return true;
  }

  static bool SetMac(EVP_MAC_CTX* mac, const Key& key) {
    std::array<unsigned char, 32> bytes = key.authentication;
    char digest[] = "SHA256";
    const std::array<OSSL_PARAM, 3> parameters = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes.data(), bytes.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
  }

  const std::function<absl::Time()> now_;
  absl::Mutex mutex_;
  Key current_ ABSL_GUARDED_BY(mutex_);
  Key former_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<TicketKeys> TicketKeys::Make(std::function<absl::Time()> now) {
  return std::make_unique<RotatingKeys>(std::move(now));
}

}  // namespace edudelta::gateway::http
