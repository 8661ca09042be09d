#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace edudelta::crypto {

// The message's bytes with map entries in key order and without unknown fields: equal for equal messages within one
// build of the suite, and what is hashed and signed. A signer keeps the bytes it signed; nobody recomputes them with
// another build, because protobuf promises no byte order across versions.
std::string CanonicalBytes(const google::protobuf::Message& message);

// SM3 of CanonicalBytes, 32 bytes.
std::string CanonicalSm3(const google::protobuf::Message& message);

}  // namespace edudelta::crypto
