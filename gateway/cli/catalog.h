#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/json.h"
#include "gateway/cli/session.h"

namespace edudelta::gateway::cli {

// The server's data catalogue (GET /catalog): what the command line knows of resources.
class Catalog {
 public:
  static absl::StatusOr<Catalog> Fetch(Session& session);
  explicit Catalog(Json catalog) : catalog_(std::move(catalog)) {}

  // The dataset kept in "districts/310114/schools". Null when unknown. Owned by the catalogue.
  const Json* OfCollection(absl::string_view collection) const;
  // The dataset of "districts/310114/schools/3131000123".
  const Json* OfName(absl::string_view name) const;
  // Label of the dataset whose id is the pattern's variable `variable`: "school" to "学校"; empty when unknown.
  std::string LabelOfVariable(absl::string_view variable) const;

 private:
  Json catalog_;
};

// "planning.PlanSection" to "plan_section_id", the query parameter of Create.
std::string IdParameter(const Json& dataset);
// "未达标" for "VERDICT_FAILED", as the catalogue's field says; the value itself otherwise.
std::string ValueLabel(const Json& field, absl::string_view value);
// One value for people: labels for enums, local time for instants, the id for references, lists joined, objects in
// JSON.
std::string ShowValue(const Json& field, const Json& value);

}  // namespace edudelta::gateway::cli
