#include "common/crypto/field_cipher.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/crypto/digest.h"

namespace edudelta::crypto {
namespace {

constexpr char kSuiteSm4CtrHmacSm3 = 1;
constexpr size_t kIvSize = 16;
constexpr size_t kTagSize = 32;
constexpr size_t kMasterKeySize = 32;
constexpr size_t kSm4KeySize = 16;
constexpr size_t kSm4BlockSize = 16;

absl::Status Malformed(absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "FIELD_KEYS_MALFORMED", "字段密钥文件的格式有错误",
               {{"at", std::string(what)}});
}

absl::Status Tampered() {
  return Error(absl::StatusCode::kDataLoss, "FIELD_CIPHER_TAMPERED", "加密保存的数据已损坏或被改动");
}

// The parts joined so that no two different lists give the same bytes.
std::string Joined(std::initializer_list<absl::string_view> parts) {
  std::string bytes;
  for (const absl::string_view part : parts) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(static_cast<uint64_t>(part.size()) >> shift));
    }
    absl::StrAppend(&bytes, part);
  }
  return bytes;
}

// CTR mode: the same operation both ways.
std::string Sm4Ctr(absl::string_view key, absl::string_view iv, absl::string_view input) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  const auto bytes = [](absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::string output(input.size(), '\0');
  int size = 0;
  if (context == nullptr || EVP_EncryptInit_ex(context.get(), EVP_sm4_ctr(), nullptr, bytes(key), bytes(iv)) != 1 ||
      EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(output.data()), &size, bytes(input),
                        static_cast<int>(input.size())) != 1 ||
      size != static_cast<int>(input.size())) {
    std::abort();
  }
  return output;
}

bool IsKeyId(absl::string_view id) {
  return !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

// One block alone: what goes in is never the same twice, so nothing shows of it.
std::string Sm4Block(absl::string_view key, const std::array<unsigned char, kSm4BlockSize>& input) {
  // Asked for once, as each read of a row makes one.
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "SM4-ECB", nullptr);
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  std::string output(kSm4BlockSize, '\0');
  int size = 0;
  if (cipher == nullptr || context == nullptr ||
      EVP_EncryptInit_ex(context.get(), cipher, nullptr, reinterpret_cast<const unsigned char*>(key.data()), nullptr) !=
          1 ||
      EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(output.data()), &size, input.data(),
                        static_cast<int>(input.size())) != 1 ||
      size != static_cast<int>(kSm4BlockSize)) {
    std::abort();
  }
  return output;
}

absl::StatusOr<std::string> MasterKey(const nlohmann::json& hex, absl::string_view at) {
  if (!hex.is_string()) return Malformed(at);
  const std::string& text = hex.get_ref<const std::string&>();
  if (text.size() != 2 * kMasterKeySize || !std::all_of(text.begin(), text.end(), absl::ascii_isxdigit)) {
    return Malformed(at);
  }
  return absl::HexStringToBytes(text);
}

std::string Derive(absl::string_view master, absl::string_view purpose) { return HmacSm3(master, purpose); }

}  // namespace

absl::StatusOr<FieldCipher> FieldCipher::FromJson(absl::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_object()) return Malformed("");
  const auto keys = json.find("keys");
  const auto current = json.find("current");
  const auto index = json.find("index_key");
  if (keys == json.end() || !keys->is_object()) return Malformed("keys");
  if (current == json.end() || !current->is_string()) return Malformed("current");
  if (index == json.end() || !index->is_object() || !index->contains("id") || !index->contains("key")) {
    return Malformed("index_key");
  }
  FieldCipher cipher;
  for (const auto& [id, hex] : keys->items()) {
    if (!IsKeyId(id)) return Malformed("keys");
    ASSIGN_OR_RETURN(const std::string master, MasterKey(hex, absl::StrCat("keys.", id)));
    cipher.keys_[id] = {Derive(master, "edudelta field encryption").substr(0, kSm4KeySize),
                        Derive(master, "edudelta field authentication")};
  }
  cipher.current_ = current->get<std::string>();
  if (!cipher.keys_.contains(cipher.current_)) return Malformed("current");
  const nlohmann::json& index_id = index->at("id");
  if (!index_id.is_string() || !IsKeyId(index_id.get_ref<const std::string&>())) return Malformed("index_key.id");
  cipher.index_key_id_ = index_id.get<std::string>();
  ASSIGN_OR_RETURN(const std::string index_master, MasterKey(index->at("key"), "index_key.key"));
  cipher.index_key_ = Derive(index_master, "edudelta blind index");
  cipher.opaque_key_ = Derive(index_master, "edudelta opaque numbers").substr(0, kSm4KeySize);
  return cipher;
}

