#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/client.h"
#include "common/service/runtime.h"
#include "common/testing/ask.h"
#include "common/testing/database.h"

// A whole service in a test's own process.
namespace edudelta::service {

// Ends the process with the reason: a set-up that fails is no finding of the test.
void Must(const absl::Status& status);

// User `user` of organizations/`organization`, who has one role at `prefix`.
call::v1::Caller UserOf(const std::string& organization, const std::string& user, options::v1::Role role,
                        const std::string& prefix);

// A new folder for sockets.
std::string TestFolder(const std::string& name);

// One running service on a schema and a private Unix socket of its own, with keys of its own. Set-up failures end the
// process. Nobody listens at the addresses of its peers, <folder>/<peer>.sock, unless the test does: else a copy of
// their rows has what the test puts in.
class TestServer {
 public:
  // Another one on the same database when `schema` is given. `folder`: of a TestFolder; a new one when empty.
  explicit TestServer(Definition definition, testing::Database& database = testing::Database::Shared(),
                      const db::Options* schema = nullptr, std::string folder = "");
  // Ends it in order, as a signal would.
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  // Calls a method of the service ("GradeHazard") with the identity that is given; ends the process when there is none
  // of these types.
  absl::Status Call(const call::v1::Caller& caller, const std::string& method, const google::protobuf::Message& request,
                    google::protobuf::Message* response);
  const google::protobuf::MethodDescriptor& Method(const std::string& name) const;

  Runtime& runtime() { return *runtime_; }
  const Clock& clock() const { return runtime_->clock(); }
  const db::Options& schema() const { return schema_; }
  // Connected.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // The first column of every row as text, with blanks between.
  std::string Ask(const std::string& sql);
  absl::Status Execute(const std::string& sql);

 private:
  const Definition definition_;
  const db::Options schema_;
  std::unique_ptr<Runtime> runtime_;
  absl::Notification stop_;
  std::thread serving_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace edudelta::service
