#include "gateway/codec/import.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/rpc/errors.h"
#include "common/rpc/limits.h"
#include "edudelta/resource/v1/import.pb.h"
#include "gateway/forward/answer.h"
#include "gateway/forward/streams.h"
#include "google/protobuf/field_mask.pb.h"

namespace edudelta::gateway::forward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using resource::v1::ImportResponse;
using resource::v1::RowError;

// Rows of one message; of large ones fewer, up to rpc::kPageBytes.
constexpr std::size_t kBatch = 500;
constexpr std::size_t kMaxErrors = 1000;
// No type at all is CSV too, and so is what browsers and mail programs call such a file.
constexpr absl::string_view kCsvTypes[] = {
    "", "text/csv", "application/csv", "application/vnd.ms-excel", "text/comma-separated-values", "text/plain"};

// Errors of rows that never reach the service: the first thousand, and how many more rows.
class RowErrors {
 public:
  void Add(std::vector<RowError> errors) {
    for (auto& error : errors) {
      if (kept_.size() < kMaxErrors) {
        last_ = error.row();
        kept_.push_back(std::move(error));
      } else if (std::exchange(last_, error.row()) != error.row()) {
        ++more_rows_;
      }
    }
  }
  bool empty() const { return kept_.empty(); }
  void MergeInto(ImportResponse* response) const {
    codec::MergeErrors(kept_, response);
    response->set_row_count(response->row_count() + more_rows_);
    response->set_error_count(response->error_count() + more_rows_);
  }

 private:
  std::vector<RowError> kept_;
  std::int64_t last_ = -1;
  std::int64_t more_rows_ = 0;
};

class Import {
 public:
  Import(const StreamParts& parts, const std::shared_ptr<grpc::Channel>& channel, Pending& pending,
         const routes::Filled& filled)
      : parts_(parts),
        pending_(pending),
        head_(filled.request->New()),
        rows_(pending.match.route->shape.resource_field),
        numbers_(head_->GetDescriptor()->FindFieldByName("rows")),
        mask_(head_->GetDescriptor()->FindFieldByName("update_mask")),
        context_(std::make_shared<rpc::Context>(pending.decision.caller, pending.deadline, pending.trace.traceparent)),
        stream_(channel, PathOf(pending.match.route->method), context_->get()),
        pace_(parts.pace) {
    head_->CopyFrom(*filled.request);
    const FieldDescriptor* mode = head_->GetDescriptor()->FindFieldByName("mode");
    const bool given = mask_ != nullptr && head_->GetReflection()->HasField(*head_, mask_);
    masked_ = given && Mask(head_.get()).paths_size() > 0;
    // An empty one is none.
    if (given && !masked_) head_->GetReflection()->ClearField(head_.get(), mask_);
    atomic_ = mode != nullptr && head_->GetReflection()->GetEnumValue(*head_, mode) == resource::v1::IMPORT_MODE_ATOMIC;
  }

  void Run(std::unique_ptr<codec::ImportReader> reader) {
    pending_.exchange->OnGone([weak = std::weak_ptr<rpc::Context>(context_)] {
      if (auto context = weak.lock()) context->get()->TryCancel();
    });
    auto response = Transfer(*reader);
    parts_.tally.CountImport(pending_.decision.dataset, response.status(), pending_.Now() - pending_.started);
    if (!response.ok()) return pending_.Fail(response.status());
    pending_.Answer(WireAnswer(response->GetDescriptor(), response->SerializeAsString(), parts_.json));
  }

 private:
  absl::StatusOr<ImportResponse> Transfer(codec::ImportReader& reader) {
    // From the policy's thread: what waits for the client is woken, and finds that it may not go on.
    const policy::Store::RunningDecision running(parts_.store, pending_.decision, [this](const absl::Status& why) {
      absl::MutexLock lock(&mutex_);
      cut_ = why;
      pending_.exchange->StopReading();
    });
    absl::Status stop;
    for (bool open = true; open && stop.ok();) {
      const absl::Time asked = pending_.Now();
      const absl::StatusOr<std::string> piece = pending_.exchange->ReadSome();
      pace_.Came(piece.ok() ? piece->size() : 0, pending_.Now() - asked);
      stop = StillPermitted();
      if (!stop.ok()) break;
      if (absl::IsCancelled(piece.status())) return piece.status();
      // The service hears of it with the next row only, which may never come.
      if (pending_.Now() >= pending_.deadline) return absl::DeadlineExceededError("the time for the import is over");
      open = piece.ok() && !piece->empty();
      stop = !piece.ok() ? piece.status() : open ? reader.Feed(*piece) : reader.Finish();
      if (stop.ok() && open) stop = pace_.Check();
      RETURN_IF_ERROR(SetColumns(reader.Columns()));
      RETURN_IF_ERROR(Take(reader));
    }
    if (const absl::Status permitted = StillPermitted(); !permitted.ok()) {
      stop = permitted;
      ForgetWaiting();
    }
    if (!stop.ok() && good_rows_ == 0 && errors_.empty()) return stop;
    if (!stop.ok() && atomic_) GiveUp();
    ASSIGN_OR_RETURN(ImportResponse response, Conclude());
    errors_.MergeInto(&response);
    codec::MergeWarnings(warnings_, &response);
    response.set_warning_count(response.warning_count() + more_warnings_);
    parts_.tally.CountImported(pending_.decision.dataset, response);
    if (!stop.ok()) return Stopped(stop, reader.Line(), std::move(response));
    return response;
  }

