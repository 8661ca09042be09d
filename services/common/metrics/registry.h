#pragma once

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
class Registry;
}  // namespace prometheus

namespace edudelta::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// One per process, made by main.cc. Families are added at start; the returned references live as long as the registry
// and are thread-safe. No ids or personal values in labels.
class Registry {
 public:
  Registry();
  ~Registry();
  prometheus::Counter& Counter(absl::string_view name, absl::string_view help, const Labels& labels = {});
  prometheus::Gauge& Gauge(absl::string_view name, absl::string_view help, const Labels& labels = {});
  // Seconds, with the buckets of gRPC's common metrics and some below: a statement takes less than a millisecond.
  prometheus::Histogram& Seconds(absl::string_view name, absl::string_view help, const Labels& labels = {});
  std::shared_ptr<prometheus::Registry> raw() const { return registry_; }

 private:
  struct Families;
  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Families> families_;
};

// What a scraper is answered, in the text format.
std::string Render(const Registry& registry);
inline constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";

// Serves GET /metrics on `address` ("127.0.0.1:9464"; port 0 picks one) until destroyed.
class Exporter {
 public:
  static absl::StatusOr<std::unique_ptr<Exporter>> Start(const std::string& address, Registry& registry);
  virtual ~Exporter() = default;
  virtual int port() const = 0;
};

}  // namespace edudelta::metrics
