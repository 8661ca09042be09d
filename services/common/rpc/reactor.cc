#include "common/rpc/reactor.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "common/base/error.h"
#include "common/base/ordered.h"
#include "common/base/status.h"
#include "common/rpc/bytes.h"
#include "common/rpc/core.h"
#include "common/rpc/errors.h"
#include "common/rpc/limits.h"
#include "common/rpc/trace.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/message.h"
#include "grpcpp/alarm.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace edudelta::rpc::internal {
namespace {

using google::protobuf::Message;
using grpc::ByteBuffer;

const char* WordOf(Shown shown) { return shown == Shown::kClear ? "clear" : "masked"; }

// Cancels a call at its deadline when its client set none; gRPC itself sees to the client's.
class DeadlineTimer {
 public:
  DeadlineTimer(grpc::CallbackServerContext* context, absl::Time deadline)
      : target_(std::make_shared<Target>(context)) {
    alarm_.Set(absl::ToChronoTime(deadline), [target = target_](bool fired) {
      if (fired) target->Cancel();
    });
  }
  ~DeadlineTimer() { target_->Release(); }

 private:
  class Target {
   public:
    explicit Target(grpc::CallbackServerContext* context) : context_(context) {}

    void Cancel() {
      grpc::CallbackServerContext* context;
      {
        absl::MutexLock lock(&mutex_);
        if (context_ == nullptr) return;
        context = context_;
        canceller_ = std::this_thread::get_id();
      }
      context->TryCancel();
      absl::MutexLock lock(&mutex_);
      canceller_ = std::thread::id();
    }

    // The context is not used after it. A cancellation may end the call, and so the guard, on the alarm's own thread:
    // that one must not wait for itself.
    void Release() {
      const auto unused = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return canceller_ == std::thread::id(); };
      absl::MutexLock lock(&mutex_);
      context_ = nullptr;
      if (canceller_ != std::this_thread::get_id()) mutex_.Await(absl::Condition(&unused));
    }

   private:
    absl::Mutex mutex_;
    grpc::CallbackServerContext* context_ ABSL_GUARDED_BY(mutex_);
    // The thread that uses the context, if one does.
    std::thread::id canceller_ ABSL_GUARDED_BY(mutex_);
  };
  std::shared_ptr<Target> target_;
  grpc::Alarm alarm_;
};

// FAILED_PRECONDITION, reason ANSWER_TOO_LARGE, for what gRPC would refuse to send, in words of its own and with a code
// that asks for another try.
absl::StatusOr<ByteBuffer> AnswerOf(const Message& message) {
  const size_t size = message.ByteSizeLong();
  if (size > kLargestMessage) return Refused("ANSWER_TOO_LARGE", "结果太大，无法一次返回，请缩小范围");
  return ToBytes(message);
}

// Whose share of the workers a call takes: its caller's, or his on whose behalf a service calls. What services ask for
// themselves, they ask for everybody.
const std::string& OwnerOf(const Call& call) {
  static const std::string nobody;
  if (!call.caller.on_behalf_of().empty()) return call.caller.on_behalf_of();
  return call.caller.kind() == call::v1::Caller::KIND_SERVICE ? nobody : call.caller.principal();
}

// What a stream's reactor does with its own direction.
class StreamPort {
 public:
  virtual ~StreamPort() = default;
  // Starts to read or write the one message.
  virtual void Transfer() = 0;
  // Drops the handler and what it holds.
  virtual void Release() = 0;
  virtual void End(const grpc::Status& status) = 0;
};

// What reading and writing streams share.
class Stream {
 public:
  // `port` owns this.
  Stream(Core& core, const Method& method, grpc::CallbackServerContext* context, StreamPort* port)
      : core_(core), context_(context), port_(port) {
    core_.Start(*context, method, core_.options().stream_deadline, &running_);
    running_.call.gone = &cancelled_;
    admitted_ = core_.ReadCaller(*context, &running_.call);
    if (!admitted_.ok()) return;
    place_ = core_.OpenStream(OwnerOf(running_.call));
    if (place_ == nullptr) admitted_ = Refusal(WorkerPool::Answer::kFull);
  }

  // Whether the call was admitted; otherwise it has ended. The first thing to ask.
  bool Open() {
    if (!admitted_.ok()) {
      End(admitted_);
      return false;
    }
    if (context_->deadline() == std::chrono::system_clock::time_point::max()) {
      timer_ = std::make_unique<DeadlineTimer>(context_, running_.call.deadline);
    }
    return true;
  }

