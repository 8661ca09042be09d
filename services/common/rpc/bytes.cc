#include "common/rpc/bytes.h"

#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/proto_buffer_reader.h"

namespace edudelta::rpc {

bool FromBytes(const grpc::ByteBuffer& bytes, google::protobuf::Message* message) {
  // A message that came in one piece, as most do, is read where it lies.
  grpc::Slice whole;
  if (bytes.TrySingleSlice(&whole).ok()) {
    return message->ParseFromArray(whole.begin(), static_cast<int>(whole.size()));
  }
  grpc::ByteBuffer pieces = bytes;
  grpc::ProtoBufferReader reader(&pieces);
  return reader.status().ok() && message->ParseFromZeroCopyStream(&reader);
}

grpc::ByteBuffer ToBytes(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.ByteSizeLong());
  // Nobody else has the slice yet.
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace edudelta::rpc
