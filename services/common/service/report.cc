#include "common/service/report.h"

#include "google/protobuf/descriptor.h"

namespace edudelta::service {
namespace {

// Made, refused to a caller who may not have it or asked for what is not, or failed by us.
const char* OutcomeOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return "made";
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDataLoss:
      return "failed";
    default:
      return "refused";
  }
}

}  // namespace

void CountReport(Runtime& runtime, const rpc::Call& call, absl::Time began, const absl::Status& status) {
  const metrics::Labels labels = {{"report", call.method->name()}, {"outcome", OutcomeOf(status.code())}};
  runtime.metrics().Count("edudelta_reports_total", "Reports that were asked for.", labels);
  runtime.metrics().Observe("edudelta_report_seconds", "Making a report.", labels,
                            absl::ToDoubleSeconds(runtime.clock().Now() - began));
}

}  // namespace edudelta::service
