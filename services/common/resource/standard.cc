#include "common/resource/standard.h"

#include "common/describe/describe.h"
#include "common/resource/importing.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::resource {
namespace {

using describe::MethodKind;

class Exporting final : public rpc::DescribedService::Download {
 public:
  explicit Exporting(Reader::Exporter exporter) : exporter_(std::move(exporter)) {}
  absl::StatusOr<bool> Next(const rpc::Call& call, Message* response) override {
    return exporter_.Next(call, response);
  }

 private:
  Reader::Exporter exporter_;
};

template <typename Part>
rpc::DescribedService::Handler Answer(Part& part,
                                      absl::Status (Part::*method)(const rpc::Call&, const Message&, Message*)) {
  return [&part, method](const rpc::Call& call, const Message& request, Message* response) {
    return (part.*method)(call, request, response);
  };
}

void Serve(rpc::DescribedService& api, const google::protobuf::MethodDescriptor* method, MethodKind kind,
           Engine& engine) {
  switch (kind) {
    case MethodKind::kGet:
      return api.OnUnaryBatch(method, [&reader = engine.reader()](auto calls) { reader.Get(calls); });
    case MethodKind::kList:
    case MethodKind::kSearch:
      return api.OnUnary(method, Answer(engine.reader(), &Reader::List));
    case MethodKind::kCreate:
      return api.OnUnary(method, Answer(engine.writer(), &Writer::Create));
    case MethodKind::kUpdate:
      return api.OnUnary(method, Answer(engine.writer(), &Writer::Update));
    case MethodKind::kBatchCreate:
      return api.OnUnary(method, Answer(engine.writer(), &Writer::BatchCreate));
    case MethodKind::kTransition:
      return api.OnUnary(method, Answer<Steps>(engine.steps(), &Steps::Take));
    case MethodKind::kListRevisions:
      return api.OnUnary(method, Answer(engine.revisions(), &Revisions::List));
    case MethodKind::kListTransitions:
      return api.OnUnary(method, Answer(engine.steps(), &Steps::ListTransitions));
    case MethodKind::kDelete:
      return api.OnUnary(method, [&writer = engine.writer()](const rpc::Call& call, const Message& request, Message*) {
        return writer.Delete(call, request);
      });
    case MethodKind::kImport:
      return api.OnUpload(method, [&engine] { return std::make_unique<Importing>(engine.importer()); });
    case MethodKind::kExport:
      return api.OnDownload(method, [&engine](const Message& request) {
        return std::make_unique<Exporting>(engine.reader().Export(request));
      });
    case MethodKind::kCustom:
      return;
  }
}

}  // namespace

void ServeStandard(rpc::DescribedService& api, absl::FunctionRef<Engine*(absl::string_view dataset)> engine_of) {
  for (int i = 0; i < api.descriptor().method_count(); ++i) {
    const auto shape = describe::Classify(api.descriptor().method(i));
    if (!shape.ok() || shape->resource == nullptr) continue;
    Engine* engine = engine_of(describe::DatasetOf(shape->resource));
    if (engine != nullptr) Serve(api, api.descriptor().method(i), shape->kind, *engine);
  }
}

}  // namespace edudelta::resource
