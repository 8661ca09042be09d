#include "common/service/region_gauges.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"

namespace edudelta::service {
namespace {

// After a failure.
constexpr absl::Duration kAgain = absl::Minutes(1);
constexpr absl::Duration kReadLimit = absl::Seconds(5);

// "open" for STATE_OPEN.
std::string Word(const google::protobuf::EnumDescriptor& type, int64_t number) {
  const auto* value = type.FindValueByNumber(static_cast<int>(number));
  const auto* unspecified = type.FindValueByNumber(0);
  if (value == nullptr || unspecified == nullptr) return "unknown";
  return absl::AsciiStrToLower(absl::StripPrefix(value->name(), absl::StripSuffix(unspecified->name(), "UNSPECIFIED")));
}

}  // namespace

RegionGauges::RegionGauges(const std::vector<RegionGauge>& gauges, db::Pool& pool, metrics::Registry& registry,
                           const Clock& clock)
    : gauges_(gauges), pool_(pool), registry_(registry), clock_(clock), due_(gauges.size(), absl::InfinitePast()) {}

absl::Status RegionGauges::Turn(bool leads) {
  absl::Status failure;
  for (size_t i = 0; i < gauges_.size(); ++i) {
    const RegionGauge& gauge = gauges_[i];
    if (!leads) {
      if (due_[i] != absl::InfinitePast()) registry_.SetGauges(gauge.name, gauge.help, {});
      due_[i] = absl::InfinitePast();
      continue;
    }
    const absl::Time now = clock_.Now();
    if (now < due_[i]) continue;
    due_[i] = now + gauge.every;
    if (const absl::Status status = Set(gauge); !status.ok()) {
      failure = status;
      due_[i] = now + std::min(gauge.every, kAgain);
    }
  }
  return failure;
}

absl::Status RegionGauges::Set(const RegionGauge& gauge) {
  std::vector<std::pair<metrics::Labels, double>> values;
  RETURN_IF_ERROR(pool_.Read(clock_.Now() + kReadLimit, [&](db::Session& session) -> absl::Status {
    values.clear();
    ASSIGN_OR_RETURN(db::Rows rows, session.Query(gauge.sql));
    while (rows.Next()) {
      metrics::Labels labels = {{"district", rows.Text(0)}};
      if (gauge.split_by != nullptr) labels.emplace_back(gauge.label, Word(*gauge.split_by, rows.Int(1)));
      values.emplace_back(std::move(labels), static_cast<double>(rows.Int(gauge.split_by == nullptr ? 1 : 2)));
    }
    return absl::OkStatus();
  }));
  registry_.SetGauges(gauge.name, gauge.help, values);
  return absl::OkStatus();
}

}  // namespace edudelta::service
