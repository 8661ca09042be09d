#include "facilities/domain/rules.h"

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/base/decimal.h"
#include "common/base/error.h"

namespace edudelta::facilities::domain {
namespace {

constexpr char kIndoorSports[] = "141";
constexpr int kScale = 2;
// A tenth of a square metre.
constexpr int64_t kHundredthsPerSeat = 10;

bool IsZero(absl::string_view decimal) {
  const absl::StatusOr<int64_t> value = ParseDecimal(decimal, kScale);
  return value.ok() && *value == 0;
}

}  // namespace

absl::Status Check(const v1::Building& next, absl::CivilDay today) {
  if (next.has_built_year() && next.built_year() > today.year()) {
    return Invalid("built_year", "BUILT_IN_FUTURE", "建成年份不能晚于今年");
  }
  return absl::OkStatus();
}

absl::Status Check(const v1::Room& next) {
  const absl::StatusOr<int64_t> hundredths = ParseDecimal(next.area(), kScale);
  // An area of 0 is one that nobody measured.
  if (hundredths.ok() && *hundredths > 0 && int64_t{next.seat_count()} * kHundredthsPerSeat > *hundredths) {
    return Invalid("seat_count", "SEATS_EXCEED_AREA", "座位数与使用面积不符，请核对");
  }
  const bool teaching_room = absl::StartsWith(next.use(), "1") && next.use() != kIndoorSports;
  if (teaching_room) return absl::OkStatus();
  if (next.network_multimedia()) {
    return Invalid("network_multimedia", "NOT_A_TEACHING_ROOM", "只有教学及辅助用房可以是网络多媒体教室");
  }
  if (!next.classroom_kind().empty()) {
    return Invalid("classroom_kind", "NOT_A_TEACHING_ROOM", "只有教学及辅助用房有教室类型");
  }
  return absl::OkStatus();
}

absl::Status Check(const v1::SportsGround& next) {
  if (next.kind() == v1::SportsGround::KIND_OUTDOOR || !IsZero(next.area())) return absl::OkStatus();
  return Invalid("area", "GROUND_WITHOUT_AREA", "屋顶、地下或租用场地的面积须大于零");
}

absl::Status Check(const v1::EquipmentHolding& next) {
  if (next.item_count() == 0 || !IsZero(next.original_value())) return absl::OkStatus();
  return Invalid("original_value", "EQUIPMENT_WITHOUT_VALUE", "账面原值不能为零，无法取得价值的按名义金额1元登记");
}

}  // namespace edudelta::facilities::domain
