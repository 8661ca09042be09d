#include "exchange/domain/agreement.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "exchange/domain/account.h"

namespace edudelta::exchange::domain {

absl::Status MayChange(const v1::Agreement& old, const v1::Agreement&) {
  if (old.state() == v1::Agreement::STATE_DRAFT) return absl::OkStatus();
  return Refused("AGREEMENT_NOT_DRAFT", "协议已提出，内容不能再改；请另立协议取代它");
}

absl::Status CheckTerm(const v1::Agreement& agreement, absl::Time now) {
  if (TimeOf(agreement.end_time()) > now) return absl::OkStatus();
  return Refused("AGREEMENT_ENDED", "协议的到期时间已过");
}

absl::Status ActsForParty(const v1::Agreement& agreement, absl::string_view organization) {
  if (!organization.empty() && (organization == agreement.provider() || organization == agreement.consumer())) {
    return absl::OkStatus();
  }
  return Denied("NOT_A_PARTY", "只有提供方和使用方可以办理");
}

absl::Status CheckDistricts(const v1::Agreement& agreement, const v1::Organization& provider) {
  for (const std::string& district : agreement.provider_districts()) {
    if (std::find(provider.districts().begin(), provider.districts().end(), district) != provider.districts().end())
      continue;
    return Refused("DISTRICT_NOT_PROVIDERS", absl::StrCat("区划", district, "不归提供方管辖"),
                   {{"district", district}});
  }
  return absl::OkStatus();
}

absl::Status MaySign(const v1::Agreement& agreement, absl::string_view content_hash) {
  if (!agreement.content_hash().empty() && content_hash == agreement.content_hash()) return absl::OkStatus();
  return Refused("CONTENT_HASH_MISMATCH", "签署的内容与协议现在的内容不一致，请重新查看后再签");
}

absl::Status MayCountersign(const v1::Agreement& agreement, absl::string_view organization) {
  RETURN_IF_ERROR(ActsForParty(agreement, organization));
  for (const v1::Signature& signature : agreement.signatures()) {
    if (signature.organization() == organization) return Denied("SAME_PARTY", "本方已经签署，应由另一方签署");
  }
  return absl::OkStatus();
}

void AddSignature(absl::string_view organization, absl::string_view principal, absl::Time now,
                  v1::Agreement* agreement) {
  v1::Signature* signature = agreement->add_signatures();
  signature->set_organization(std::string(organization));
  signature->set_principal(std::string(principal));
  signature->set_content_hash(agreement->content_hash());
  SetTimestamp(absl::FromUnixMicros(absl::ToUnixMicros(now)), signature->mutable_sign_time());
}

absl::Status MaySupersede(const v1::Agreement& next, const v1::Agreement& superseded) {
  if (next.name() != superseded.name() && next.provider() == superseded.provider() &&
      next.consumer() == superseded.consumer()) {
    return absl::OkStatus();
  }
  return Refused("SUPERSEDED_OTHER_PARTIES", "被取代的协议应是相同双方的另一协议");
}

absl::Status MayEndSuperseded(const v1::Agreement& superseded) {
  if (superseded.state() == v1::Agreement::STATE_ACTIVE || superseded.state() == v1::Agreement::STATE_SUSPENDED) {
    return absl::OkStatus();
  }
  return Refused("SUPERSEDED_NOT_RUNNING", "被取代的协议不在生效或中止状态，不能由本协议取代");
}

absl::Status MayBeSuperseded(const v1::Agreement& old, const v1::Agreement& successor) {
  if (successor.supersedes() == old.name() && successor.state() == v1::Agreement::STATE_SIGNED_BY_ONE) {
    return absl::OkStatus();
  }
  return Refused("SUCCESSOR_NOT_COUNTERSIGNED", "协议只在取代它的协议会签时被取代");
}

absl::Status MayResume(absl::string_view organization, absl::string_view suspended_by) {
  if (!organization.empty() && OrganizationOf(suspended_by) == organization) return absl::OkStatus();
  return Denied("NOT_SUSPENDING_PARTY", "应由中止协议的一方恢复");
}

absl::Status MayExpire(const v1::Agreement& agreement, absl::Time now) {
  if (TimeOf(agreement.end_time()) <= now) return absl::OkStatus();
  return Refused("AGREEMENT_NOT_ENDED", "协议还没有到期");
}

}  // namespace edudelta::exchange::domain
