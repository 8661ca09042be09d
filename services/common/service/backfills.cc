#include "common/service/backfills.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/error.h"

namespace edudelta::service {
namespace {

// Between batches: whoever works meanwhile has the database for most of the time.
constexpr absl::Duration kPause = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Minutes(1);
constexpr absl::Duration kLimit = absl::Seconds(30);
// What the table's column takes.
constexpr size_t kLongestName = 64;

absl::Status Bad(const resource::Backfill& backfill, const std::string& why) {
  return Refused("SERVICE_DECLARATION", "回填的声明有误", {{"backfill", backfill.name}, {"why", why}});
}

}  // namespace

Backfills::Backfills(const std::vector<resource::Backfill>& backfills, EngineOf engine_of, call::v1::Caller caller,
                     db::Pool& pool, const log::Logger& logger, const Clock& clock)
    : backfills_(backfills),
      engine_of_(std::move(engine_of)),
      caller_(std::move(caller)),
      pool_(pool),
      logger_(logger),
      clock_(clock),
      thread_([this] { Run(); }) {}

Backfills::~Backfills() {
  stop_.Notify();
  thread_.join();
}

absl::Status Backfills::Check(const std::vector<resource::Backfill>& backfills,
                              absl::FunctionRef<const resource::Engine*(absl::string_view dataset)> engine_of) {
  std::set<std::string> names;
  for (const resource::Backfill& backfill : backfills) {
    if (!names.insert(backfill.name).second) return Bad(backfill, "its name is taken");
    if (backfill.name.size() > kLongestName) return Bad(backfill, "its name is too long");
    const resource::Engine* engine = engine_of(backfill.dataset);
    if (engine == nullptr) return Bad(backfill, "its rows are not of this service");
    if (engine->table().options().append_only()) return Bad(backfill, "its rows never change");
  }
  return absl::OkStatus();
}

void Backfills::Run() {
  for (const resource::Backfill& backfill : backfills_) {
    if (!Fill(backfill)) return;
  }
}

bool Backfills::Fill(const resource::Backfill& backfill) {
  rpc::Call call;
  call.caller = caller_;
  for (absl::Duration pause = kPause; !stop_.WaitForNotificationWithTimeout(pause);) {
    call.deadline = clock_.Now() + kLimit;
    const absl::StatusOr<bool> done = resource::FillBatch(call, pool_, engine_of_(backfill.dataset), backfill);
    if (done.ok() && *done) return true;
    pause = done.ok() ? kPause : std::min(2 * pause, kLongestPause);
    if (!done.ok()) {
      logger_.Warning(
          "backfill_failed",
          {{"name", backfill.name}, {"reason", ReasonOf(done.status())}, {"error", done.status().message()}});
    }
  }
  return false;
}

}  // namespace edudelta::service
