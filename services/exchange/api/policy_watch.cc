// WatchPolicy: a stream that waits for hours and holds no worker.
#include <deque>

#include "common/base/error.h"
#include "exchange/api/api.h"

namespace edudelta::exchange::api {
namespace {

// A stream that has so many messages waiting gets a snapshot in their place.
constexpr size_t kMostWaiting = 64;

// At most one write is under way; Finish waits for it. Lives until OnDone, and longer while the hub still holds it.
class Watch final : public grpc::ServerWriteReactor<v1::PolicyUpdate>,
                    public PolicySink,
                    public std::enable_shared_from_this<Watch> {
 public:
  Watch(std::unique_ptr<rpc::Admission> admission, PolicyHub& hub) : admission_(std::move(admission)), hub_(hub) {}

  const rpc::Admission& admission() const { return *admission_; }

  void Begin() {
    self_ = shared_from_this();
    hub_.Add(self_);
  }

  // For a stream that does not begin.
  void Refuse(const absl::Status& status) {
    self_ = shared_from_this();
    End(status);
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
      if (writing_ != nullptr) return;
    }
    Finish(admission_->Finish(status));
  }

  void OnWriteDone(bool ok) override {
    absl::Status result;
    bool finish = false;
    {
      absl::MutexLock lock(&mutex_);
      writing_ = nullptr;
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
    const v1::PolicyUpdate* message = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (ended_ || writing_ != nullptr || waiting_.empty()) return;
      writing_ = std::move(waiting_.front());
      waiting_.pop_front();
      message = writing_.get();
    }
    StartWrite(message);
  }

  const std::unique_ptr<rpc::Admission> admission_;
  PolicyHub& hub_;
  std::shared_ptr<Watch> self_;
  absl::Mutex mutex_;
  std::deque<PolicyMessage> waiting_ ABSL_GUARDED_BY(mutex_);
  PolicyMessage writing_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerWriteReactor<v1::PolicyUpdate>* ExchangeApi::WatchPolicy(Context* c, const v1::WatchPolicyRequest* q) {
  auto watch = std::make_shared<Watch>(runtime_.frame().Admit(c, *q), hub_);
  absl::Status status = watch->admission().status();
  if (status.ok()) status = service::Authorize(watch->admission().call(), "");
  if (status.ok()) {
    watch->Begin();
  } else {
    watch->Refuse(status);
  }
  return watch.get();
}

}  // namespace edudelta::exchange::api
