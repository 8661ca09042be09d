#include "gateway/forward/backends.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/status.h"
#include "common/rpc/probe.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"

namespace edudelta::gateway::forward {
namespace {

constexpr absl::Duration kProbeEvery = absl::Milliseconds(400);
constexpr std::chrono::seconds kProbeLimit(2);
constexpr absl::Duration kComesBackWithin = absl::Seconds(5);

}  // namespace

struct Backends::Peer {
  std::shared_ptr<grpc::Channel> channel;
  std::atomic<bool> serving{false};
  // When it last was, in microseconds since 1970.
  std::atomic<std::int64_t> served{0};
};

// At most one open question per peer; waits for the answers at the end.
struct Backends::Prober {
  struct Probe {
    explicit Probe(std::shared_ptr<grpc::Channel> channel) : stub(std::move(channel)) {}
    grpc::ClientContext context;
    grpc::GenericStub stub;
    grpc::ByteBuffer request, response;
  };

  explicit Prober(std::map<std::string, std::unique_ptr<Peer>>& all) : peers(all), thread([this] { Run(); }) {}
  ~Prober() {
    {
      absl::MutexLock lock(&mutex);
      stopping = true;
    }
    thread.join();
  }

  void Run() {
    absl::MutexLock lock(&mutex);
    while (!stopping) {
      for (auto& [name, peer] : peers) {
        if (!running[peer.get()]) Ask(peer.get());
      }
      mutex.AwaitWithTimeout(absl::Condition(&stopping), kProbeEvery);
    }
    const auto none_open = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return open == 0; };
    mutex.Await(absl::Condition(&none_open));
  }

  void Ask(Peer* peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    running[peer] = true;
    ++open;
    auto probe = std::make_shared<Probe>(peer->channel);
    probe->context.set_deadline(std::chrono::system_clock::now() + kProbeLimit);
    const grpc::Slice nothing(std::string{});
    probe->request = grpc::ByteBuffer(&nothing, 1);
    probe->stub.UnaryCall(&probe->context, rpc::kHealthCheck, grpc::StubOptions(), &probe->request, &probe->response,
                          [this, peer, probe](grpc::Status status) {
                            grpc::Slice slice;
                            peer->serving = status.ok() && BytesOf(probe->response, &slice) == rpc::kServing;
                            if (peer->serving) peer->served = absl::ToUnixMicros(absl::Now());
                            absl::MutexLock lock(&mutex);
                            running[peer] = false;
                            --open;
                          });
  }

  std::map<std::string, std::unique_ptr<Peer>>& peers;
  absl::Mutex mutex;
  std::map<Peer*, bool> running ABSL_GUARDED_BY(mutex);
  int open ABSL_GUARDED_BY(mutex) = 0;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::thread thread;
};

Backends::Backends() = default;
Backends::~Backends() { prober_.reset(); }

absl::StatusOr<std::unique_ptr<Backends>> Backends::Connect(const std::map<std::string, rpc::PeerOptions>& peers) {
  auto backends = std::unique_ptr<Backends>(new Backends());
  for (const auto& [service, options] : peers) {
    auto peer = std::make_unique<Peer>();
    ASSIGN_OR_RETURN(peer->channel, rpc::Connect(options));
    backends->peers_[service] = std::move(peer);
  }
  backends->prober_ = std::make_unique<Prober>(backends->peers_);
  return backends;
}

std::shared_ptr<grpc::Channel> Backends::ChannelOf(const std::string& service) const {
  const auto found = peers_.find(service);
  return found == peers_.end() ? nullptr : found->second->channel;
}

absl::Time Backends::WaitsUntil(const std::string& service) const {
  const auto found = peers_.find(service);
  return found == peers_.end() ? absl::InfinitePast() : absl::FromUnixMicros(found->second->served) + kComesBackWithin;
}

std::map<std::string, bool> Backends::Serving() const {
  std::map<std::string, bool> serving;
  for (const auto& [service, peer] : peers_) serving[service] = peer->serving;
  return serving;
}

std::string PathOf(const google::protobuf::MethodDescriptor* method) {
  return absl::StrCat("/", method->service()->full_name(), "/", method->name());
}

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  grpc::ByteBuffer buffer;
  bool own;
  // It fails on messages beyond 2 GiB only.
  (void)grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &buffer, &own);
  return buffer;
}

std::optional<absl::string_view> BytesOf(const grpc::ByteBuffer& buffer, grpc::Slice* slice) {
  if (!buffer.Valid()) return std::nullopt;
  if (!buffer.TrySingleSlice(slice).ok() && !buffer.DumpToSingleSlice(slice).ok()) return std::nullopt;
  return absl::string_view(reinterpret_cast<const char*>(slice->begin()), slice->size());
}

absl::Status FromBuffer(grpc::ByteBuffer* buffer, google::protobuf::Message* message) {
  grpc::ProtoBufferReader reader(buffer);
  if (!reader.status().ok() || !message->ParseFromZeroCopyStream(&reader)) {
    return absl::InternalError(absl::StrCat("not a ", message->GetDescriptor()->full_name()));
  }
  return absl::OkStatus();
}

std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

BackendStream::BackendStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                             grpc::ClientContext* context)
    : context_(context), call_(grpc::GenericStub(channel).PrepareCall(context, path, &queue_)) {
  call_->StartCall(this);
  Wait();
}

BackendStream::~BackendStream() {
  if (!finished_) {
    context_->TryCancel();
    Finish().IgnoreError();
  }
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool BackendStream::Wait() {
  void* tag;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool BackendStream::Write(const google::protobuf::Message& message) {
  call_->Write(ToBuffer(message), this);
  return Wait();
}

void BackendStream::WritesDone() {
  call_->WritesDone(this);
  Wait();
}

bool BackendStream::Read(google::protobuf::Message* message) {
  grpc::ByteBuffer buffer;
  call_->Read(&buffer, this);
  if (!Wait()) return false;
  broken_ = FromBuffer(&buffer, message);
  return broken_.ok();
}

absl::Status BackendStream::Finish() {
  if (!broken_.ok()) context_->TryCancel();
  grpc::Status status;
  call_->Finish(&status, this);
  Wait();
  finished_ = true;
  return broken_.ok() ? rpc::FromPeer(status) : broken_;
}

}  // namespace edudelta::gateway::forward
