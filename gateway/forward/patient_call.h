#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "gateway/forward/backends.h"
#include "grpcpp/alarm.h"
#include "grpcpp/generic/generic_stub.h"

namespace edudelta::gateway::forward {

// A unary call of a service that may just be replaced: one that was there a moment ago is waited for, and what it did
// not begin, or broke off without a word, is called again, a few times. Thread-safe.
class PatientCall : public std::enable_shared_from_this<PatientCall> {
 public:
  struct Call {
    std::string service;
    const google::protobuf::MethodDescriptor* method;
    call::v1::Caller caller;
    absl::Time deadline;
    std::string traceparent;
    // Twice does what once does: it reads, or has a request id.
    bool may_repeat = false;
  };
  // On a thread of gRPC's, or at once; `answer` is empty when the status is not OK.
  using Done = std::function<void(const grpc::Status& status, grpc::ByteBuffer answer, rpc::Shown shown)>;

  // `backends` outlives the call. Returns at once.
  static std::shared_ptr<PatientCall> Start(const Backends& backends, Call call, grpc::ByteBuffer request, Done done);

  // It ends soon, and is not made again.
  void Cancel();

 private:
  PatientCall(const Backends& backends, Call call, grpc::ByteBuffer request, Done done);
  void Try();
  void CancelUnlessConnected(grpc::ClientContext* waiting, absl::Time until);
  void OnAnswer(const grpc::Status& status);
  bool MayRepeat(const grpc::Status& status);
  bool Repeat();
  void AfterPause();

  const Backends& backends_;
  const Call call_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  const grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  Done done_;
  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  int repeats_ ABSL_GUARDED_BY(mutex_) = 0;
  // One for each time that it is called, the running one at the end.
  std::vector<std::unique_ptr<rpc::Context>> contexts_ ABSL_GUARDED_BY(mutex_);
  // Itself, while nothing else holds it.
  std::shared_ptr<PatientCall> pausing_ ABSL_GUARDED_BY(mutex_);
  // Ends waiting for a connection; ends the pause before a repeat.
  std::optional<grpc::Alarm> wait_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Alarm> pause_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::gateway::forward
