#include "common/rpc/serve.h"

#include <utility>

#include "common/rpc/core.h"

namespace edudelta::rpc {

Admission::Admission(const internal::Core& core, const google::protobuf::MethodDescriptor& method,
                     grpc::CallbackServerContext* context)
    : core_(core), running_(std::make_unique<internal::Running>()) {
  core_.Start(*context, core_.MethodOf(method), core_.options().default_deadline, running_.get());
  status_ = core_.ReadCaller(*context, &running_->call);
}

Admission::~Admission() = default;

const Call& Admission::call() const { return running_->call; }

grpc::Status Admission::Finish(const absl::Status& status) const { return core_.Finish(*running_, status); }

Frame::Frame(Options options, metrics::Registry& registry, const log::Logger& logger, const Clock& clock)
    : core_(std::make_unique<internal::Core>(std::move(options), registry, logger, clock)) {}

Frame::~Frame() { Drain(); }

std::unique_ptr<Admission> Frame::Admit(const google::protobuf::MethodDescriptor& method,
                                        grpc::CallbackServerContext* context) const {
  return std::make_unique<Admission>(*core_, method, context);
}

void Frame::Drain() {
  core_->workers().Close();
  core_->stream_workers().Close();
}

}  // namespace edudelta::rpc
