#include "common/resource/backfill.h"

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/db/now.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"

namespace edudelta::resource {
namespace {

// So few that nobody waits long for one of them.
constexpr int kBatch = 100;

}  // namespace

absl::StatusOr<bool> FillBatch(const rpc::Call& call, db::Pool& pool, Engine& engine, const Backfill& backfill) {
  bool done = false;
  RETURN_IF_ERROR(pool.Transact(call.deadline, [&](db::Tx& tx) -> absl::Status {
    // Locks the row to the end, new or not: one batch at a time, in whichever process.
    RETURN_IF_ERROR(tx.Execute("INSERT INTO `backfill` (`name`) VALUES (?) ON DUPLICATE KEY UPDATE `name` = `name`",
                               {backfill.name})
                        .status());
    ASSIGN_OR_RETURN(db::Rows state,
                     tx.Query("SELECT `position`, `done` FROM `backfill` WHERE `name` = ?", {backfill.name}));
    state.Next();
    done = state.Int(1) != 0;
    if (done) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string now, db::Now(tx));
    ASSIGN_OR_RETURN(const std::vector<Row> rows, engine.store().LockNext(tx, state.Int(0), kBatch));
    for (const Row& row : rows) {
      const std::unique_ptr<Message> next(row.message->New());
      next->CopyFrom(*row.message);
      if (const absl::Status changed = backfill.change(next.get()); !changed.ok()) {
        const std::string name = TextOf(*row.message, "name");
        return Error(changed.code(), ReasonOf(changed), ChineseOf(changed), {{"row", name}});
      }
      if (SameContent(*row.message, *next, engine.table())) continue;
      RETURN_IF_ERROR(engine.writer().Replace(call, tx, now, row, next.get()).status());
    }
    done = rows.size() < kBatch;
    const int64_t position = rows.empty() ? state.Int(0) : rows.back().row_id;
    return tx
        .Execute("UPDATE `backfill` SET `position` = ?, `done` = ? WHERE `name` = ?",
                 {position, int64_t{done}, backfill.name})
        .status();
  }));
  return done;
}

}  // namespace edudelta::resource
