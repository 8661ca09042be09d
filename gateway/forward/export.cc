#include "gateway/codec/export.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/crypto/canonical.h"
#include "common/rpc/errors.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "gateway/forward/answer.h"
#include "gateway/forward/headers.h"
#include "gateway/forward/prune.h"
#include "gateway/forward/streams.h"

namespace edudelta::gateway::forward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kChunk = 1000;
constexpr absl::Duration kRecordLimit = absl::Seconds(10);

class Export {
 public:
  Export(const StreamParts& parts, const std::shared_ptr<grpc::Channel>& channel, Pending& pending,
         const std::string& format)
      : parts_(parts),
        pending_(pending),
        rows_(pending.match.route->shape.resource_field),
        entry_(EntryOf(pending)),
        context_(std::make_shared<rpc::Context>(pending.decision.caller, pending.deadline, pending.trace.traceparent)),
        stream_(channel, PathOf(pending.match.route->method), context_->get()) {
    const auto& sheet = *parts.sheets.at(pending.match.route->shape.resource);
    std::optional<std::vector<std::string>> granted;
    if (pending.decision.partner()) {
      const auto& fields = pending.decision.caller.scope().fields();
      granted.emplace(fields.begin(), fields.end());
    }
    writer_ = format == "ndjson" ? codec::MakeNdjsonWriter(parts.json)
                                 : codec::MakeCsvWriter(sheet, parts.json, pending.match.name, granted);
  }

  void Run(const Message& request) {
    pending_.exchange->OnGone([weak = std::weak_ptr<rpc::Context>(context_), gone = gone_] {
      *gone = true;
      if (auto context = weak.lock()) context->get()->TryCancel();
    });
    const policy::Store::RunningDecision running(parts_.store, pending_.decision,
                                                 [this](const absl::Status& why) { Cut(why); });
    if (const absl::Status status = Transfer(request); !status.ok()) return Stop(status);
    if (const absl::Status status = EndGzip(); !status.ok()) return Stop(status);
    // Told first: whoever has read the answer finds it counted.
    parts_.tally.CountExport(pending_.decision.dataset, absl::OkStatus(), sent_);
    pending_.exchange->End();
    pending_.Ended(200);
  }

 private:
  absl::Status Transfer(const Message& request) {
    if (stream_.Write(request)) stream_.WritesDone();
    const auto page = NewMessage(pending_.match.route->method->output_type());
    while (stream_.Read(page.get())) RETURN_IF_ERROR(Page(*page));
    const absl::Status status = stream_.Finish();
    if (!status.ok()) {
      parts_.tally.CountBackendError(describe::ServiceOf(rows_->file()), rpc::CodeName(status.code()));
      return status;
    }
    // An answer without rows is an answer: it is recorded and has its header.
    if (begun_) return absl::OkStatus();
    page->Clear();
    return Chunk(page.get());
  }

  absl::Status Page(Message& page) {
    const auto* reflection = page.GetReflection();
    const int count = reflection->FieldSize(page, rows_);
    if (count <= kChunk) return Chunk(&page);
    for (int from = 0; from < count; from += kChunk) {
      const std::unique_ptr<Message> part(page.New());
      for (int i = from; i < std::min(count, from + kChunk); ++i) {
        reflection->AddMessage(part.get(), rows_)->CopyFrom(reflection->GetRepeatedMessage(page, rows_, i));
      }
      RETURN_IF_ERROR(Chunk(part.get()));
    }
    return absl::OkStatus();
  }

  // At most kChunk records.
  absl::Status Chunk(Message* chunk) {
    RETURN_IF_ERROR(Record(chunk));
    std::string out;
    if (!begun_) writer_->Begin(&out);
    const auto* reflection = chunk->GetReflection();
    for (int i = 0; i < reflection->FieldSize(*chunk, rows_); ++i) {
      RETURN_IF_ERROR(writer_->Row(reflection->GetRepeatedMessage(*chunk, rows_, i), &out));
    }
    RETURN_IF_ERROR(StillPermitted());
    if (!begun_) Begin();
    left_ += entered_;
    sent_ += reflection->FieldSize(*chunk, rows_);
    if (pending_.decision.partner()) parts_.tally.CountPartnerRecords(pending_.decision, entered_);
    return Send(gzip_ == nullptr ? std::move(out) : gzip_->Piece(out));
  }

  absl::Status EndGzip() { return gzip_ == nullptr ? absl::OkStatus() : Send(gzip_->Last("")); }

  absl::Status Send(std::optional<std::string> piece) {
    if (!piece) return absl::InternalError("gzip failed");
    return pending_.exchange->Write(*std::move(piece)) ? absl::OkStatus() : ClientGone();
  }

