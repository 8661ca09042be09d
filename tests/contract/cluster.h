#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/testing/migrated.h"
#include "edudelta/call/v1/call.pb.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"

namespace edudelta::contract {

// The real services as processes of their own, on a private database and Unix sockets. Started once for all tests;
// set-up failures throw std::runtime_error with the end of the program's log.
class Cluster {
 public:
  Cluster();
  ~Cluster();

  // One unary call. Statuses carry what the service said.
  absl::Status Call(const google::protobuf::MethodDescriptor* method, const call::v1::Caller& caller,
                    const google::protobuf::Message& request, google::protobuf::Message* response);
  // Sends all requests of a client stream.
  absl::Status Send(const google::protobuf::MethodDescriptor* method, const call::v1::Caller& caller,
                    const std::vector<std::unique_ptr<google::protobuf::Message>>& requests,
                    google::protobuf::Message* response);
  // Reads a server stream to its end.
  absl::StatusOr<std::vector<std::unique_ptr<google::protobuf::Message>>> Receive(
      const google::protobuf::MethodDescriptor* method, const call::v1::Caller& caller,
      const google::protobuf::Message& request);

  // The schema of "planning".
  db::Pool& Pool(const std::string& service);
  const crypto::FieldCipher& cipher() const { return cipher_; }

 private:
  struct Service;

  std::vector<std::string> Command(const std::string& name) const;
  grpc::Channel& ChannelOf(const google::protobuf::MethodDescriptor* method);

  testing::Database database_{testing::WithServices()};
  std::string folder_;
  crypto::FieldCipher cipher_;
  metrics::Registry metrics_;
  std::map<std::string, std::unique_ptr<Service>> services_;
};

}  // namespace edudelta::contract
