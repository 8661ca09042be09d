#include "common/metrics/registry.h"

#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/exposer.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace edudelta::metrics {
namespace {

prometheus::Labels ToLabels(const Labels& labels) { return prometheus::Labels(labels.begin(), labels.end()); }

template <typename Families, typename Builder>
auto& Family(Families& families, absl::string_view name, absl::string_view help, Builder builder,
             prometheus::Registry& registry) {
  auto& family = families[std::string(name)];
  if (family == nullptr) family = &builder.Name(std::string(name)).Help(std::string(help)).Register(registry);
  return *family;
}

class CivetExporter final : public Exporter {
 public:
  CivetExporter(const std::string& address, const std::shared_ptr<prometheus::Registry>& registry)
      : registry_(registry), exposer_(address, 1) {
    exposer_.RegisterCollectable(registry_);
  }

  int port() const override { return exposer_.GetListeningPorts().at(0); }

 private:
  // The exposer keeps only a weak reference.
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Exposer exposer_;
};

}  // namespace

struct Registry::Families {
  absl::Mutex mutex;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters ABSL_GUARDED_BY(mutex);
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges ABSL_GUARDED_BY(mutex);
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms ABSL_GUARDED_BY(mutex);
};

Registry::Registry() : registry_(std::make_shared<prometheus::Registry>()), families_(std::make_unique<Families>()) {}
Registry::~Registry() = default;

prometheus::Counter& Registry::Counter(absl::string_view name, absl::string_view help, const Labels& labels) {
  absl::MutexLock lock(&families_->mutex);
  return Family(families_->counters, name, help, prometheus::BuildCounter(), *registry_).Add(ToLabels(labels));
}

prometheus::Gauge& Registry::Gauge(absl::string_view name, absl::string_view help, const Labels& labels) {
  absl::MutexLock lock(&families_->mutex);
  return Family(families_->gauges, name, help, prometheus::BuildGauge(), *registry_).Add(ToLabels(labels));
}

prometheus::Histogram& Registry::Seconds(absl::string_view name, absl::string_view help, const Labels& labels) {
  static const prometheus::Histogram::BucketBoundaries kBuckets = {.00025, .0005, .001, .0025, .005, .01, .025, .05,
                                                                   .1,     .25,   .5,   1,     2.5,  5,   10};
  absl::MutexLock lock(&families_->mutex);
  return Family(families_->histograms, name, help, prometheus::BuildHistogram(), *registry_)
      .Add(ToLabels(labels), kBuckets);
}

std::string Render(const Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.raw()->Collect());
}

absl::StatusOr<std::unique_ptr<Exporter>> Exporter::Start(const std::string& address, Registry& registry) {
  try {
    return std::make_unique<CivetExporter>(address, registry.raw());
  } catch (const std::exception& e) {
    return absl::UnavailableError(absl::StrCat("cannot serve metrics on ", address, ": ", e.what()));
  }
}

}  // namespace edudelta::metrics
