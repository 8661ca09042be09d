#include "exchange/api/recorder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/crypto/canonical.h"
#include "common/crypto/digest.h"
#include "common/db/sql_time.h"
#include "common/resource/check.h"
#include "edudelta/exchange/v1/agreement.pb.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"

namespace edudelta::exchange::api {
namespace {

constexpr size_t kLargestGroup = 200;
constexpr size_t kMostAccesses = 10000;
constexpr size_t kMostRefusals = 1000;
constexpr absl::Duration kWriteLimit = absl::Seconds(3);
constexpr int kAttempts = 3;
// A read of registers that belong to no one district.
constexpr char kNoDistrict[] = "000000";

bool IsAllowed(const v1::AccessEntry& entry) { return entry.outcome() == v1::AccessEntry::OUTCOME_ALLOWED; }

std::string AgreementId(const v1::AccessEntry& entry) {
  absl::string_view name = entry.agreement();
  return absl::ConsumePrefix(&name, "agreements/") ? std::string(name) : "";
}

bool IsPrintable(absl::string_view text) { return std::all_of(text.begin(), text.end(), absl::ascii_isgraph); }

absl::Status NotActive(absl::string_view zh, absl::string_view state) {
  return Refused("AGREEMENT_NOT_ACTIVE", zh, {{"state", std::string(state)}});
}

absl::Status CheckTerms(const v1::AccessEntry& entry, const store::Terms* terms, const std::string& now) {
  if (terms == nullptr) return NotActive("没有这个协议", "");
  if (terms->state != v1::Agreement::STATE_ACTIVE) {
    return NotActive("协议没有生效", v1::Agreement::State_Name(static_cast<v1::Agreement::State>(terms->state)));
  }
  if (terms->content_hash != entry.agreement_hash()) return NotActive("协议的内容已不是判定时的内容", "CONTENT_HASH");
  if (terms->consumer != entry.organization()) return NotActive("协议的使用方不是访问者的组织", "CONSUMER");
  if (now < terms->start_time || now >= terms->end_time) return NotActive("不在协议的有效期内", "TERM");
  return absl::OkStatus();
}

absl::Status QuotaExceeded(absl::string_view what) {
  return Error(absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "今天的用量已达协议限额",
               {{"quota", std::string(what)}});
}

}  // namespace

struct Recorder::Standing {
  store::Head head;
  std::string day;
  // By district.
  std::map<std::string, int64_t> last;
  std::map<store::ClaimKey, store::Claim> claims;
  std::map<std::string, store::Terms> terms;
  std::map<std::string, store::Use> use;
};

Recorder::Recorder(service::Runtime& runtime)
    : runtime_(runtime),
      engine_(runtime.engine("exchange.AccessEntry")),
      entries_(runtime.metrics().Counter("edudelta_evidence_entries_total", "Access entries written.", {})),
      groups_(runtime.metrics().Counter("edudelta_evidence_groups_total", "Transactions that wrote them.", {})),
      waiting_(runtime.metrics().Gauge("edudelta_evidence_queue_length", "Entries that wait for a transaction.")),
      commit_(runtime.metrics().Seconds("edudelta_evidence_commit_seconds", "Transactions that write entries.")),
      committer_([this] { Commit(); }),
      answerer_([this] { Answer(); }) {}

Recorder::~Recorder() {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  committer_.join();
  answerer_.join();
}

absl::Status Recorder::Check(const v1::RecordRequest& request, Pending* pending) const {
  v1::AccessEntry& entry = pending->entry;
  entry.set_outcome(request.outcome());
  entry.set_reason(request.reason());
  entry.set_principal(request.principal());
  entry.set_organization(request.organization());
  entry.set_agreement(request.agreement());
  entry.set_agreement_hash(request.agreement_hash());
  entry.set_purpose(request.purpose());
  entry.set_case_number(request.case_number());
  entry.set_dataset(request.dataset());
  entry.set_method(request.method());
  entry.set_target(request.target());
  *entry.mutable_fields() = request.fields();
  entry.set_record_count(request.record_count());
  entry.set_request_id(request.request_id());
  *entry.mutable_person_tokens() = request.person_tokens();
  if (request.has_read_time()) *entry.mutable_read_time() = request.read_time();
  *entry.mutable_filter_fields() = request.filter_fields();
  entry.set_repeat_count(request.repeat_count());
  entry.set_first_entry(request.first_entry());
  pending->district = request.district().empty() ? kNoDistrict : request.district();
  pending->chunk = request.chunk();
  const crypto::FieldCipher& cipher = runtime_.cipher();
  // Of what can be guessed nothing is kept that a guess could be tried on.
  pending->request_hash = cipher.BlindIndex("record_claim", "request_hash", crypto::CanonicalBytes(request));
  if (!request.response_digest().empty()) {
    pending->digest_key = cipher.BlindIndex("access_entry", "response_digest",
                                            absl::StrCat(request.principal(), "\n", request.request_id()));
    entry.set_digest_key_id(cipher.index_key_id());
    entry.set_response_digest(absl::BytesToHexString(crypto::HmacSm3(pending->digest_key, request.response_digest())));
  }
  RETURN_IF_ERROR(resource::CheckFields(entry, engine_.table(), runtime_.codes(), calendar::Today(runtime_.clock())));
  if (entry.outcome() == v1::AccessEntry::OUTCOME_UNSPECIFIED) return Invalid("outcome", "FIELD_REQUIRED", "缺少结果");
  if (entry.principal().empty() || !IsPrintable(entry.principal()))
    return Invalid("principal", "FIELD_REQUIRED", "缺少访问者");
  if (pending->district.size() != 6 ||
      !std::all_of(pending->district.begin(), pending->district.end(), absl::ascii_isdigit)) {
    return Invalid("district", "DISTRICT_CODE_FORMAT", "行政区划代码应为6位数字");
  }
  if (request.chunk() < 0) return Invalid("chunk", "NUMBER_OUT_OF_RANGE", "分块序号不能是负数");
  if (request.repeat_count() < 0) return Invalid("repeat_count", "NUMBER_OUT_OF_RANGE", "重复次数不能是负数");
  if (request.record_count() < 0) return Invalid("record_count", "NUMBER_OUT_OF_RANGE", "记录数不能是负数");
  if (entry.outcome() == v1::AccessEntry::OUTCOME_CUT_OFF && entry.first_entry() <= 0) {
    return Invalid("first_entry", "FIELD_REQUIRED", "中断的记录应写明所指的首条记录");
  }
  if (!IsAllowed(entry)) {
    return entry.reason().empty() ? Invalid("reason", "FIELD_REQUIRED", "拒绝时应写明原因") : absl::OkStatus();
  }
  if (entry.request_id().empty() || !IsPrintable(entry.request_id()))
    return Invalid("request_id", "FIELD_REQUIRED", "缺少请求标识");
  if (!entry.agreement().empty() && !describe::IsId(AgreementId(entry)))
    return Invalid("agreement", "NAME_INVALID", "协议名称有误");
  return absl::OkStatus();
}

void Recorder::Record(const v1::RecordRequest& request, absl::Time deadline, Done done) {
  auto pending = std::make_unique<Pending>();
  if (const absl::Status status = Check(request, pending.get()); !status.ok()) return done(status);
  pending->deadline = deadline;
  pending->done = std::move(done);
  {
    absl::MutexLock lock(&mutex_);
    const bool access = IsAllowed(pending->entry);
    auto& waiting = access ? accesses_ : refusals_;
    if (!closed_ && waiting.size() < (access ? kMostAccesses : kMostRefusals)) {
      waiting_.Increment();
      return waiting.push_back(std::move(pending));
    }
  }
  pending->done(Error(absl::StatusCode::kResourceExhausted, "OVERLOADED", "系统繁忙,请稍后重试"));
}

void Recorder::Commit() {
  while (true) {
    Group group;
    {
      absl::MutexLock lock(&mutex_);
      auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return closed_ || !accesses_.empty() || !refusals_.empty();
      };
      mutex_.Await(absl::Condition(&ready));
      for (auto* waiting : {&accesses_, &refusals_}) {
        const size_t count = std::min(kLargestGroup - group.size(), waiting->size());
        std::move(waiting->begin(), waiting->begin() + count, std::back_inserter(group));
        waiting->erase(waiting->begin(), waiting->begin() + count);
      }
      waiting_.Decrement(static_cast<double>(group.size()));
      if (group.empty()) {
        committed_all_ = true;
        return;
      }
    }
    WriteGroup(group);
    absl::MutexLock lock(&mutex_);
    answered_.push_back(std::move(group));
  }
}

