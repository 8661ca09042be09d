#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

// What leaves the house, by descriptor alone. Pure functions.
namespace edudelta::gateway::forward {

// Leaves of `message` what a grant lets through: of records of `dataset` the `fields` and `name`, of what wraps them
// the way to them and `next_page_token`; records of other datasets, unknown fields and everything else go.
void Prune(absl::string_view dataset, const std::vector<std::string>& fields, google::protobuf::Message* message);

// The records of `dataset` in `message`, itself perhaps.
std::vector<const google::protobuf::Message*> RecordsOf(absl::string_view dataset,
                                                        const google::protobuf::Message& message);

// Whether a resource type has L3 or L4 fields.
bool HasSensitiveFields(const google::protobuf::Descriptor* resource);

// What an entry of the log says about records that were read in clear.
struct Sensitive {
  // Names of L3 and L4 fields that hold a value in any of them.
  std::vector<std::string> fields;
  // Values of `person_token`, each once.
  std::vector<std::string> person_tokens;
};
Sensitive SensitiveOf(const std::vector<const google::protobuf::Message*>& records);

// Deterministic bytes, so that both sides can make the same digest of the same content.
std::string CanonicalBytes(const google::protobuf::Message& message);

}  // namespace edudelta::gateway::forward
