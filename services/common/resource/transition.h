#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/resource/table.h"

namespace edudelta::resource {

// A declared workflow step of a resource, resolved against its state field.
struct Transition {
  const google::protobuf::MethodDescriptor* method = nullptr;
  const options::v1::Transition* options = nullptr;
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::vector<int> from;  // Empty: any.
  int to = 0;
  // From the option of that name, which may list several transitions of the resource, separated by blanks: whoever took
  // any of them last may not take this one.
  std::vector<std::string> not_same_actor_as;
};

// The transitions of all methods that return this resource, from the service of the resource's package.
// FAILED_PRECONDITION, reason RESOURCE_DECLARATION, on an unknown field, state or transition, or without a service.
absl::StatusOr<std::vector<Transition>> TransitionsOf(const Table& table);

// Gives a new row its first states: value 1 of every state field.
void StartStates(google::protobuf::Message* message, const std::vector<Transition>& transitions);

}  // namespace edudelta::resource
