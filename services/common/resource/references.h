#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/db/pool.h"
#include "common/resource/store.h"
#include "common/resource/table.h"
#include "common/rpc/call.h"

namespace edudelta::resource {

// Who names whom and who stands below whom, over all resources of one service. Filled before the first call, then
// thread-safe.
class References {
 public:
  // Pulls the feeds behind the local copies of other services' resources, once.
  using CatchUp = std::function<absl::Status(absl::Time deadline)>;
  References(db::Pool& pool, CatchUp catch_up) : pool_(pool), catch_up_(std::move(catch_up)) {}

  // Both outlive this.
  void Add(const Table& table, const Store& store) { stores_[table.dataset()] = {&table, &store}; }

  // What rows name of other services, against the local copies; a failure stands at its row in `each`.
  absl::Status CheckCopies(const rpc::Call& call, const Table& table,
                           const std::vector<const google::protobuf::Message*>& rows, std::vector<absl::Status>* each);
  // What they name of this service, and their parents; locked.
  absl::Status CheckRows(db::Tx& tx, const Table& table, const std::vector<const google::protobuf::Message*>& rows,
                         std::vector<absl::Status>* each);
  // FAILED_PRECONDITION, reason <TYPE>_HAS_<CHILDREN> or <TYPE>_IN_USE.
  absl::Status CheckDeletable(db::Tx& tx, const Table& table, const std::string& name, const Ids& ids);

 private:
  struct Kept {
    const Table* table = nullptr;
    const Store* store = nullptr;
  };

  db::Pool& pool_;
  const CatchUp catch_up_;
  absl::flat_hash_map<std::string, Kept> stores_;
};

}  // namespace edudelta::resource