  // Takes the step on a stream worker (true: go on, false: the end, well); then transfers, or ends the call. Nothing of
  // the stream may be touched after it.
  void Run(Core::Step step) {
    TakeOver(this);
    const auto answer = core_.stream_workers().Submit(OwnerOf(running_.call), [this, step = std::move(step)] {
      const absl::Status wanted = core_.StillWanted(running_, cancelled_ || context_->IsCancelled());
      if (!wanted.ok()) return End(wanted);
      const absl::StatusOr<bool> more = core_.CatchAll(running_, step);
      if (!more.ok() || !*more) return End(more.status());
      Transfer();
    });
    if (answer != WorkerPool::Answer::kAccepted) End(Refusal(answer));
  }

  // Starts to read or write the next message; OnReadDone or OnWriteDone, which call Run, come after it.
  void Transfer() {
    HandOver(this);
    port_->Transfer();
  }

  void Cancel() { cancelled_ = true; }
  void Broken() { End(core_.StillWanted(running_, true)); }

  const Call& call() const { return running_.call; }
  const Method& method() const { return *running_.method; }

 private:
  void End(const absl::Status& status) {
    StreamPort* to = port_;
    to->Release();
    const grpc::Status finished = core_.Finish(running_, status);
    HandOver(this);
    to->End(finished);
  }

  Core& core_;
  grpc::CallbackServerContext* const context_;
  StreamPort* const port_;
  Running running_;
  absl::Status admitted_;
  std::shared_ptr<void> place_;
  std::atomic<bool> cancelled_{false};
  std::unique_ptr<DeadlineTimer> timer_;
};

class UploadReactor final : public grpc::ServerReadReactor<ByteBuffer>, private StreamPort {
 public:
  using Start = std::function<std::unique_ptr<DescribedService::Upload>()>;

  UploadReactor(Core& core, const Method& method, const Start& start, grpc::CallbackServerContext* context,
                ByteBuffer* response)
      : start_(start), response_(response), message_(method.request->New()), stream_(core, method, context, this) {}

  void Begin() {
    if (stream_.Open()) stream_.Transfer();
  }
  void OnReadDone(bool ok) override {
    stream_.Run([this, ok] {
      if (upload_ == nullptr) upload_ = start_();
      return ok ? Add() : Close();
    });
  }
  void OnCancel() override { stream_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  absl::StatusOr<bool> Add() {
    if (!FromBytes(bytes_, message_.get())) return Unreadable();
    bytes_.Clear();
    RETURN_IF_ERROR(upload_->Add(stream_.call(), *message_));
    return true;
  }
  absl::StatusOr<bool> Close() {
    const std::unique_ptr<Message> response(stream_.method().response->New());
    RETURN_IF_ERROR(upload_->Finish(stream_.call(), response.get()));
    ASSIGN_OR_RETURN(*response_, AnswerOf(*response));
    return false;
  }

  void Transfer() override { StartRead(&bytes_); }
  void Release() override { upload_.reset(); }
  void End(const grpc::Status& status) override { Finish(status); }

  const Start& start_;
  ByteBuffer* const response_;
  std::unique_ptr<DescribedService::Upload> upload_;
  ByteBuffer bytes_;
  // One for all of the stream, so that it keeps its memory.
  const std::unique_ptr<Message> message_;
  Stream stream_;
};

class DownloadReactor final : public grpc::ServerWriteReactor<ByteBuffer>, private StreamPort {
 public:
  using Start = std::function<std::unique_ptr<DescribedService::Download>(const Message&)>;

  DownloadReactor(Core& core, const Method& method, const Start& start, grpc::CallbackServerContext* context,
                  const ByteBuffer* request)
      : start_(start),
        context_(context),
        request_bytes_(request),
        request_(method.request->New()),
        message_(method.response->New()),
        stream_(core, method, context, this) {}

