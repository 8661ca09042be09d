#pragma once

#include "common/crypto/field_cipher.h"

namespace edudelta::fuzz {

// Always the same keys, so that what they made stands in a corpus.
inline const crypto::FieldCipher& TestCipher() {
  static const auto& cipher = *new crypto::FieldCipher(*crypto::FieldCipher::FromJson(
      R"({"current": "k1", "keys": {"k1": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
          "index_key": {"id": "i1", "key": "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"}})"));
  return cipher;
}

}  // namespace edudelta::fuzz
