#include "gateway/policy/watcher.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/describe/describe.h"
#include "common/rpc/client.h"
#include "edudelta/exchange/v1/policy.pb.h"

namespace edudelta::gateway::policy {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(2);
// A stream that has told nothing for so long is taken for dead; heartbeats come every second.
constexpr absl::Duration kSilence = absl::Seconds(8);

class StreamWatcher final : public Watcher {
 public:
  StreamWatcher(std::shared_ptr<grpc::Channel> exchange, std::string gateway, Store& store, const log::Logger& logger)
      : exchange_(std::move(exchange)),
        gateway_(std::move(gateway)),
        store_(store),
        logger_(logger),
        reader_([this] { Read(); }),
        silence_check_([this] { CancelWhenSilent(); }) {}

  ~StreamWatcher() override {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
    reader_.join();
    silence_check_.join();
  }

 private:
  void Read() {
    absl::Duration pause = kFirstPause;
    for (;;) {
      rpc::Context context(rpc::ServiceCaller("gateway"), absl::InfiniteFuture(), "");
      if (!Enter(context.get())) return;
      exchange::v1::WatchPolicyRequest request;
      request.set_gateway(gateway_);
      rpc::DownloadCall stream(*exchange_, method_, context, request);
      exchange::v1::PolicyUpdate update;
      while (stream.Next(&update)) {
        store_.Receive(update);
        Heard();
        pause = kFirstPause;
      }
      const absl::Status status = stream.Finish();
      if (!Leave(pause)) return;
      logger_.Warning("policy_stream_ended", {{"code", rpc::CodeName(status.code())}});
      pause = std::min(pause * 2, kLongestPause);
    }
  }

  bool Enter(grpc::ClientContext* context) {
    absl::MutexLock lock(&mutex_);
    context_ = context;
    heard_ = absl::Now();
    return !stopping_;
  }
  void Heard() {
    absl::MutexLock lock(&mutex_);
    heard_ = absl::Now();
  }
  // Waits; false when it is time to stop.
  bool Leave(absl::Duration pause) {
    absl::MutexLock lock(&mutex_);
    context_ = nullptr;
    return !mutex_.AwaitWithTimeout(absl::Condition(&stopping_), pause);
  }

  void CancelWhenSilent() {
    absl::MutexLock lock(&mutex_);
    while (!mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::Seconds(1))) {
      if (context_ != nullptr && absl::Now() - heard_ > kSilence) context_->TryCancel();
    }
  }

  const std::shared_ptr<grpc::Channel> exchange_;
  const google::protobuf::MethodDescriptor& method_ =
      *describe::FindService("exchange")->FindMethodByName("WatchPolicy");
  const std::string gateway_;
  Store& store_;
  const log::Logger& logger_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::Time heard_ ABSL_GUARDED_BY(mutex_);
  std::thread reader_;
  std::thread silence_check_;
};

}  // namespace

std::unique_ptr<Watcher> Watcher::Start(std::shared_ptr<grpc::Channel> exchange, std::string gateway, Store& store,
                                        const log::Logger& logger) {
  return std::make_unique<StreamWatcher>(std::move(exchange), std::move(gateway), store, logger);
}

}  // namespace edudelta::gateway::policy