  void Begin() {
    if (stream_.Open()) Next();
  }
  void OnWriteDone(bool ok) override { ok ? Next() : stream_.Broken(); }
  void OnCancel() override { stream_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  void Next() {
    stream_.Run([this] { return Fill(); });
  }
  absl::StatusOr<bool> Fill() {
    if (download_ == nullptr) {
      if (!FromBytes(*request_bytes_, request_.get())) return Unreadable();
      download_ = start_(*request_);
    }
    message_->Clear();
    ASSIGN_OR_RETURN(const bool more, download_->Next(stream_.call(), message_.get()));
    RETURN_IF_ERROR(Say(*stream_.call().shown));
    if (more) {
      ASSIGN_OR_RETURN(bytes_, AnswerOf(*message_));
    }
    return more;
  }

  // Nobody would hear of what is said after the first message.
  absl::Status Say(Shown shown) {
    if (std::exchange(begun_, true)) {
      return shown <= said_ ? absl::OkStatus() : absl::InternalError("a later message shows more than was said");
    }
    said_ = shown;
    if (said_ != Shown::kUnsaid) context_->AddInitialMetadata(kShownKey, WordOf(said_));
    return absl::OkStatus();
  }

  void Transfer() override { StartWrite(&bytes_); }
  void Release() override { download_.reset(); }
  void End(const grpc::Status& status) override { Finish(status); }

  const Start& start_;
  grpc::CallbackServerContext* const context_;
  const ByteBuffer* const request_bytes_;
  bool begun_ = false;
  Shown said_ = Shown::kUnsaid;
  const std::unique_ptr<Message> request_;
  std::unique_ptr<DescribedService::Download> download_;
  ByteBuffer bytes_;
  // One for all of the stream, so that it keeps its memory.
  const std::unique_ptr<Message> message_;
  Stream stream_;
};

}  // namespace

// One unary call. It is read and answered on a worker.
class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(Core& core, const Method& method, grpc::CallbackServerContext* context, const ByteBuffer* request,
               ByteBuffer* response)
      : core_(core),
        context_(context),
        request_bytes_(request),
        response_bytes_(response),
        arena_(block_, sizeof(block_)) {
    core_.Start(*context, method, core_.options().default_deadline, &running_);
    running_.call.gone = &cancelled_;
    // Who floods is told apart before the queue, and known in the log when it is refused.
    admitted_ = core_.ReadCaller(*context, &running_.call);
  }

  const absl::Status& admitted() const { return admitted_; }
  const Call& call() const { return running_.call; }
  const std::string& owner() const { return OwnerOf(running_.call); }
  const Message& request() const { return *request_; }
  Message* response() const { return response_.get(); }

  // Makes the two messages, if somebody waits for the answer still.
  absl::Status Read() {
    RETURN_IF_ERROR(core_.StillWanted(running_, cancelled_));
    return Try([this] {
      request_ = running_.method->request->New(&arena_);
      if (!FromBytes(*request_bytes_, request_)) return Unreadable();
      MakeRequestIdCanonical(*running_.method, request_);
      // Not on the arena: rows are swapped into it, which are not, and would be copied.
      response_.reset(running_.method->response->New());
      return absl::OkStatus();
    });
  }

  // What `work` throws becomes INTERNAL and a log line.
  absl::Status Try(absl::FunctionRef<absl::Status()> work) const {
    return core_
        .CatchAll(running_,
                  [&work]() -> absl::StatusOr<bool> {
                    RETURN_IF_ERROR(work());
                    return true;
                  })
        .status();
  }

  // With an OK, sends the response. The reactor may be gone when this returns.
  void End(absl::Status status) {
    if (status.ok()) {
      status = Try([this]() -> absl::Status {
        ASSIGN_OR_RETURN(*response_bytes_, AnswerOf(*response_));
        return absl::OkStatus();
      });
    }
    if (running_.shown != Shown::kUnsaid) context_->AddInitialMetadata(kShownKey, WordOf(running_.shown));
    // Here, and not when gRPC has sent it, at whatever pace its client reads.
    response_.reset();
    arena_.Reset();
    Finish(core_.Finish(running_, status));
  }

  void OnCancel() override { cancelled_ = true; }
  void OnDone() override { delete this; }

 private:
  // What gRPC's own reactor says, too: the reactions are short, so they need no turn through gRPC's executor, which
  // costs a switch of threads per call.
  bool InternalInlineable() override { return true; }

  Core& core_;
  grpc::CallbackServerContext* const context_;
  const ByteBuffer* const request_bytes_;
  ByteBuffer* const response_bytes_;
  Running running_;
  absl::Status admitted_;
  std::atomic<bool> cancelled_{false};
  // Where most requests fit; the arena's first.
  alignas(8) char block_[1024];
  google::protobuf::Arena arena_;
  Message* request_ = nullptr;
  std::unique_ptr<Message> response_;
};

