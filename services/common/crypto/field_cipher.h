#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edudelta::crypto {

// Encryption of single column values at rest. A value is
//
//   suite (1 byte) | key id length (1) | key id | IV (16) | ciphertext | tag (32)
//
// Suite 1 is SM4-CTR, then HMAC-SM3 over everything before the tag and over table, column and row binding, so that
// a value moved to another row or column is found out. Encryption and authentication keys are derived from the named
// key. The same plaintext gives different bytes each time; equality is searched through BlindIndex, under its own key.
//
// Keys come from a JSON file
//   {"current": "k1", "keys": {"k1": "<64 hex>"}, "index_key": {"id": "i1", "key": "<64 hex>"}}
// New values use `current`; old ones are read with any key in `keys`. To rotate: add a key, make it current, rewrite
// the rows, remove the old key. Immutable after construction, thread-safe.
class FieldCipher {
 public:
  // INVALID_ARGUMENT (FIELD_KEYS_MALFORMED). No text contains key material.
  static absl::StatusOr<FieldCipher> FromJson(absl::string_view json);
  // Also FAILED_PRECONDITION (FIELD_KEYS_UNREADABLE).
  static absl::StatusOr<FieldCipher> FromFile(const std::string& path);

  // Fresh random keys as such a JSON text.
  static std::string GenerateKeyJson();
  // Writes them to a new file that only its owner can read. ALREADY_EXISTS (FIELD_KEYS_EXIST): keys are never
  // overwritten. FAILED_PRECONDITION (FIELD_KEYS_UNWRITABLE).
  static absl::Status GenerateKeyFile(const std::string& path);

  std::string Encrypt(absl::string_view table, absl::string_view column, absl::string_view row_binding,
                      absl::string_view plaintext) const;
  // DATA_LOSS: FIELD_CIPHER_TAMPERED when a bit differs or the value belongs elsewhere, FIELD_CIPHER_KEY_UNKNOWN when
  // its key is not in the file.
  absl::StatusOr<std::string> Decrypt(absl::string_view table, absl::string_view column, absl::string_view row_binding,
                                      absl::string_view stored) const;

  // 32 bytes that are equal for equal plaintexts of one column, and tell nothing without the key.
  std::string BlindIndex(absl::string_view table, absl::string_view column, absl::string_view plaintext) const;
  // 32 bytes that tell nothing of `bytes` without the index key, for what is not a column: `purpose` keeps the uses
  // apart.
  std::string Mac(absl::string_view purpose, absl::string_view bytes) const { return BlindIndex("", purpose, bytes); }
  // 16 bytes that stand for two numbers, no two for the same, and tell nothing of them without the index key.
  std::string Opaque(std::uint64_t first, std::uint64_t second) const;
  const std::string& index_key_id() const { return index_key_id_; }
  const std::string& current_key_id() const { return current_; }

 private:
  struct Keys {
    std::string encryption;
    std::string authentication;
  };

  FieldCipher() = default;

  std::string current_;
  absl::flat_hash_map<std::string, Keys> keys_;
  std::string index_key_id_;
  std::string index_key_;
  std::string opaque_key_;
};

}  // namespace edudelta::crypto
