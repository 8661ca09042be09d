#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/resource/once.h"
#include "common/resource/reader.h"
#include "common/resource/references.h"
#include "common/resource/row_checks.h"
#include "common/resource/rules.h"
#include "common/resource/transition.h"
#include "common/resource/transition_log.h"
#include "common/resource/writer.h"

namespace edudelta::resource {

// The declared workflow steps of one resource (options.Transition), and who took them. A step locks the row, checks its
// state and who acts, copies the request's fields, asks the step's rule, checks what became of the row as an Update
// would, and writes row, history, log entry and event in one transaction. Thread-safe.
class Steps {
 public:
  // All outlive this. CheckRules found that `transitions` go with `rules`.
  Steps(const Table& table, const Rules& rules, const std::vector<Transition>& transitions, const RowChecks& checks,
        const Presenter& presenter, References& references, Reader& reader, Writer& writer, const Once& once,
        const TransitionLog& log, db::Pool& pool, const crypto::FieldCipher& cipher, const Clock& clock)
      : table_(table),
        rules_(rules),
        transitions_(transitions),
        checks_(checks),
        presenter_(presenter),
        references_(references),
        reader_(reader),
        writer_(writer),
        once_(once),
        log_(log),
        pool_(pool),
        cipher_(cipher),
        clock_(clock) {}

  // The step whose request this is, as a call of its own.
  absl::Status Take(const rpc::Call& call, const Message& request, Message* response);
  // The same inside a transaction, for a step that moves other rows too; the resource as it became. Whether the caller
  // may is for the outer step to say: no role is asked for. Nor are other services' resources that the request names,
  // since a transaction waits for no feed.
  absl::StatusOr<std::unique_ptr<Message>> Take(const rpc::Call& call, db::Tx& tx, const Message& request);

  // For whoever may read the row.
  absl::Status ListTransitions(const rpc::Call& call, const Message& request, Message* response);
  // The principal that took a step of the row last, e.g. "SuspendAgreement"; empty when nobody did.
  absl::StatusOr<std::string> LastActor(db::Session& session, const std::string& name, const std::string& step) const {
    return log_.LastActor(session, name, step);
  }

 private:
  absl::StatusOr<const Transition*> Find(const Message& request) const;
  absl::Status MayTake(const rpc::Call& call, const Transition& transition, const Message& row) const;
  // What the request alone tells; its fields as those of a resource.
  absl::StatusOr<std::unique_ptr<Message>> CheckRequest(const Transition& transition, const Message& request) const;
  absl::Status CheckState(const rpc::Call& call, db::Tx& tx, const Transition& transition, const Message& old) const;
  // Asks the step's rule, facts first.
  absl::Status Decide(const rpc::Call& call, db::Tx& tx, const Transition& transition, const Message& old,
                      const Message& request, Message* next) const;
  // `named`: what other services say of what the request names.
  absl::StatusOr<Written> Move(const rpc::Call& call, db::Tx& tx, const std::string& now, const Transition& transition,
                               const Row& old, const Message& request, Verdict named, Message* next);

  const Table& table_;
  const Rules& rules_;
  const std::vector<Transition>& transitions_;
  const RowChecks& checks_;
  const Presenter& presenter_;
  References& references_;
  Reader& reader_;
  Writer& writer_;
  const Once& once_;
  const TransitionLog& log_;
  db::Pool& pool_;
  const crypto::FieldCipher& cipher_;
  const Clock& clock_;
};

}  // namespace edudelta::resource