absl::StatusOr<FieldCipher> FieldCipher::FromFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) return Refused("FIELD_KEYS_UNREADABLE", "字段密钥文件不存在或不能读取", {{"path", path}});
  return FromJson(text.str());
}

std::string FieldCipher::GenerateKeyJson() {
  const nlohmann::json json = {{"current", "k1"},
                               {"keys", {{"k1", RandomHex(kMasterKeySize)}}},
                               {"index_key", {{"id", "i1"}, {"key", RandomHex(kMasterKeySize)}}}};
  return json.dump(2) + "\n";
}

absl::Status FieldCipher::GenerateKeyFile(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) {
    return Error(absl::StatusCode::kAlreadyExists, "FIELD_KEYS_EXIST", "字段密钥文件已经存在，不能覆盖",
                 {{"path", path}});
  }
  if (file < 0) return Refused("FIELD_KEYS_UNWRITABLE", "不能写字段密钥文件", {{"path", path}});
  const std::string text = GenerateKeyJson();
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  if (close(file) == 0 && written) return absl::OkStatus();
  unlink(path.c_str());
  return Refused("FIELD_KEYS_UNWRITABLE", "不能写字段密钥文件", {{"path", path}});
}

std::string FieldCipher::Encrypt(absl::string_view table, absl::string_view column, absl::string_view row_binding,
                                 absl::string_view plaintext) const {
  const Keys& keys = keys_.at(current_);
  const std::string iv = absl::HexStringToBytes(RandomHex(kIvSize));
  const std::string value =
      absl::StrCat(std::string(1, kSuiteSm4CtrHmacSm3), std::string(1, static_cast<char>(current_.size())), current_,
                   iv, Sm4Ctr(keys.encryption, iv, plaintext));
  return absl::StrCat(value, HmacSm3(keys.authentication, Joined({table, column, row_binding, value})));
}

absl::StatusOr<std::string> FieldCipher::Decrypt(absl::string_view table, absl::string_view column,
                                                 absl::string_view row_binding, absl::string_view stored) const {
  if (stored.size() < 2 || stored[0] != kSuiteSm4CtrHmacSm3) return Tampered();
  const size_t id_size = static_cast<unsigned char>(stored[1]);
  if (stored.size() < 2 + id_size + kIvSize + kTagSize) return Tampered();
  const absl::string_view id = stored.substr(2, id_size);
  if (!IsKeyId(id)) return Tampered();
  const auto keys = keys_.find(id);
  if (keys == keys_.end()) {
    return Error(absl::StatusCode::kDataLoss, "FIELD_CIPHER_KEY_UNKNOWN", "缺少解密这项数据的密钥",
                 {{"key", std::string(id)}});
  }
  const absl::string_view value = stored.substr(0, stored.size() - kTagSize);
  const absl::string_view tag = stored.substr(value.size());
  const std::string expected = HmacSm3(keys->second.authentication, Joined({table, column, row_binding, value}));
  if (!EqualInConstantTime(tag, expected)) return Tampered();
  const size_t iv_at = 2 + id_size;
  return Sm4Ctr(keys->second.encryption, value.substr(iv_at, kIvSize), value.substr(iv_at + kIvSize));
}

std::string FieldCipher::BlindIndex(absl::string_view table, absl::string_view column,
                                    absl::string_view plaintext) const {
  return HmacSm3(index_key_, Joined({table, column, plaintext}));
}

std::string FieldCipher::Opaque(std::uint64_t first, std::uint64_t second) const {
  std::array<unsigned char, kSm4BlockSize> block;
  for (size_t i = 0; i < block.size(); ++i) {
    block[i] = static_cast<unsigned char>((i < 8 ? first : second) >> (56 - 8 * (i % 8)));
  }
  return Sm4Block(opaque_key_, block);
}

}  // namespace edudelta::crypto
