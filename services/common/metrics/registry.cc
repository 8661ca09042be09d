#include "common/metrics/registry.h"

#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace edudelta::metrics {
namespace {

const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const prometheus::Histogram::BucketBoundaries kBuckets = {.001, .0025, .005, .01, .025, .05,
                                                                   .1,   .25,   .5,   1,   2.5,  10};
  return kBuckets;
}

// With the bucket above all others, the sum and the count.
std::size_t LinesOfHistogram() { return Buckets().size() + 3; }

prometheus::Labels ToLabels(const Labels& labels) { return prometheus::Labels(labels.begin(), labels.end()); }

prometheus::Labels Other(prometheus::Labels labels) {
  for (auto& [name, value] : labels) value = "other";
  return labels;
}

}  // namespace

struct Registry::Families {
  template <typename Metric>
  using ByName = std::map<std::string, prometheus::Family<Metric>*>;
  using Group = std::map<prometheus::Labels, prometheus::Gauge*>;

  template <typename Metric, typename Builder>
  prometheus::Family<Metric>& Find(ByName<Metric>& families, Builder builder, absl::string_view name,
                                   absl::string_view help) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    auto& family = families[std::string(name)];
    if (family == nullptr) family = &builder.Name(std::string(name)).Help(std::string(help)).Register(registry);
    return *family;
  }

  // Whether there is room for one more series of so many lines; then it is taken.
  bool Take(const std::string& family, const prometheus::Labels& labels, std::size_t size)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const bool places = labels.count("district") + labels.count("organization") > 0;
    std::size_t& used = lines[family];
    if (used + size > (places ? kMostOfPlaces : kMostOfFamily) || all + size > kMost) {
      Find(counters, prometheus::BuildCounter(), "edudelta_metrics_dropped_total",
           "Asked for a series beyond what a family or a process may have.")
          .Add({{"family", family}})
          .Increment();
      return false;
    }
    used += size;
    all += size;
    return true;
  }

  // The series' labels, or those of the one that stands for all that find no room.
  template <typename Metric>
  prometheus::Labels Admit(const prometheus::Family<Metric>& family, prometheus::Labels labels, std::size_t size)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return family.Has(labels) || Take(family.GetName(), labels, size) ? labels : Other(std::move(labels));
  }

  template <typename Metric, typename Builder, typename... Arguments>
  Metric& Series(ByName<Metric>& families, Builder builder, absl::string_view name, absl::string_view help,
                 const Labels& labels, std::size_t size, const Arguments&... arguments)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    auto& family = Find(families, std::move(builder), name, help);
    return family.Add(Admit(family, ToLabels(labels), size), arguments...);
  }

  absl::Mutex mutex;
  prometheus::Registry registry;
  ByName<prometheus::Counter> counters ABSL_GUARDED_BY(mutex);
  ByName<prometheus::Gauge> gauges ABSL_GUARDED_BY(mutex);
  ByName<prometheus::Histogram> histograms ABSL_GUARDED_BY(mutex);
  // By family: those that are set as a whole, and how much of a page there is.
  std::map<std::string, Group> groups ABSL_GUARDED_BY(mutex);
  std::map<std::string, std::size_t> lines ABSL_GUARDED_BY(mutex);
  std::size_t all ABSL_GUARDED_BY(mutex) = 0;

  absl::Mutex scraping;
  std::vector<std::function<void()>> updates ABSL_GUARDED_BY(scraping);
};

Registry::Registry() : families_(std::make_unique<Families>()) {}
Registry::~Registry() = default;

prometheus::Counter& Registry::Counter(absl::string_view name, absl::string_view help, const Labels& labels) {
  absl::MutexLock lock(&families_->mutex);
  return families_->Series(families_->counters, prometheus::BuildCounter(), name, help, labels, 1);
}

prometheus::Gauge& Registry::Gauge(absl::string_view name, absl::string_view help, const Labels& labels) {
  absl::MutexLock lock(&families_->mutex);
  return families_->Series(families_->gauges, prometheus::BuildGauge(), name, help, labels, 1);
}

prometheus::Histogram& Registry::Seconds(absl::string_view name, absl::string_view help, const Labels& labels) {
  absl::MutexLock lock(&families_->mutex);
  return families_->Series(families_->histograms, prometheus::BuildHistogram(), name, help, labels, LinesOfHistogram(),
                           Buckets());
}

void Registry::Count(absl::string_view name, absl::string_view help, const Labels& labels, double by) {
  Counter(name, help, labels).Increment(by);
}

void Registry::Observe(absl::string_view name, absl::string_view help, const Labels& labels, double seconds) {
  Seconds(name, help, labels).Observe(seconds);
}

void Registry::SetGauges(absl::string_view name, absl::string_view help,
                         const std::vector<std::pair<Labels, double>>& values) {
  std::map<prometheus::Labels, double> wanted;
  for (const auto& [labels, value] : values) wanted[ToLabels(labels)] = value;
  absl::MutexLock lock(&families_->mutex);
  Families::Group& group = families_->groups[std::string(name)];
  if (wanted.empty() && group.empty()) return;
  auto& family = families_->Find(families_->gauges, prometheus::BuildGauge(), name, help);
  // First, so that what comes has the room of what goes.
  for (auto had = group.begin(); had != group.end();) {
    if (wanted.count(had->first) > 0) {
      ++had;
      continue;
    }
    family.Remove(had->second);
    // The series that stands for others took no room.
    if (had->first != Other(had->first)) {
      --families_->lines[family.GetName()];
      --families_->all;
    }
    had = group.erase(had);
  }
  std::map<prometheus::Labels, double> sums;
  for (const auto& [labels, value] : wanted) sums[families_->Admit(family, labels, 1)] += value;
  for (const auto& [labels, value] : sums) {
    prometheus::Gauge*& gauge = group[labels];
    if (gauge == nullptr) gauge = &family.Add(labels);
    gauge->Set(value);
  }
}

void Registry::BeforeScrape(std::function<void()> update) {
  absl::MutexLock lock(&families_->scraping);
  families_->updates.push_back(std::move(update));
}

std::vector<prometheus::MetricFamily> Registry::Collect() const {
  absl::MutexLock lock(&families_->scraping);
  for (const auto& update : families_->updates) update();
  return families_->registry.Collect();
}

std::string Render(const Registry& registry) { return prometheus::TextSerializer().Serialize(registry.Collect()); }

}  // namespace edudelta::metrics
