#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/metrics/registry.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"
#include "prometheus/metric_family.h"

namespace edudelta::metrics {
namespace {

// So many may hang at a time, each for so long.
constexpr char kThreads[] = "4";
constexpr char kPatienceMs[] = "5000";

class Page final : public prometheus::Collectable {
 public:
  explicit Page(const Registry& registry) : registry_(registry) {}
  std::vector<prometheus::MetricFamily> Collect() const override { return registry_.Collect(); }

 private:
  const Registry& registry_;
};

class CivetExporter final : public Exporter {
 public:
  CivetExporter(const std::string& address, const Registry& registry)
      : page_(std::make_shared<Page>(registry)),
        exposer_({"listening_ports", address, "num_threads", kThreads, "request_timeout_ms", kPatienceMs}) {
    exposer_.RegisterCollectable(page_);
  }

  int port() const override { return exposer_.GetListeningPorts().at(0); }

 private:
  // The exposer keeps only a weak reference.
  const std::shared_ptr<Page> page_;
  prometheus::Exposer exposer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Exporter>> Exporter::Start(const std::string& address, const Registry& registry) {
  try {
    return std::make_unique<CivetExporter>(address, registry);
  } catch (const std::exception& e) {
    return absl::UnavailableError(absl::StrCat("cannot serve metrics on ", address, ": ", e.what()));
  }
}

}  // namespace edudelta::metrics
