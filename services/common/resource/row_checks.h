#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/codes/code_sets.h"
#include "common/resource/rules.h"
#include "common/resource/table.h"
#include "common/resource/transition.h"
#include "common/rpc/call.h"

namespace edudelta::resource {

// What a row must be before it is written, whoever writes it: a clerk, a step, a file. Thread-safe.
class RowChecks {
 public:
  // All outlive this.
  RowChecks(const Table& table, const Rules& rules, const std::vector<Transition>& transitions,
            const codes::CodeSets& codes, const Clock& clock)
      : table_(table), rules_(rules), transitions_(transitions), codes_(codes), clock_(clock) {}

  // Asia/Shanghai.
  absl::CivilDay Today() const;
  // Of the standard methods. PERMISSION_DENIED: METHOD_NOT_SHARED, RESOURCE_READ_ONLY, ROLE_MISSING.
  absl::Status MayWrite(const rpc::Call& call, const Message& row) const;
  // Whether a standard method may change the stored row, or delete it. FAILED_PRECONDITION: <TYPE>_<STATE> of a locked
  // one (Resource.locked), e.g. SCHOOL_CLOSED; what the resource's rule says.
  absl::Status MayChange(const Message& old, const Message& next) const;
  absl::Status MayDelete(db::Tx& tx, const Message& old) const;
  // What a new row starts with: the first states, and what the resource's rule sets.
  void Begin(Message* next) const;
  // The same of what a caller sends, who does not set what the service keeps.
  void Start(Message* next) const;
  absl::Status CheckId(absl::string_view id) const;
  // The fields that are set, OUTPUT_ONLY ones too, and how they go together: what a step's request or a file brings.
  absl::Status CheckGiven(const Message& given) const;
  // How they go together alone.
  absl::Status CheckTogether(const Message& given) const;
  // The whole row and the resource's own rule; puts values into their stored form.
  absl::Status CheckWhole(Message* next) const;
  // The same of what differs from the stored row, OUTPUT_ONLY fields too. What was wrong before, by rules of today,
  // does not stand in the way of a step, which often cannot mend it.
  absl::Status CheckChanged(const Message& old, Message* next) const;
  // A status each, by what stands elsewhere. Failures: those of the database.
  absl::StatusOr<std::vector<absl::Status>> CheckElsewhere(db::Tx& tx, const std::vector<const Message*>& rows) const;
  // The same of one.
  absl::Status CheckElsewhere(db::Tx& tx, const Message& row) const;

 private:
  absl::Status CheckUnlocked(const Message& row) const;

  const Table& table_;
  const Rules& rules_;
  const std::vector<Transition>& transitions_;
  const codes::CodeSets& codes_;
  const Clock& clock_;
};

// What leaves the service: derived fields filled, personal ones masked, and nothing that an agreement does not name.
// Thread-safe.
class Presenter {
 public:
  Presenter(const Table& table, const Rules& rules, const Clock& clock) : table_(table), rules_(rules), clock_(clock) {}

  // For who reads. Says to the call whether it shows personal fields in clear.
  void Read(const rpc::Call& call, Message* row) const;
  // For who wrote: masked for everybody, since only reads in clear have their entry in the evidence.
  void Written(const rpc::Call& call, Message* row) const;

 private:
  void Scope(const call::v1::Scope& scope, Message* row) const;
  bool HasPersonal(const Message& row) const;
  void Mask(const rpc::Call& call, Message* row) const;

  const Table& table_;
  const Rules& rules_;
  const Clock& clock_;
};

}  // namespace edudelta::resource
