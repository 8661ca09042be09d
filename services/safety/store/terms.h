#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/db/session.h"
#include "common/resource/store.h"
#include "edudelta/safety/v1/hazard_term.pb.h"

namespace edudelta::safety::store {

// The rectification terms of a district and of the jurisdictions above it.
absl::StatusOr<std::vector<v1::HazardTerm>> ReadTerms(db::Session& session, const resource::Store& terms,
                                                      const std::string& district);

}  // namespace edudelta::safety::store
