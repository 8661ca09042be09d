#include "common/outbox/payload.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace edudelta::outbox {
namespace {

constexpr char kTable[] = "outbox";
constexpr char kColumn[] = "payload";

absl::Status Malformed() { return Error(absl::StatusCode::kDataLoss, "EVENT_PAYLOAD_MALFORMED", "变更事件内容已损坏"); }

}  // namespace

std::string Serialize(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializePartialToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::string EncodePayload(const feed::v1::Event& event, bool encrypt, const crypto::FieldCipher& cipher) {
  const std::string bytes = Serialize(event);
  if (!encrypt) return absl::StrCat(absl::string_view(&kPlain, 1), bytes);
  return absl::StrCat(absl::string_view(&kEncrypted, 1), cipher.Encrypt(kTable, kColumn, event.event_id(), bytes));
}

absl::StatusOr<feed::v1::Event> DecodePayload(absl::string_view event_id, absl::string_view payload,
                                              const crypto::FieldCipher& cipher) {
  if (payload.empty()) return Malformed();
  const char how = payload.front();
  std::string bytes(payload.substr(1));
  if (how == kEncrypted) {
    ASSIGN_OR_RETURN(bytes, cipher.Decrypt(kTable, kColumn, event_id, bytes));
  } else if (how != kPlain) {
    return Malformed();
  }
  feed::v1::Event event;
  if (!event.ParseFromString(bytes)) return Malformed();
  return event;
}

}  // namespace edudelta::outbox
