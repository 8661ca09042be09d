#pragma once

#include <memory>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/client.h"
#include "common/service/runtime.h"
#include "common/testing/database.h"
#include "edudelta/safety/v1/safety.grpc.pb.h"

namespace edudelta::safety::api {

constexpr char kDistrict[] = "districts/150104";
constexpr char kSchool[] = "districts/150104/schools/2115000001";

// One running safety service on a schema of its own and a private Unix socket, with kSchool in its copy of the schools.
// Set-up failures end the process.
class TestNode {
 public:
  using Stub = v1::SafetyService::StubInterface;

  TestNode();
  ~TestNode();

  // Calls with the identity that is given; waits until the service answers.
  template <typename Request, typename Response>
  absl::Status Call(const call::v1::Caller& caller,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    rpc::Context context(caller, absl::Now() + absl::Seconds(20), "");
    return rpc::Invoke(context, *stub_, method, request, response);
  }

  void Run(const std::string& sql);
  // First column of the first row.
  std::string Ask(const std::string& sql);

  const Clock& clock() const { return runtime_->clock(); }

  // ROLE_SAFETY_OFFICER at `prefix`.
  static call::v1::Caller Officer(const std::string& user = "officer", const std::string& prefix = kDistrict);
  static call::v1::Caller SchoolClerk();

 private:
  service::Definition definition_;
  std::unique_ptr<service::Runtime> runtime_;
  std::unique_ptr<v1::SafetyService::Stub> stub_;
  absl::Notification stop_;
  std::thread serving_;
};

}  // namespace edudelta::safety::api
