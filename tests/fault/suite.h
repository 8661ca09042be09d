#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/crypto/field_cipher.h"
#include "common/crypto/token.h"
#include "common/db/pool.h"
#include "common/testing/migrated.h"
#include "edudelta/call/v1/call.pb.h"
#include "grpcpp/channel.h"
#include "tests/fault/program.h"

namespace edudelta::fault {

// The suite's programs as they run in production, over one database whose commits are durable. Started when made; it
// does not wait until they serve. Failures of the set-up throw std::runtime_error. Not thread-safe.
class Suite {
 public:
  // Services by name; "exchange" is one of them, and the gateway comes with it.
  explicit Suite(const std::vector<std::string>& services);

  testing::Database& database() { return database_; }
  // A service, or "gateway".
  Program& program(const std::string& name) { return *programs_.at(name); }
  // Of a service. The pool is the test's own way into its schema.
  db::Pool& pool(const std::string& service) { return *services_.at(service).pool; }
  const crypto::FieldCipher& cipher(const std::string& service) const { return *services_.at(service).cipher; }
  const std::shared_ptr<grpc::Channel>& channel(const std::string& service) const {
    return services_.at(service).channel;
  }
  // Of the gateway, which speaks plain HTTP on loopback.
  int port() const { return port_; }

  // Calls the service that has the method, waiting for it. Throws when it refuses.
  void Ask(const google::protobuf::MethodDescriptor& method, const call::v1::Caller& caller,
           const google::protobuf::Message& request, google::protobuf::Message* response) const;

  // What exchange would issue to the principal: good for ten minutes.
  std::string TokenOf(const std::string& principal) const;

  // The end of what every program wrote.
  std::string Logs() const;

 private:
  struct Service {
    std::unique_ptr<crypto::FieldCipher> cipher;
    std::unique_ptr<db::Pool> pool;
    std::shared_ptr<grpc::Channel> channel;
  };

  std::string AddressOf(const std::string& service) const;
  void MakeService(const std::string& name);
  void MakeGateway(const std::vector<std::string>& services);

  Folder folder_;
  testing::Database database_{testing::WithServices(true)};
  metrics::Registry registry_;
  std::unique_ptr<crypto::TokenSigner> signer_;
  std::map<std::string, Service> services_;
  std::map<std::string, std::unique_ptr<Program>> programs_;
  int port_ = 0;
};

// A user of the organisation of its name ("organizations/jiading/users/clerk") that holds these roles at `prefix`.
call::v1::Caller User(const std::string& name, const std::vector<options::v1::Role>& roles, const std::string& prefix);
// May do what set-ups need: organisations, accounts.
call::v1::Caller Administrator();

const google::protobuf::MethodDescriptor& MethodOf(const google::protobuf::Descriptor* resource, const char* method);

}  // namespace edudelta::fault
