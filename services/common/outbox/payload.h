#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/crypto/field_cipher.h"
#include "edudelta/feed/v1/feed.pb.h"

// The column `payload` of the outbox: one byte that says how, then the event's bytes. Sequence and position are not
// part of it.
namespace edudelta::outbox {

constexpr char kPlain = 'P';
constexpr char kEncrypted = 'E';

// The same event gives the same plain bytes.
std::string EncodePayload(const feed::v1::Event& event, bool encrypt, const crypto::FieldCipher& cipher);

// DATA_LOSS: FIELD_CIPHER_TAMPERED, FIELD_CIPHER_KEY_UNKNOWN, EVENT_PAYLOAD_MALFORMED.
absl::StatusOr<feed::v1::Event> DecodePayload(absl::string_view event_id, absl::string_view payload,
                                              const crypto::FieldCipher& cipher);

// Deterministic bytes.
std::string Serialize(const google::protobuf::Message& message);

}  // namespace edudelta::outbox