void Recorder::Answer() {
  while (true) {
    Group group;
    {
      absl::MutexLock lock(&mutex_);
      auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return committed_all_ || !answered_.empty(); };
      mutex_.Await(absl::Condition(&ready));
      if (answered_.empty()) return;
      group = std::move(answered_.front());
      answered_.pop_front();
    }
    for (const auto& pending : group) {
      if (!pending->answer.ok()) {
        pending->done(pending->answer.status());
        continue;
      }
      v1::RecordResponse response;
      response.set_sequence(*pending->answer);
      response.set_digest_key(std::move(pending->digest_key));
      pending->done(std::move(response));
    }
  }
}

void Recorder::WriteGroup(Group& group) {
  std::vector<Pending*> wanted;
  const absl::Time now = runtime_.clock().Now();
  for (const auto& pending : group) {
    if (pending->deadline > now) {
      wanted.push_back(pending.get());
    } else {
      pending->answer = Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "处理超时,请稍后重试");
    }
  }
  if (wanted.empty()) return;
  absl::Status status = Attempt(wanted, now + kWriteLimit);
  if (status.ok()) runtime_.failpoints().Pass("after_record");
  // One that the database will not take must not fail the others.
  const bool split = !status.ok() && wanted.size() > 1 && absl::IsInternal(status);
  for (Pending* pending : wanted) {
    if (split) status = Attempt({pending}, runtime_.clock().Now() + kWriteLimit);
    if (!status.ok()) pending->answer = status;
  }
}

