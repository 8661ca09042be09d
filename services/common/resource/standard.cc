#include "common/resource/standard.h"

#include "common/describe/describe.h"
#include "common/resource/importing.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::resource {
namespace {

using describe::MethodKind;

class Exporting final : public rpc::DescribedService::Download {
 public:
  explicit Exporting(Engine::Exporter exporter) : exporter_(std::move(exporter)) {}
  absl::StatusOr<bool> Next(const rpc::Call& call, Message* response) override {
    return exporter_.Next(call, response);
  }

 private:
  Engine::Exporter exporter_;
};

void Serve(rpc::DescribedService& api, const google::protobuf::MethodDescriptor* method, MethodKind kind,
           Engine* engine) {
  const auto unary = [&](absl::Status (Engine::*answer)(const rpc::Call&, const Message&, Message*)) {
    api.OnUnary(method, [engine, answer](const rpc::Call& call, const Message& request, Message* response) {
      return (engine->*answer)(call, request, response);
    });
  };
  switch (kind) {
    case MethodKind::kGet:
      return unary(&Engine::Get);
    case MethodKind::kList:
    case MethodKind::kSearch:
      return unary(&Engine::List);
    case MethodKind::kCreate:
      return unary(&Engine::Create);
    case MethodKind::kUpdate:
      return unary(&Engine::Update);
    case MethodKind::kBatchCreate:
      return unary(&Engine::BatchCreate);
    case MethodKind::kTransition:
      return unary(&Engine::Take);
    case MethodKind::kDelete:
      return api.OnUnary(method, [engine](const rpc::Call& call, const Message& request, Message*) {
        return engine->Delete(call, request);
      });
    case MethodKind::kImport:
      return api.OnUpload(method, [engine] { return std::make_unique<Importing>(*engine); });
    case MethodKind::kExport:
      return api.OnDownload(
          method, [engine](const Message& request) { return std::make_unique<Exporting>(engine->Export(request)); });
    case MethodKind::kCustom:
      return;
  }
}

}  // namespace

void ServeStandard(rpc::DescribedService& api, const Context& context) {
  for (int i = 0; i < api.descriptor().method_count(); ++i) {
    const auto shape = describe::Classify(api.descriptor().method(i));
    if (!shape.ok() || shape->resource == nullptr) continue;
    const auto engine = context.engines.find(describe::DatasetOf(shape->resource));
    if (engine != context.engines.end()) Serve(api, api.descriptor().method(i), shape->kind, engine->second);
  }
}

}  // namespace edudelta::resource
