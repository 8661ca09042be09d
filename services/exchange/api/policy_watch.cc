#include <deque>

#include "common/base/error.h"
#include "common/rpc/bytes.h"
#include "common/rpc/errors.h"
#include "common/service/runtime.h"
#include "edudelta/exchange/v1/policy.pb.h"
#include "exchange/api/methods.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace edudelta::exchange::api {
namespace {

// A stream that has so many messages waiting gets a snapshot in their place.
constexpr size_t kMostWaiting = 64;

// At most one write is under way; Finish waits for it. Lives until OnDone, and longer while the hub still holds it.
class Watch final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                    public PolicySink,
                    public std::enable_shared_from_this<Watch> {
 public:
  Watch(std::unique_ptr<rpc::Admission> admission, PolicyHub& hub) : admission_(std::move(admission)), hub_(hub) {}

  void Begin(const grpc::ByteBuffer& bytes, const log::Logger& logger) {
    self_ = shared_from_this();
    absl::Status status = admission_->status();
    if (status.ok()) status = service::Authorize(admission_->call(), "");
    v1::WatchPolicyRequest request;
    if (status.ok() && !rpc::FromBytes(bytes, &request)) status = rpc::Unreadable();
    if (!status.ok()) return End(status);
    logger.Info("policy_watched", {{"gateway", request.gateway()}}, admission_->call().trace_id);
    hub_.Add(self_);
  }

  bool Push(PolicyMessage message) override {
    {
      absl::MutexLock lock(&mutex_);
      if (ended_) return true;
      if (waiting_.size() >= kMostWaiting) {
        waiting_.clear();
        return false;
      }
      waiting_.push_back(std::move(message));
    }
    Next();
    return true;
  }

  void End(const absl::Status& status) override {
    {
      absl::MutexLock lock(&mutex_);
      if (ended_) return;
      ended_ = true;
      result_ = status;
      waiting_.clear();
      if (writing_) return;
    }
    Finish(admission_->Finish(status));
  }

  void OnWriteDone(bool ok) override {
    absl::Status result;
    bool finish = false;
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok && !ended_) {
        ended_ = true;
        result_ = Cancelled();
      }
      finish = ended_;
      result = result_;
    }
    finish ? Finish(admission_->Finish(result)) : Next();
  }

  void OnCancel() override { End(Cancelled()); }

  void OnDone() override {
    const std::shared_ptr<Watch> last = std::move(self_);
    hub_.Remove(last);
  }

 private:
  static absl::Status Cancelled() { return Error(absl::StatusCode::kCancelled, "CANCELLED", "请求已被取消"); }

  void Next() {
    {
      absl::MutexLock lock(&mutex_);
      if (ended_ || writing_ || waiting_.empty()) return;
      writing_ = true;
      bytes_ = rpc::ToBytes(*waiting_.front());
      waiting_.pop_front();
    }
    StartWrite(&bytes_);
  }

  const std::unique_ptr<rpc::Admission> admission_;
  PolicyHub& hub_;
  std::shared_ptr<Watch> self_;
  absl::Mutex mutex_;
  std::deque<PolicyMessage> waiting_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the one write that is under way.
  grpc::ByteBuffer bytes_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void ServeWatchPolicy(service::Runtime& runtime, PolicyHub& hub, rpc::DescribedService& api) {
  const auto* method = api.descriptor().FindMethodByName("WatchPolicy");
  api.OnOwnReactor(
      "WatchPolicy",
      [&runtime, &hub, method](grpc::CallbackServerContext* context,
                               const grpc::ByteBuffer* request) -> grpc::ServerWriteReactor<grpc::ByteBuffer>* {
        auto watch = std::make_shared<Watch>(runtime.frame().Admit(*method, context), hub);
        watch->Begin(*request, runtime.logger());
        return watch.get();
      });
}

}  // namespace edudelta::exchange::api
