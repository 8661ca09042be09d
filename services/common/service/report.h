#pragma once

#include <utility>

#include "common/service/runtime.h"

namespace edudelta::service {

// Counts and times one making of a report: edudelta_reports_total and edudelta_report_seconds, by its method and
// outcome.
void CountReport(Runtime& runtime, const rpc::Call& call, absl::Time began, const absl::Status& status);

// The handler of a method that makes a report out of registers: `make` counted and timed. `runtime` outlives it.
template <typename Make>
auto AsReport(Runtime& runtime, Make make) {
  return
      [&runtime, make = std::move(make)](const rpc::Call& call, const auto& request, auto* response) -> absl::Status {
        const absl::Time began = runtime.clock().Now();
        absl::Status status = make(call, request, response);
        CountReport(runtime, call, began, status);
        return status;
      };
}

}  // namespace edudelta::service
