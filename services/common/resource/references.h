#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/db/pool.h"
#include "common/resource/copy.h"
#include "common/resource/store.h"
#include "common/resource/table.h"
#include "common/rpc/call.h"
#include "google/protobuf/message.h"

namespace edudelta::resource {

// What the references of a row come to.
struct Verdict {
  // Refuses it in any case: FAILED_PRECONDITION, reason REFERENCE_NOT_FOUND; INVALID_ARGUMENT, reasons
  // REFERENCE_OTHER_DISTRICT and REFERENCE_CIRCLE.
  absl::Status any;
  // Refuse it besides if it is new, or says something else than before in the field that stands first (never "parent",
  // what its name stands below): FAILED_PRECONDITION, reasons PARENT_CLOSED and REFERENCE_CLOSED.
  std::vector<std::pair<std::string, absl::Status>> if_named;
  // Refuses it besides if a standard method adds it or changes it: FAILED_PRECONDITION, reason PARENT_LOCKED.
  absl::Status if_changed;

  // For a step. `old` is null for a new row.
  absl::Status OfStep(const google::protobuf::Message* old, const google::protobuf::Message& next) const;
  // For the standard methods.
  absl::Status Of(const google::protobuf::Message* old, const google::protobuf::Message& next) const;
};

// Who names whom and who stands below whom among the resources of one service, and which are other services': an index
// made once from all tables. A row's parent is what its name stands below (Resource.parent when that is another
// service's) and what its `within` fields name. Thread-safe when every table has been added.
class References {
 public:
  // Brings what the other service had committed of a dataset into its copy.
  using CatchUp = std::function<absl::Status(const std::string& dataset, absl::Time deadline)>;

  // All outlive it. `catch_up` may be null. So many unary calls wait for a feed at a time: a share of the workers,
  // since the service behind it may hang.
  References(db::Pool& pool, db::Pool& bulk_pool, const Clock& clock, const std::vector<std::unique_ptr<Copy>>& copies,
             CatchUp catch_up, int most_waiting)
      : pool_(pool),
        bulk_pool_(bulk_pool),
        clock_(clock),
        copies_(copies),
        catch_up_(std::move(catch_up)),
        most_waiting_(most_waiting) {}

  // A resource of the service; both outlive this. Another store of the same table takes its place.
  void Add(const Table& table, const Store& store);

  // Whether the caller may name what `next` names and `old`, which may be null, does not: of a district's registers
  // what it may read, by its name. Else the answer is that of a name that is not there: whoever may not read a row
  // learns nothing of it, and keeps it from being deleted by no row of its own. What a row stands below is its writer's
  // matter.
  absl::Status MayName(const rpc::Call& call, const Table& table, const google::protobuf::Message* old,
                       const google::protobuf::Message& next) const;

  // What rows name of other services, by the local copies, and may be named by the caller. A name that no copy has may
  // be so new that its feed has not brought it: then the feed is pulled, for 300 ms at most (5 s where the client
  // streams), and not at once again when that did not help, nor when too many wait already. Adds to `each`, one a row.
  // A row without a name is a change of the row `changed`, which has its parent. Failures: those of the database;
  // INTERNAL, reason DATASET_NOT_FOLLOWED.
  absl::Status CheckCopies(const rpc::Call& call, const Table& table,
                           const std::vector<const google::protobuf::Message*>& rows, std::vector<Verdict>* each,
                           absl::string_view changed = {});

  // What rows name within the service, and their parents: locked until the transaction ends. The same otherwise.
  absl::Status CheckRows(db::Tx& tx, const Table& table, const std::vector<const google::protobuf::Message*>& rows,
                         std::vector<Verdict>* each) const;

  // That its parent is not locked, nothing stands below the row, and none of the rows that may name it does, those of
  // all the districts that its own one covers. FAILED_PRECONDITION, reasons PARENT_LOCKED, <TYPE>_HAS_<COLLECTION> and
  // <TYPE>_IN_USE.
  absl::Status CheckDeletable(db::Tx& tx, const Table& table, const std::string& name, const Ids& ids) const;

 private:
  struct Kept {
    const Table* table = nullptr;
    const Store* store = nullptr;
  };
  // A column that may name a dataset.
  struct Naming {
    std::string dataset;
    const Column* column = nullptr;
  };

  const Copy* CopyOf(const std::string& dataset) const;
  // A dataset whose rows may have ended above rows of the table, further up than their parent, and so many steps up.
  struct Above {
    std::string dataset;
    int steps;
  };
  std::vector<Above> FarAbove(const Table& table) const;
  // Null for a dataset that is not known here.
  const Table* TableOf(const std::string& dataset) const;
  bool MayName(const rpc::Call& call, const std::string& dataset, const std::string& name) const;
  bool MayCatchUp(const std::string& dataset, absl::Time limit) ABSL_LOCKS_EXCLUDED(mutex_);
  void Pause(const std::string& dataset, absl::Duration pause) ABSL_LOCKS_EXCLUDED(mutex_);
  bool BeginWaiting() ABSL_LOCKS_EXCLUDED(mutex_);
  void EndWaiting() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<Copy::Standing>> Look(const rpc::Call& call, db::Pool& pool, const Copy& copy,
                                                   const std::vector<std::string>& names);

  db::Pool& pool_;
  // For streams.
  db::Pool& bulk_pool_;
  const Clock& clock_;
  const std::vector<std::unique_ptr<Copy>>& copies_;
  const CatchUp catch_up_;
  // By dataset; in one order, so that all lock in it.
  std::map<std::string, Kept> kept_;
  // Datasets by pattern.
  absl::flat_hash_map<std::string, std::string> patterns_;
  // Datasets whose rows stand below rows of this pattern.
  std::map<std::string, std::vector<std::string>> below_;
  // By the dataset that is named.
  std::map<std::string, std::vector<Naming>> naming_;

  const int most_waiting_;

  absl::Mutex mutex_;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  // Before that no feed is pulled for a name that is not known. By dataset.
  absl::flat_hash_map<std::string, absl::Time> next_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::resource
