#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/metrics/registry.h"

namespace edudelta::metrics {

// What every process tells of itself: edudelta_build_info, and process_* as Prometheus' own clients have them, read
// from /proc by each scrape.
void ExportProcess(Registry& registry, const std::string& version, const std::string& revision);

// edudelta_tls_not_after_seconds: when the first certificate of each file ends. `files` are roles ("listen") and paths;
// those without a path are left out. Read again by each scrape, since files are replaced; one that cannot be read or
// holds no certificate says what it said last.
void ExportCertificates(Registry& registry, std::vector<std::pair<std::string, std::string>> files);

}  // namespace edudelta::metrics
