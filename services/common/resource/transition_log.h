#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/session.h"
#include "common/resource/table.h"
#include "common/resource/transition.h"
#include "common/rpc/call.h"
#include "edudelta/resource/v1/transition.pb.h"

namespace edudelta::resource {

// Who moved a row of one resource, when and why: the service's table `transition_log`. Entries are of a row, not of
// its name: one that is made again under the name of a deleted row begins anew. Thread-safe: it holds nothing but
// texts.
class TransitionLog {
 public:
  // `transitions`: TransitionsOf(table); it outlives this.
  TransitionLog(const Table& table, const std::vector<Transition>& transitions);

  // `now` as db::SqlTime.
  absl::Status Append(const rpc::Call& call, db::Tx& tx, const std::string& now, const Transition& transition,
                      int64_t row_id, const google::protobuf::Message& old,
                      const google::protobuf::Message& request) const;
  // That rows were created, where a step excludes who did that; otherwise it is in no entry.
  absl::Status AppendCreated(const rpc::Call& call, db::Tx& tx, const std::string& now,
                             const std::vector<const google::protobuf::Message*>& rows) const;
  // The principal that took this step of a row last, or created it (kCreate); empty when nobody did.
  absl::StatusOr<std::string> LastActor(db::Session& session, const std::string& name, const std::string& method) const;
  // Up to `limit` entries, the newest first, of which the first is older than entry `before` (0: any). `last`: the
  // number of the last one.
  absl::StatusOr<std::vector<resource::v1::Transition>> Page(db::Session& session, const std::string& name,
                                                             int64_t before, int limit, int64_t* last) const;

  // Every statement by its purpose, for --describe.
  std::vector<std::pair<std::string, std::string>> Texts() const;

 private:
  std::vector<db::Value> NameValues(const std::string& name) const;
  std::string TextOfCreated(size_t rows) const;

  const Table& table_;
  const std::vector<Transition>& transitions_;
  bool logs_create_ = false;
  // The values of one row.
  std::string created_;
  std::string last_actor_;
  std::string page_;
};

}  // namespace edudelta::resource