absl::Status Recorder::Attempt(const std::vector<Pending*>& group, absl::Time deadline) {
  absl::Status status;
  int64_t head = 0;
  const absl::Time began = runtime_.clock().Now();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    status = runtime_.pool().Transact(deadline, [&](db::Tx& tx) { return Write(tx, group, &head); });
    // After an unknown outcome the claims know.
    if (!absl::IsAborted(status) && !absl::IsUnknown(status)) break;
  }
  commit_.Observe(absl::ToDoubleSeconds(runtime_.clock().Now() - began));
  // Before the first one this process does not know it.
  if (status.ok()) runtime_.metrics().Gauge("edudelta_evidence_head", "Entries that were ever written.").Set(head);
  return status;
}

absl::StatusOr<Recorder::Standing> Recorder::Open(db::Tx& tx, const std::vector<Pending*>& group) const {
  std::vector<store::ClaimKey> keys;
  std::set<std::string> ids, districts;
  for (const Pending* pending : group) {
    districts.insert(pending->district);
    if (!IsAllowed(pending->entry)) continue;
    keys.emplace_back(pending->entry.principal(), pending->entry.request_id(), pending->chunk);
    if (!pending->entry.agreement().empty()) ids.insert(AgreementId(pending->entry));
  }
  const std::vector<std::string> agreements(ids.begin(), ids.end());
  Standing standing;
  ASSIGN_OR_RETURN(standing.head, store::LockHead(tx));
  standing.day = calendar::FormatDay(calendar::DayOf(db::ParseSqlTime(standing.head.now)));
  ASSIGN_OR_RETURN(standing.last, store::LastSequences(tx, {districts.begin(), districts.end()}));
  ASSIGN_OR_RETURN(standing.claims, store::FindClaims(tx, keys));
  ASSIGN_OR_RETURN(standing.terms, store::LockTerms(tx, agreements));
  ASSIGN_OR_RETURN(standing.use, store::FindUse(tx, standing.day, agreements));
  return standing;
}

absl::StatusOr<int64_t> Recorder::Decide(const Pending& pending, Standing& standing) {
  const v1::AccessEntry& entry = pending.entry;
  if (!IsAllowed(entry)) return 0;
  const auto claim = standing.claims.find({entry.principal(), entry.request_id(), pending.chunk});
  if (claim != standing.claims.end()) {
    if (claim->second.request_hash == pending.request_hash) return claim->second.sequence;
    return Invalid("request_id", "REQUEST_ID_REUSED", "这个请求标识已用于另一次访问");
  }
  if (entry.agreement().empty()) return 0;
  const std::string id = AgreementId(entry);
  const auto terms = standing.terms.find(id);
  RETURN_IF_ERROR(CheckTerms(entry, terms == standing.terms.end() ? nullptr : &terms->second, standing.head.now));
  store::Use next = standing.use[id];
  next.calls += pending.chunk == 0 ? 1 : 0;
  next.records += entry.record_count();
  if (next.calls > terms->second.daily_calls) return QuotaExceeded("daily_call_quota");
  if (next.records > terms->second.daily_records) return QuotaExceeded("daily_record_quota");
  standing.use[id] = next;
  return 0;
}

absl::Status Recorder::Write(db::Tx& tx, const std::vector<Pending*>& group, int64_t* head) {
  ASSIGN_OR_RETURN(Standing standing, Open(tx, group));
  *head = standing.head.next_sequence - 1;
  std::vector<const google::protobuf::Message*> rows;
  std::vector<std::pair<store::ClaimKey, store::Claim>> claims;
  std::set<std::string> used;
  for (Pending* pending : group) {
    pending->answer = Decide(*pending, standing);
    if (!pending->answer.ok() || *pending->answer != 0) continue;
    v1::AccessEntry& entry = pending->entry;
    const int64_t sequence = ++standing.last[pending->district];
    entry.set_name(absl::StrFormat("districts/%s/accessEntries/%020d", pending->district, sequence));
    entry.set_sequence(sequence);
    resource::SetTime(&entry, entry.GetDescriptor()->FindFieldByName("access_time"), standing.head.now);
    rows.push_back(&entry);
    if (IsAllowed(entry)) {
      const store::ClaimKey key(entry.principal(), entry.request_id(), pending->chunk);
      claims.emplace_back(key, store::Claim{sequence, pending->request_hash});
      standing.claims[key] = claims.back().second;
      if (!entry.agreement().empty()) used.insert(AgreementId(entry));
    }
    pending->answer = sequence;
  }
  if (rows.empty()) return absl::OkStatus();
  std::map<std::string, store::Use> use;
  for (const std::string& id : used) use[id] = standing.use[id];
  RETURN_IF_ERROR(engine_.store().Insert(tx, standing.head.now, rows));
  RETURN_IF_ERROR(store::InsertClaims(tx, claims));
  RETURN_IF_ERROR(store::SetUse(tx, standing.day, use));
  *head += static_cast<int64_t>(rows.size());
  RETURN_IF_ERROR(store::MoveHead(tx, *head + 1));
  entries_.Increment(static_cast<double>(rows.size()));
  groups_.Increment();
  return absl::OkStatus();
}

}  // namespace edudelta::exchange::api
