#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
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

// The types among `types` whose messages can hold L3 or L4 fields, themselves or in what they hold.
class SensitiveTypes {
 public:
  explicit SensitiveTypes(const std::vector<const google::protobuf::Descriptor*>& types);
  bool Contain(const google::protobuf::Descriptor* type) const { return types_.contains(type); }

 private:
  absl::flat_hash_set<const google::protobuf::Descriptor*> types_;
};

// What an entry of the log says about what was read in clear.
struct Sensitive {
  // Names of L3 and L4 fields that hold a value which is not masked.
  std::vector<std::string> fields;
  // Values of `person_token` beside them, each once.
  std::vector<std::string> person_tokens;
};
// In the message and all that it holds.
Sensitive SensitiveIn(const google::protobuf::Message& message);

}  // namespace edudelta::gateway::forward
