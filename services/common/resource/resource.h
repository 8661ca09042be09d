#pragma once

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/resource/engine.h"
#include "common/rpc/serve.h"

namespace edudelta::resource {

// The standard methods of one resource as reactors, without its type.
class Methods {
 public:
  using Context = grpc::CallbackServerContext;
  // Both outlive this.
  Methods(Engine& engine, rpc::Frame& frame) : engine_(engine), frame_(frame) {}

  grpc::ServerUnaryReactor* Get(Context* context, const Message* request, Message* response);
  grpc::ServerUnaryReactor* List(Context* context, const Message* request, Message* response);
  grpc::ServerUnaryReactor* Create(Context* context, const Message* request, Message* response);
  grpc::ServerUnaryReactor* BatchCreate(Context* context, const Message* request, Message* response);
  grpc::ServerUnaryReactor* Update(Context* context, const Message* request, Message* response);
  grpc::ServerUnaryReactor* Delete(Context* context, const Message* request, Message* response);
  // A declared workflow step.
  grpc::ServerUnaryReactor* Take(Context* context, const Message* request, Message* response);

  Engine& engine() { return engine_; }

 protected:
  // One running import. While two chunks land, on threads of their own and in the file's order, the next is read and
  // checked. With IMPORT_MODE_ATOMIC it keeps all rows until the end, which its last message must announce.
  class Importing {
   public:
    explicit Importing(Engine& engine) : engine_(engine) {}
    // Waits for what is landing.
    ~Importing();
    absl::Status Add(const rpc::Call& call, const Message& request);
    absl::Status Finish(const rpc::Call& call, resource::v1::ImportResponse* response);

   private:
    struct Chunk {
      Engine::Upserts rows;
      std::shared_future<absl::Status> landed;
    };

    absl::Status Begin(const Message& first);
    // Checks the rows and begins to land them when at most one chunk is landing.
    absl::Status Land(const rpc::Call& call, const std::vector<const Message*>& rows, const std::vector<int64_t>& numbers);
    // Waits until at most so many chunks are landing.
    absl::Status LetLand(size_t most);

    Engine& engine_;
    std::string parent_;
    resource::v1::ImportMode mode_ = resource::v1::IMPORT_MODE_UNSPECIFIED;
    bool started_ = false;
    bool complete_ = false;
    std::optional<ImportColumns> columns_;
    int64_t received_ = 0;
    std::vector<std::unique_ptr<Message>> kept_;
    std::vector<int64_t> numbers_;
    std::deque<std::unique_ptr<Chunk>> landing_;
    resource::v1::ImportResponse result_;
  };

  Engine& engine_;
  rpc::Frame& frame_;
};

// The typed shell around the engine: what gRPC's streams need to know of the messages.
template <typename T>
class Resource : public Methods {
 public:
  using Methods::Methods;

  template <typename Request>
  grpc::ServerReadReactor<Request>* Import(Context* context, resource::v1::ImportResponse* response) {
    auto importing = std::make_shared<Importing>(engine_);
    return frame_.Read<Request>(
        context, [importing](const rpc::Call& call, const Request& request) { return importing->Add(call, request); },
        [importing, response](const rpc::Call& call) { return importing->Finish(call, response); });
  }

  template <typename Response>
  grpc::ServerWriteReactor<Response>* Export(Context* context, const Message* request) {
    auto exporter = std::make_shared<Engine::Exporter>(engine_.Export(*request));
    return frame_.Write<Response>(context, request, [exporter](const rpc::Call& call, Response* response) {
      return exporter->Next(call, response);
    });
  }
};

// Typed rules for the type-erased engine.
template <typename T>
auto Checking(absl::Status (*rule)(const T&)) {
  return [rule](const Message& next, absl::CivilDay) { return rule(static_cast<const T&>(next)); };
}
template <typename T>
auto Checking(absl::Status (*rule)(const T&, absl::CivilDay)) {
  return [rule](const Message& next, absl::CivilDay today) { return rule(static_cast<const T&>(next), today); };
}
template <typename T>
auto Changing(absl::Status (*rule)(const T&, const T&)) {
  return [rule](const Message& old, const Message& next) {
    return rule(static_cast<const T&>(old), static_cast<const T&>(next));
  };
}
// `rule(facts, old, request, next)`.
template <typename T, typename Request, typename Rule>
Rules::MayTake Taking(Rule rule) {
  return
      [rule](const TransitionFacts& facts, const Message& old, const Message& request, Message* next) -> absl::Status {
        return rule(facts, static_cast<const T&>(old), static_cast<const Request&>(request), static_cast<T*>(next));
      };
}

}  // namespace edudelta::resource
