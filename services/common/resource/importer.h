#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/db/pool.h"
#include "common/resource/references.h"
#include "common/resource/row_checks.h"
#include "common/resource/rules.h"
#include "common/resource/store.h"
#include "common/resource/unique.h"
#include "common/resource/writer.h"
#include "common/rpc/call.h"
#include "edudelta/resource/v1/import.pb.h"

namespace edudelta::resource {

// Names of the fields that an imported file carries.
using ImportColumns = absl::flat_hash_set<std::string>;

// How many chunks of all imports of a service may land while the chunk before them is still on its way, each keeping a
// connection while it waits.
class ChunkSlots {
 public:
  // One of the slots, if there is one left.
  class Slot {
   public:
    explicit Slot(ChunkSlots& slots) : used_(slots.used_), taken_(++used_ <= kSlots) {}
    ~Slot() { --used_; }
    Slot(const Slot&) = delete;
    bool taken() const { return taken_; }

   private:
    std::atomic<int>& used_;
    const bool taken_;
  };

 private:
  static constexpr int kSlots = 2;
  std::atomic<int> used_ = 0;
};

// Upserts of whole files, a chunk at a time. Thread-safe.
class Importer {
 public:
  // All outlive this. `on_commit` as in Once.
  Importer(const Table& table, const Store& store, const Rules& rules, const RowChecks& checks,
           const UniqueKeys& unique, References& references, Writer& writer, ChunkSlots& slots, db::Pool& pool,
           const Clock& clock, std::function<void()> on_commit)
      : table_(table),
        store_(store),
        rules_(rules),
        checks_(checks),
        unique_(unique),
        references_(references),
        writer_(writer),
        slots_(slots),
        pool_(pool),
        clock_(clock),
        on_commit_(std::move(on_commit)) {}

  const Table& table() const { return table_; }

  // One row of an import.
  struct Upsert {
    enum class Effect { kNone, kCreated, kUpdated, kUnchanged };

    int64_t number = 0;
    std::string name;
    // As the file has it, but for masked values.
    std::unique_ptr<Message> given;
    // Those, which may stand for what is stored, as exports have it. Often null.
    std::unique_ptr<Message> masked;
    // As it is written; made anew each time the rows are landed.
    std::unique_ptr<Message> next;
    // What it says of fields that the service keeps, as the file has it. Often null.
    std::unique_ptr<Message> told;
    // One for each of them that is not what is stored.
    std::vector<absl::Status> unheeded;
    // The version that it is to replace; empty for any.
    std::string etag;
    // The fields that it carries, where rows differ; null where the import says it of all.
    std::shared_ptr<const ImportColumns> columns;
    absl::Status status;
    // Stands besides when the row is not stored just so.
    absl::Status if_written;
    // What other services say of what it names.
    Verdict named;
    Effect effect = Effect::kNone;
  };
  using Upserts = std::vector<Upsert>;

  // A chunk is upserted in two steps, so that one can be checked while the one before it lands. First what the rows
  // alone and other services' resources tell; `parent`: what the rows' names stand below.
  absl::StatusOr<Upserts> Check(const rpc::Call& call, absl::string_view parent,
                                const std::vector<const Message*>& rows, const std::vector<int64_t>& numbers);
  // Then all of them in one transaction; bad rows are marked and, with IMPORT_MODE_PARTIAL, the others land. `columns`:
  // the fields that the file has; null for all. A stored row keeps the others. A row's own `columns` count instead.
  // `earlier`: the chunk before, which may be landing still; this one commits behind it, and fails as it fails. May be
  // invalid.
  absl::Status Land(const rpc::Call& call, resource::v1::ImportMode mode, const ImportColumns* columns, Upserts& rows,
                    const std::shared_future<absl::Status>& earlier);
  // Adds to an import's answer what became of the rows.
  static void Summarize(const Upserts& rows, resource::v1::ImportResponse* response);

 private:
  // A row and the stored one, which is null where there is none yet.
  struct Landing {
    Upsert* row;
    const Row* old;

    const Message* stored() const { return old == nullptr ? nullptr : old->message.get(); }
  };

  absl::Status CheckAlone(const rpc::Call& call, const ImportColumns* columns, const Landing& one) const;
  absl::Status CheckNamed(db::Tx& tx, std::vector<Landing>* landing) const;
  // What the row alone tells of its values, but for masked ones, which it puts aside.
  absl::Status TakeGiven(Upsert* row) const;
  // INVALID_ARGUMENT, reason VALUE_MASKED, for one that is not how the stored row, which may be null, is shown.
  absl::Status CheckMasked(const Upsert& row, const Message* stored, const ImportColumns* columns) const;
  // Notes what the row says and nobody does.
  void Hear(const Landing& one) const;
  absl::Status LandRows(const rpc::Call& call, db::Tx& tx, const std::string& now, resource::v1::ImportMode mode,
                        const ImportColumns* columns, std::vector<Upsert*>& rows, bool* all_good);

  const Table& table_;
  const Store& store_;
  const Rules& rules_;
  const RowChecks& checks_;
  const UniqueKeys& unique_;
  References& references_;
  Writer& writer_;
  ChunkSlots& slots_;
  db::Pool& pool_;
  const Clock& clock_;
  const std::function<void()> on_commit_;
};

}  // namespace edudelta::resource
