#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
struct MetricFamily;
}  // namespace prometheus

namespace edudelta::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// One per process, made by main.cc. The returned references live as long as the registry and are thread-safe, and so is
// the registry. What may be in labels, and how many series there may be: README.md. What comes beyond shares the series
// whose labels all say "other", and is counted in edudelta_metrics_dropped_total by family.
class Registry {
 public:
  // Lines of a page: a histogram has one for each of its buckets, and two.
  static constexpr std::size_t kMostOfFamily = 4000;
  // Of one with the label `district` or `organization`.
  static constexpr std::size_t kMostOfPlaces = 500;
  static constexpr std::size_t kMost = 5000;

  Registry();
  ~Registry();
  prometheus::Counter& Counter(absl::string_view name, absl::string_view help, const Labels& labels = {});
  prometheus::Gauge& Gauge(absl::string_view name, absl::string_view help, const Labels& labels = {});
  // Seconds, in buckets that a read of a millisecond and an import of ten seconds both find their own in.
  prometheus::Histogram& Seconds(absl::string_view name, absl::string_view help, const Labels& labels = {});

  // For what happens seldom: looks the series up each time.
  void Count(absl::string_view name, absl::string_view help, const Labels& labels, double by = 1);
  void Observe(absl::string_view name, absl::string_view help, const Labels& labels, double seconds);

  // From now on the family, which is set in no other way, has these series and no others.
  void SetGauges(absl::string_view name, absl::string_view help, const std::vector<std::pair<Labels, double>>& values);

  // `update` sets what is read only when somebody asks; it is run before each scrape, one at a time, and lives as long
  // as the registry.
  void BeforeScrape(std::function<void()> update);
  std::vector<prometheus::MetricFamily> Collect() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

// What a scraper is answered, in the text format.
std::string Render(const Registry& registry);
inline constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";

// Serves GET /metrics on `address` ("127.0.0.1:9464"; port 0 picks one) until destroyed. Whoever is slow to ask or to
// read is cut off after seconds and keeps others waiting only in great number. `registry` outlives it.
class Exporter {
 public:
  static absl::StatusOr<std::unique_ptr<Exporter>> Start(const std::string& address, const Registry& registry);
  virtual ~Exporter() = default;
  virtual int port() const = 0;
};

}  // namespace edudelta::metrics
