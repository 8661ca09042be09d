#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "common/base/clock.h"
#include "common/log/log.h"
#include "common/resource/backfill.h"

namespace edudelta::service {

// Makes the backfills of a release, one after the other, on a thread of its own that ends when all are done. A batch
// that fails is logged with its reason and tried again, less and less often; what comes after it waits.
class Backfills {
 public:
  using EngineOf = std::function<resource::Engine&(absl::string_view dataset)>;

  // `caller`: the service itself. The references outlive this.
  Backfills(const std::vector<resource::Backfill>& backfills, EngineOf engine_of, call::v1::Caller caller,
            db::Pool& pool, const log::Logger& logger, const Clock& clock);
  // Waits for the batch under way.
  ~Backfills();

  // FAILED_PRECONDITION, reason SERVICE_DECLARATION: two of one name, a name that is too long, rows that are not of
  // this service (`engine_of` gives null) or never change.
  static absl::Status Check(const std::vector<resource::Backfill>& backfills,
                            absl::FunctionRef<const resource::Engine*(absl::string_view dataset)> engine_of);

 private:
  void Run();
  // Until it is done; false when this is to end.
  bool Fill(const resource::Backfill& backfill);

  const std::vector<resource::Backfill>& backfills_;
  const EngineOf engine_of_;
  const call::v1::Caller caller_;
  db::Pool& pool_;
  const log::Logger& logger_;
  const Clock& clock_;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace edudelta::service
