#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "edudelta/options/v1/options.pb.h"
#include "google/protobuf/descriptor.h"

// What a service declares of others: whom it asks, and whose datasets it follows. All functions are pure.
namespace edudelta::describe {

// The option `service` of the package of edudelta.<service>.v1; empty when this program does not know it.
const options::v1::Service& DeclarationOf(absl::string_view service);

// A dataset that a service follows.
struct Followed {
  // "planning.School", kept by "planning".
  std::string dataset;
  std::string source;
  const google::protobuf::Descriptor* type = nullptr;
  // Fields to be kept beside the name, the district and the state.
  std::vector<std::string> columns;
  // "ref_planning_school", unless the service's declaration says another.
  std::string table;
};

// Every dataset that a `reference` or `parent` of the service's resources names, or its declaration, and that is not
// its own; in order of name. FAILED_PRECONDITION, reason FOLLOW_DECLARATION: one that this program does not know (no
// such resource, or its messages are not linked), one without events, or its own under `follow`.
absl::StatusOr<std::vector<Followed>> FollowedBy(const google::protobuf::ServiceDescriptor& service);

// Whom each service asks.
using Asks = std::map<std::string, std::vector<std::string>>;
// Of the service, of those that it asks, and so on, as far as this program knows them.
Asks AsksFrom(const std::string& service);
// FAILED_PRECONDITION, reason ASK_DECLARATION: a service asks one that is no key of `asks`, or in a circle, itself
// included.
absl::Status CheckAsks(const Asks& asks);

// The one of the types of `reference` whose pattern the name has; the first when it has none's. Empty for a field that
// refers to nothing.
std::string ReferredBy(const options::v1::Field& field, absl::string_view name);

}  // namespace edudelta::describe
