#include "exchange/domain/content.h"

#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"
#include "common/crypto/canonical.h"
#include "common/describe/describe.h"
#include "common/describe/district.h"

namespace edudelta::exchange::domain {
namespace {

constexpr int kLongestTermYears = 3;

// The same day and time of day some years on; 29 February becomes 1 March.
absl::Time AddYears(absl::Time time, int years) {
  const absl::CivilDay day = calendar::DayOf(time);
  const absl::CivilDay later(day.year() + years, day.month(), day.day());
  return calendar::StartOf(later) + (time - calendar::StartOf(day));
}

absl::Status CheckTwice(const google::protobuf::RepeatedPtrField<std::string>& values, absl::string_view field,
                        absl::string_view reason, absl::string_view zh) {
  std::set<std::string> seen;
  for (const std::string& value : values) {
    if (!seen.insert(value).second) return Invalid(field, reason, absl::StrCat(zh, ":", value));
  }
  return absl::OkStatus();
}

absl::Status CheckGrant(const v1::DatasetGrant& grant, const v1::AgreementContent& content,
                        const Vocabulary& vocabulary) {
  const auto* type = describe::FindDataset(grant.dataset());
  if (type == nullptr) return Invalid("datasets", "DATASET_UNKNOWN", absl::StrCat("没有这个数据集:", grant.dataset()));
  const auto share = describe::ResourceOf(type)->share();
  if (share != options::v1::Resource::UNCONDITIONAL && share != options::v1::Resource::CONDITIONAL) {
    return Invalid("datasets", "DATASET_NOT_SHARED", absl::StrCat("数据集不予共享:", grant.dataset()));
  }
  for (const std::string& name : grant.fields()) {
    if (name == "name") continue;
    const auto* field = type->FindFieldByName(name);
    // A field without annotation (etag) is no data.
    if (field == nullptr || describe::AnnotationOf(field).level() == options::v1::Field::LEVEL_UNSPECIFIED) {
      return Invalid("datasets", "FIELD_UNKNOWN", absl::StrCat("数据集", grant.dataset(), "没有字段", name));
    }
    if (describe::AnnotationOf(field).level() < options::v1::Field::L3) continue;
    if (!content.case_number_required()) {
      return Invalid("case_number_required", "CASE_NUMBER_REQUIRED",
                     absl::StrCat("包括敏感字段", grant.dataset(), ".", name, "的协议必须要求办件编号"));
    }
    if (absl::StripAsciiWhitespace(content.legal_ground()).empty()) {
      return Invalid("legal_ground", "LEGAL_GROUND_REQUIRED", "包括敏感字段的协议必须写明法律依据");
    }
  }
  return grant.row_filter().empty() ? absl::OkStatus() : vocabulary.row_filter(grant);
}

}  // namespace

v1::AgreementContent ContentOf(const v1::Agreement& agreement) {
  v1::AgreementContent content;
  content.set_agreement(agreement.name());
  content.set_provider(agreement.provider());
  content.set_consumer(agreement.consumer());
  *content.mutable_provider_districts() = agreement.provider_districts();
  *content.mutable_datasets() = agreement.datasets();
  *content.mutable_purposes() = agreement.purposes();
  content.set_case_number_required(agreement.case_number_required());
  *content.mutable_start_time() = agreement.start_time();
  *content.mutable_end_time() = agreement.end_time();
  content.set_daily_call_quota(agreement.daily_call_quota());
  content.set_daily_record_quota(agreement.daily_record_quota());
  content.set_retention_days(agreement.retention_days());
  content.set_onward_sharing(agreement.onward_sharing());
  content.set_delivery(agreement.delivery());
  content.set_smallest_cell(agreement.smallest_cell());
  content.set_obligations(agreement.obligations());
  content.set_legal_ground(agreement.legal_ground());
  content.set_supersedes(agreement.supersedes());
  return content;
}

std::string HashOf(const v1::AgreementContent& content) {
  return absl::BytesToHexString(crypto::CanonicalSm3(content));
}

absl::Status CheckShape(const v1::Agreement& next) {
  if (next.provider() == next.consumer()) return Invalid("consumer", "PARTIES_EQUAL", "提供方和使用方不能是同一组织");
  for (const std::string& district : next.provider_districts()) {
    if (describe::IsDistrictCode(district)) continue;
    return Invalid("provider_districts", "DISTRICT_CODE_FORMAT", "行政区划代码应为6位数字");
  }
  RETURN_IF_ERROR(CheckTwice(next.provider_districts(), "provider_districts", "DISTRICT_TWICE", "同一区划写了两次"));
  RETURN_IF_ERROR(CheckTwice(next.purposes(), "purposes", "PURPOSE_TWICE", "同一用途写了两次"));
  std::set<std::string> datasets;
  for (const v1::DatasetGrant& grant : next.datasets()) {
    if (!datasets.insert(grant.dataset()).second) {
      return Invalid("datasets", "DATASET_TWICE", absl::StrCat("同一数据集写了两次:", grant.dataset()));
    }
    if (grant.fields().empty()) {
      return Invalid("datasets", "DATASET_FIELDS_REQUIRED", absl::StrCat("没有写明数据集的字段:", grant.dataset()));
    }
    RETURN_IF_ERROR(CheckTwice(grant.fields(), "datasets", "FIELD_TWICE", "同一字段写了两次"));
  }
  const absl::Time start = TimeOf(next.start_time());
  const absl::Time end = TimeOf(next.end_time());
  if (end <= start) return Invalid("end_time", "TERM_REVERSED", "到期时间应在生效时间之后");
  if (end > AddYears(start, kLongestTermYears)) return Invalid("end_time", "TERM_TOO_LONG", "协议期限最长三年");
  const bool aggregate = next.delivery() == v1::Agreement::DELIVERY_AGGREGATE;
  if (aggregate && next.smallest_cell() < 1)
    return Invalid("smallest_cell", "SMALLEST_CELL_REQUIRED", "仅汇总的协议应写明最小单元格");
  if (!aggregate && next.smallest_cell() != 0) {
    return Invalid("smallest_cell", "SMALLEST_CELL_NOT_AGGREGATE", "最小单元格只用于仅汇总的协议");
  }
  return absl::OkStatus();
}

absl::Status CheckContent(const v1::AgreementContent& content, const Vocabulary& vocabulary) {
  for (const std::string& purpose : content.purposes()) {
    if (!vocabulary.purpose(purpose))
      return Invalid("purposes", "PURPOSE_UNKNOWN", absl::StrCat("没有这个用途代码:", purpose));
  }
  for (const v1::DatasetGrant& grant : content.datasets()) RETURN_IF_ERROR(CheckGrant(grant, content, vocabulary));
  return absl::OkStatus();
}

}  // namespace edudelta::exchange::domain
