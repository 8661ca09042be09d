#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/rpc/client.h"
#include "common/service/runtime.h"
#include "common/testing/database.h"
#include "edudelta/exchange/v1/exchange.grpc.pb.h"
#include "exchange/api/definition.h"

namespace edudelta::exchange::api {

// One running exchange on a schema of its own and a private Unix socket. Set-up failures end the process.
class TestNode {
 public:
  // Another one on the same database when `schema` is given.
  explicit TestNode(testing::Database& database = testing::Database::Shared(), const db::Options* schema = nullptr);
  ~TestNode();

  // Calls with the identity that is given; waits until the service answers.
  template <typename Request, typename Response>
  absl::Status Call(const call::v1::Caller& caller,
                    grpc::Status (v1::ExchangeService::StubInterface::*method)(grpc::ClientContext*, const Request&,
                                                                               Response*),
                    const Request& request, Response* response) {
    rpc::Context context(caller, absl::Now() + absl::Seconds(20), "");
    return rpc::Invoke(context, *stub, method, request, response);
  }

  // One column of one row as text; of several rows, with blanks between.
  std::string Ask(const std::string& sql);
  absl::Status Execute(const std::string& sql);

  // Organisations jiading (310114) and kunshan (320583), each with users `officer` and `deputy` for agreements.
  void MakeParties();
  // An agreement of a year that has come as far as `state`, by jiading and kunshan.
  v1::Agreement MakeAgreement(const std::string& id, v1::Agreement::State state, const std::string& supersedes = "");
  v1::Agreement Draft() const;
  // The step by its party, with the hash it has.
  absl::Status Propose(const std::string& name, v1::Agreement* agreement);
  absl::Status Sign(const call::v1::Caller& caller, v1::Agreement* agreement);
  absl::Status Countersign(const call::v1::Caller& caller, v1::Agreement* agreement);
  absl::Status Revoke(const call::v1::Caller& caller, const std::string& name);

  static call::v1::Caller Administrator();
  // ROLE_AGREEMENT_OFFICER at the organisation.
  static call::v1::Caller Officer(const std::string& organization, const std::string& user = "officer");
  static call::v1::Caller Gateway() { return rpc::ServiceCaller("gateway"); }
  static call::v1::Caller Auditor(const std::string& prefix);

  // An allowed access under the agreement.
  static v1::RecordRequest Access(const v1::Agreement& agreement, const std::string& request_id);

  db::Options schema;
  Parts parts;
  service::Definition definition;
  std::unique_ptr<service::Runtime> runtime;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ExchangeService::Stub> stub;

 private:
  absl::Notification stop_;
  std::thread serving_;
};

}  // namespace edudelta::exchange::api