grpc::ServerUnaryReactor* StartUnary(Core& core, const Method& method, const DescribedService::Handler& handler,
                                     grpc::CallbackServerContext* context, const ByteBuffer* request,
                                     ByteBuffer* response) {
  auto* reactor = new UnaryReactor(core, method, context, request, response);
  const auto run = [&handler, reactor] {
    absl::Status status = reactor->Read();
    if (status.ok()) {
      status = reactor->Try([&] { return handler(reactor->call(), reactor->request(), reactor->response()); });
    }
    reactor->End(status);
  };
  absl::Status refused = reactor->admitted();
  if (refused.ok()) refused = Refusal(core.workers().Submit(reactor->owner(), run));
  if (!refused.ok()) reactor->End(refused);
  return reactor;
}

// So few that none waits long for the rest of its batch to be read and written.
constexpr size_t kLargestBatch = 16;

WaitingCalls::WaitingCalls(Core& core, const Method& method, DescribedService::BatchHandler handler)
    : core_(core), method_(method), handler_(std::move(handler)) {}

grpc::ServerUnaryReactor* WaitingCalls::Start(grpc::CallbackServerContext* context, const ByteBuffer* request,
                                              ByteBuffer* response) {
  auto* reactor = new UnaryReactor(core_, method_, context, request, response);
  absl::Status refused = reactor->admitted();
  if (refused.ok()) {
    // As many turns as calls: whoever takes a turn of another's call leaves that one its own.
    absl::MutexLock lock(&mutex_);
    const std::string& owner = reactor->owner();
    refused = Refusal(core_.workers().Submit(owner, [self = shared_from_this(), owner] { self->AnswerNext(owner); }));
    if (refused.ok()) waiting_.push_back(reactor);
  }
  if (!refused.ok()) reactor->End(refused);
  return reactor;
}

void WaitingCalls::AnswerNext(const std::string& owner) {
  std::vector<UnaryReactor*> reactors;
  {
    absl::MutexLock lock(&mutex_);
    // Those first whose turn it is: the others', who may have many more, come along if there is room.
    std::stable_partition(waiting_.begin(), waiting_.end(),
                          [&](const UnaryReactor* reactor) { return reactor->owner() == owner; });
    const size_t taken = std::min(waiting_.size(), kLargestBatch);
    reactors.assign(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(taken));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(taken));
  }
  std::vector<DescribedService::WaitingCall> calls;
  for (UnaryReactor* reactor : reactors) {
    const absl::Status read = reactor->Read();
    if (!read.ok()) {
      reactor->End(read);
      continue;
    }
    calls.emplace_back(&reactor->call(), &reactor->request(), reactor->response(),
                       [reactor](const absl::Status& status) { reactor->End(status); });
  }
  if (!calls.empty()) Answer(absl::MakeSpan(calls));
}

void WaitingCalls::Answer(DescribedService::Batch calls) {
  // Not one of the calls, which are gone when they end.
  Running all;
  all.method = &method_;
  all.call.trace_id = calls.front().call().trace_id;
  const absl::StatusOr<bool> caught = core_.CatchAll(all, [&] {
    handler_(calls);
    return true;
  });
  for (DescribedService::WaitingCall& call : calls) {
    if (call.ended()) continue;
    if (caught.ok()) {
      call.End(Error(absl::StatusCode::kInternal, "CALL_NOT_ENDED", "系统内部错误"));
    } else if (calls.size() == 1) {
      call.End(caught.status());
    } else {
      // What one of them threw is not the others' answer.
      call.response()->Clear();
      Answer({&call, 1});
    }
  }
}

grpc::ServerReadReactor<ByteBuffer>* StartUpload(Core& core, const Method& method, const UploadReactor::Start& start,
                                                 grpc::CallbackServerContext* context, ByteBuffer* response) {
  auto* reactor = new UploadReactor(core, method, start, context, response);
  reactor->Begin();
  return reactor;
}

grpc::ServerWriteReactor<ByteBuffer>* StartDownload(Core& core, const Method& method,
                                                    const DownloadReactor::Start& start,
                                                    grpc::CallbackServerContext* context, const ByteBuffer* request) {
  auto* reactor = new DownloadReactor(core, method, start, context, request);
  reactor->Begin();
  return reactor;
}

}  // namespace edudelta::rpc::internal
