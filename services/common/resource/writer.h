#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/pool.h"
#include "common/outbox/writer.h"
#include "common/resource/once.h"
#include "common/resource/reader.h"
#include "common/resource/references.h"
#include "common/resource/row_checks.h"
#include "common/resource/rules.h"
#include "common/resource/store.h"
#include "common/resource/transition_log.h"
#include "common/resource/unique.h"
#include "common/rpc/call.h"

namespace edudelta::resource {

// Create, BatchCreate, Update and Delete of one resource, and what every write does to a row inside its transaction.
// Thread-safe.
class Writer {
 public:
  // All outlive this.
  Writer(const Table& table, const Store& store, const Rules& rules, const RowChecks& checks, const UniqueKeys& unique,
         const Presenter& presenter, Reader& reader, References& references, const Once& once, const TransitionLog& log,
         outbox::Writer& outbox)
      : table_(table),
        store_(store),
        rules_(rules),
        checks_(checks),
        unique_(unique),
        presenter_(presenter),
        reader_(reader),
        references_(references),
        once_(once),
        log_(log),
        outbox_(outbox) {}

  absl::Status Create(const rpc::Call& call, const Message& request, Message* response);
  absl::Status BatchCreate(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Update(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Delete(const rpc::Call& call, const Message& request);

  // For writes of custom methods, steps and files, in a transaction of theirs. No permission is checked; `now` is the
  // database's clock as db::SqlTime.
  //
  // New rows as a follower or a command of the service makes them: they start like any, and are checked like any but
  // for what they name of other services.
  absl::Status CreateAll(const rpc::Call& call, db::Tx& tx, const std::string& now, const std::vector<Message*>& rows);
  // Rows that the service computed itself, as they are, with their events.
  absl::Status InsertAll(const rpc::Call& call, db::Tx& tx, const std::string& now, const std::vector<Message*>& rows);
  // Rows that were checked, as they are, without events.
  absl::Status InsertRows(const rpc::Call& call, db::Tx& tx, const std::string& now,
                          const std::vector<const Message*>& rows);
  // NOT_FOUND.
  absl::StatusOr<Row> Lock(db::Tx& tx, const std::string& name) const;
  // The locked row becomes `next`, with history and event; not before `old`, whatever `now` says.
  absl::StatusOr<Written> Replace(const rpc::Call& call, db::Tx& tx, const std::string& now, const Row& old,
                                  Message* next);
  // Events of what was written, for a resource that has events.
  absl::Status Emit(db::Tx& tx, const std::string& now, const std::vector<outbox::Change>& changes);
  // The row as an earlier write left it.
  absl::Status Replay(db::Tx& tx, const Written& written, Message* response) const;

 private:
  absl::StatusOr<std::unique_ptr<Message>> NewRow(const rpc::Call& call, const Message& create,
                                                  absl::string_view parent, const std::string& made_id) const;
  absl::StatusOr<Written> InsertNew(const rpc::Call& call, db::Tx& tx, const std::string& now,
                                    const Verdict& references, Message* next);

  const Table& table_;
  const Store& store_;
  const Rules& rules_;
  const RowChecks& checks_;
  const UniqueKeys& unique_;
  const Presenter& presenter_;
  Reader& reader_;
  References& references_;
  const Once& once_;
  const TransitionLog& log_;
  outbox::Writer& outbox_;
};

// A unique key that refused a row, in the caller's words.
absl::Status Duplicate(const absl::Status& status, const Table& table);

}  // namespace edudelta::resource