  absl::Status Record(Message* chunk) {
    entered_ = 0;
    RETURN_IF_ERROR(StillPermitted());
    const bool partner = pending_.decision.partner();
    if (!partner && !MayShowClear(context_->shown(), parts_.sensitive, chunk->GetDescriptor())) return absl::OkStatus();
    if (partner) {
      const auto& scope = pending_.decision.caller.scope();
      Prune(scope.dataset(), {scope.fields().begin(), scope.fields().end()}, chunk);
      *entry_.mutable_fields() = scope.fields();
    }
    const Sensitive sensitive = SensitiveIn(*chunk);
    if (!partner) {
      // Of a stream the service says what it may show; this piece may be all masked.
      if (sensitive.fields.empty()) return absl::OkStatus();
      *entry_.mutable_fields() = {sensitive.fields.begin(), sensitive.fields.end()};
    }
    *entry_.mutable_person_tokens() = {sensitive.person_tokens.begin(), sensitive.person_tokens.end()};
    entry_.set_record_count(static_cast<int>(RecordsOf(pending_.decision.dataset, *chunk).size()));
    entry_.set_response_digest(crypto::CanonicalSm3(*chunk));
    ASSIGN_OR_RETURN(const auto recorded,
                     parts_.evidence.RecordNow(entry_, std::min(pending_.deadline, pending_.Now() + kRecordLimit),
                                               pending_.trace.traceparent));
    entered_ = entry_.record_count();
    if (first_ == 0) first_ = recorded.sequence();
    pending_.sequence = recorded.sequence();
    pending_.digest_key = recorded.digest_key();
    entry_.set_chunk(entry_.chunk() + 1);
    return absl::OkStatus();
  }

  absl::Status StillPermitted() {
    {
      absl::MutexLock lock(&mutex_);
      if (!cut_.ok()) return cut_;
    }
    ASSIGN_OR_RETURN(const auto snapshot, parts_.store.Fresh());
    return policy::StillHolds(*snapshot, pending_.decision, pending_.Now());
  }

  void Begin() {
    http::Headers headers = {
        {"Content-Type", std::string(writer_->content_type())}, {"Vary", "Accept-Encoding"}, {"Vary", "Accept"}};
    if (AcceptedCoding(pending_.request()) != http::Accepted::kPlain) gzip_ = http::Gzip::Make();
    if (gzip_ != nullptr) MarkGzip(&headers);
    pending_.AddCommonHeaders(&headers);
    begun_ = true;
    pending_.exchange->Begin(200, std::move(headers));
  }

  // From the policy's thread.
  void Cut(const absl::Status& why) {
    {
      absl::MutexLock lock(&mutex_);
      cut_ = why;
    }
    context_->get()->TryCancel();
    if (begun_) pending_.exchange->Abort();
  }

  void Stop(absl::Status status) {
    if (*gone_) status = ClientGone();
    if (const absl::Status forbidden = StillPermitted(); !forbidden.ok()) status = forbidden;
    stream_.Cancel();
    parts_.tally.CountExport(pending_.decision.dataset, status, sent_);
    std::string reason = ReasonOf(status);
    if (reason.empty()) reason = std::string(rpc::CodeName(status.code()));
    if (begun_) {
      pending_.exchange->Abort();
    } else {
      parts_.refuse(pending_.shared_from_this(), status);
    }
    EnterCut(reason);
    if (begun_) pending_.Ended(HttpStatusOf(status.code()), reason);
  }

  // What the entries allowed may not all have left. They stay as they are; one more says how much can have.
  void EnterCut(const std::string& reason) {
    if (first_ == 0) return;
    exchange::v1::RecordRequest cut = entry_;
    cut.clear_fields();
    cut.clear_person_tokens();
    cut.clear_response_digest();
    cut.set_outcome(exchange::v1::AccessEntry::OUTCOME_CUT_OFF);
    cut.set_reason(reason);
    cut.set_first_entry(first_);
    cut.set_record_count(static_cast<int>(left_));
    const auto entered = parts_.evidence.RecordNow(cut, pending_.Now() + kRecordLimit, pending_.trace.traceparent);
    if (!entered.ok()) parts_.tally.CountUnrecordedCut();
  }

  const StreamParts& parts_;
  Pending& pending_;
  const FieldDescriptor* const rows_;
  exchange::v1::RecordRequest entry_;
  const std::shared_ptr<rpc::Context> context_;
  BackendStream stream_;
  std::unique_ptr<codec::ExportWriter> writer_;
  // Null for a client that takes the plain form.
  std::unique_ptr<http::Gzip> gzip_;
  std::atomic<bool> begun_{false};
  const std::shared_ptr<std::atomic<bool>> gone_ = std::make_shared<std::atomic<bool>>(false);
  // The number of the first entry; how many records have entries in this chunk, and in those handed to the connection.
  std::int64_t first_ = 0, entered_ = 0, left_ = 0;
  // Rows handed to the connection.
  std::int64_t sent_ = 0;
  absl::Mutex mutex_;
  // Why the policy has ended this, whatever it says later.
  absl::Status cut_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void RunExport(const StreamParts& parts, const std::shared_ptr<grpc::Channel>& channel, Pending& pending,
               const routes::Filled& filled) {
  const std::string format = filled.format.empty() ? AcceptedFormat(pending.request()) : filled.format;
  Export(parts, channel, pending, format).Run(*filled.request);
}

}  // namespace edudelta::gateway::forward
