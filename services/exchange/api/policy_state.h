#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "common/db/session.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "exchange/store/secrets.h"

namespace edudelta::exchange::api {

// Everything that gateways decide by, as last read. Used by one thread.
class PolicyState {
 public:
  // `runtime` outlives this.
  explicit PolicyState(service::Runtime& runtime) : runtime_(runtime) {}

  // Reads what has changed since; everything the first time and when changes were lost. The update has `snapshot` set
  // when everything was read, and no objects when nothing has changed.
  absl::StatusOr<v1::PolicyUpdate> Refresh(db::Session& session);
  // All of it, with `snapshot` set.
  v1::PolicyUpdate Snapshot() const;

 private:
  template <typename Account>
  absl::Status ReadAccounts(db::Session& session, const char* dataset, store::SecretKind kind,
                            std::map<std::string, v1::PolicyPrincipal>* principals);
  absl::Status ReadAll(db::Session& session);
  absl::Status ReadOne(db::Session& session, const std::string& name, v1::PolicyUpdate* update);

  service::Runtime& runtime_;
  int64_t version_ = -1;
  std::map<std::string, v1::PolicyPrincipal> principals_;
  std::map<std::string, v1::PolicyOrganization> organizations_;
  std::map<std::string, v1::PolicyAgreement> agreements_;
};

}  // namespace edudelta::exchange::api