  // Once no, always no: rows that have not been handed over by then never are.
  absl::Status StillPermitted() {
    absl::MutexLock lock(&mutex_);
    if (!cut_.ok()) return cut_;
    const auto snapshot = parts_.store.Fresh();
    cut_ = snapshot.ok() ? policy::StillHolds(**snapshot, pending_.decision, pending_.Now()) : snapshot.status();
    return cut_;
  }

  // Lands what is still waiting, and hears what has become of all.
  absl::StatusOr<ImportResponse> Conclude() {
    if (given_up_) {
      ImportResponse nothing;
      nothing.set_row_count(good_rows_);
      return nothing;
    }
    // Also without a row: it says that this was all, and the service says whether the caller may.
    RETURN_IF_ERROR(SendBatch(true));
    stream_.WritesDone();
    ImportResponse response;
    stream_.Read(&response);
    if (const absl::Status status = stream_.Finish(); !status.ok()) return Failed(status);
    return response;
  }

  // Why the rest of the file was not read, and what became of the rows before: in words, and as an ImportResponse among
  // the details, whose last error is this one.
  absl::Status Stopped(const absl::Status& why, std::int64_t row, ImportResponse response) const {
    const std::string counts =
        atomic_ ? "；没有写入任何记录"
                : absl::StrCat("；此前各行：新增 ", response.created_count(), "，更新 ", response.updated_count(),
                               "，不变 ", response.unchanged_count(), "，有误 ", response.error_count());
    absl::Status status = Error(why.code(), ReasonOf(why), absl::StrCat(ChineseOf(why), counts),
                                {{"field", FieldOf(why)}, {"row", absl::StrCat(row)}});
    RowError last;
    last.set_row(row);
    last.set_reason(ReasonOf(why));
    last.set_message(ChineseOf(why));
    codec::MergeErrors({last}, &response);
    status.SetPayload(absl::StrCat("type.googleapis.com/", response.GetDescriptor()->full_name()),
                      absl::Cord(response.SerializeAsString()));
    why.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
      if (!status.GetPayload(url)) status.SetPayload(url, value);
    });
    return status;
  }

  google::protobuf::FieldMask& Mask(Message* request) const {
    return static_cast<google::protobuf::FieldMask&>(*request->GetReflection()->MutableMessage(request, mask_));
  }

  // What the file has no column for keeps its value, and so does what the caller's own mask leaves out.
  absl::Status SetColumns(const std::vector<std::string>& columns) {
    if (mask_ == nullptr || columns.empty() || columns_set_) return absl::OkStatus();
    columns_set_ = true;
    google::protobuf::FieldMask& mask = Mask(head_.get());
    for (const std::string& path : mask.paths()) {
      if (absl::c_linear_search(columns, path)) continue;
      return Invalid(path, "CSV_HEADER_MISSING", absl::StrCat("update_mask 中的“", path, "”在文件中没有列"));
    }
    for (const std::string& column : columns) {
      if (!masked_) mask.add_paths(column);
    }
    return absl::OkStatus();
  }

  // Rows of NDJSON have masks of their own, of which most are the same.
  void AddMask(const codec::Fields& said, Message* batch, absl::flat_hash_map<codec::Fields, int>* masks) const {
    const FieldDescriptor* field = batch->GetDescriptor()->FindFieldByName("masks");
    const auto [at, is_new] = masks->emplace(said, static_cast<int>(masks->size()));
    if (is_new) {
      auto* mask = static_cast<google::protobuf::FieldMask*>(batch->GetReflection()->AddMessage(batch, field));
      for (const FieldDescriptor* one : said) mask->add_paths(one->name());
    }
    batch->GetReflection()->AddInt32(batch, batch->GetDescriptor()->FindFieldByName("mask_of_row"), at->second);
  }

  absl::Status Take(codec::ImportReader& reader) {
    errors_.Add(reader.TakeErrors());
    for (RowError& warning : reader.TakeWarnings()) {
      if (warnings_.size() < kMaxErrors) {
        warnings_.push_back(std::move(warning));
      } else {
        ++more_warnings_;
      }
    }
    for (codec::ImportRow& row : reader.TakeRows()) {
      ++good_rows_;
      if (given_up_) continue;
      waiting_bytes_ += row.message->ByteSizeLong();
      waiting_.push_back(std::move(row));
      if (waiting_.size() < kBatch && waiting_bytes_ < rpc::kPageBytes) continue;
      if (StillPermitted().ok()) {
        RETURN_IF_ERROR(SendBatch(false));
      } else {
        ForgetWaiting();
      }
    }
    if (atomic_ && !errors_.empty() && !given_up_) GiveUp();
    return absl::OkStatus();
  }

  // The service commits at the end of the stream only; it never sees it.
  void GiveUp() {
    given_up_ = true;
    ForgetWaiting();
    stream_.Cancel();
  }

  void ForgetWaiting() {
    waiting_.clear();
    waiting_bytes_ = 0;
  }

  absl::Status SendBatch(bool last) {
    const std::unique_ptr<Message> batch(head_->New());
    batch->CopyFrom(*head_);
    const auto* reflection = batch->GetReflection();
    if (last) reflection->SetBool(batch.get(), head_->GetDescriptor()->FindFieldByName("last"), true);
    absl::flat_hash_map<codec::Fields, int> masks;
    for (codec::ImportRow& row : waiting_) {
      if (row.said && !masked_) AddMask(*row.said, batch.get(), &masks);
      reflection->AddAllocatedMessage(batch.get(), rows_, row.message.release());
      if (numbers_ != nullptr) reflection->AddInt64(batch.get(), numbers_, row.row);
    }
    ForgetWaiting();
    return stream_.Write(*batch) ? absl::OkStatus() : Failed(stream_.Finish());
  }

  absl::Status Failed(absl::Status status) {
    // The service may end an import before its end only with a failure.
    if (status.ok()) status = absl::InternalError("the import ended early");
    parts_.tally.CountBackendError(describe::ServiceOf(rows_->file()), rpc::CodeName(status.code()));
    return status;
  }

  const StreamParts& parts_;
  Pending& pending_;
  const std::unique_ptr<Message> head_;
  const FieldDescriptor* const rows_;
  const FieldDescriptor* const numbers_;
  const FieldDescriptor* const mask_;
  const std::shared_ptr<rpc::Context> context_;
  BackendStream stream_;
  // The caller says itself which fields are meant.
  bool masked_ = false;
  bool columns_set_ = false;
  bool atomic_ = false, given_up_ = false;
  std::int64_t good_rows_ = 0;
  std::vector<codec::ImportRow> waiting_;
  std::size_t waiting_bytes_ = 0;
  RowErrors errors_;
  // The first ones, and how many more.
  std::vector<RowError> warnings_;
  std::int64_t more_warnings_ = 0;
  Pace pace_;
  absl::Mutex mutex_;
  // Why the policy has ended this.
  absl::Status cut_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void RunImport(const StreamParts& parts, const std::shared_ptr<grpc::Channel>& channel, Pending& pending,
               const routes::Filled& filled) {
  codec::ImportSource source;
  source.sheet = parts.sheets.at(pending.match.route->shape.resource).get();
  source.json = &parts.json;
  source.parent = pending.match.name;
  source.charset = filled.encoding;
  const absl::string_view header = pending.request().Header("content-type");
  const std::string type =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(header.substr(0, std::min(header.size(), header.find(';')))));
  const bool ndjson = absl::c_linear_search(kNdjsonTypes, type);
  if (!ndjson && !absl::c_linear_search(kCsvTypes, type)) {
    return pending.Answer(
        MediaAnswer("Content-Type", "CONTENT_TYPE_UNKNOWN", "导入文件须为 text/csv 或 application/x-ndjson",
                    pending.trace.trace_id, parts.json),
        "CONTENT_TYPE_UNKNOWN");
  }
  Import(parts, channel, pending, filled)
      .Run(ndjson ? codec::MakeNdjsonReader(std::move(source)) : codec::MakeCsvReader(std::move(source)));
}

}  // namespace edudelta::gateway::forward
