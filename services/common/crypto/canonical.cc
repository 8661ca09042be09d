#include "common/crypto/canonical.h"

#include <memory>

#include "common/crypto/digest.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace edudelta::crypto {

std::string CanonicalBytes(const google::protobuf::Message& message) {
  const std::unique_ptr<google::protobuf::Message> known(message.New());
  known->CopyFrom(message);
  known->DiscardUnknownFields();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    known->SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::string CanonicalSm3(const google::protobuf::Message& message) { return Sm3(CanonicalBytes(message)); }

}  // namespace edudelta::crypto
