#pragma once

namespace google::protobuf {
class Message;
}

namespace grpc {
class ByteBuffer;
}

namespace edudelta::rpc {

// False when the bytes are no such message (text that is not UTF-8 included). What `message` held before is gone.
bool FromBytes(const grpc::ByteBuffer& bytes, google::protobuf::Message* message);

grpc::ByteBuffer ToBytes(const google::protobuf::Message& message);

}  // namespace edudelta::rpc
