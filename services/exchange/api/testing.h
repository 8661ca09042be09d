#pragma once

#include <string>

#include "common/service/testing.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "exchange/api/definition.h"

namespace edudelta::exchange::api {

// What a node's definition points to, so it stands before the node.
struct TestParts {
  TestParts();

  Parts parts;
};

// One running exchange with a fresh token key.
class TestNode : public TestParts, public service::TestServer {
 public:
  // Another one on the same database when `schema` is given.
  explicit TestNode(testing::Database& database = testing::Database::Shared(), const db::Options* schema = nullptr);

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
};

}  // namespace edudelta::exchange::api
