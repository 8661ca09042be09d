#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/resource/rules.h"
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
  // Fields of the request and where they go, and those that the resource has not, which are for the step's rule.
  std::vector<std::pair<const google::protobuf::FieldDescriptor*, const Column*>> copies;
  std::vector<const google::protobuf::FieldDescriptor*> unknown;
};

// The transitions of all methods that return this resource, from the service of the resource's package.
// FAILED_PRECONDITION, reason RESOURCE_DECLARATION, on an unknown field, state or transition, or without a service.
absl::StatusOr<std::vector<Transition>> TransitionsOf(const Table& table);

// FAILED_PRECONDITION, reason RESOURCE_DECLARATION, on a rule for what is no step of this resource, or a field of a
// step's request that neither the resource nor a rule knows.
absl::Status CheckRules(const Table& table, const std::vector<Transition>& transitions, const Rules& rules);

// Copies the fields of a step's request that are set.
void CopyRequest(const google::protobuf::Message& request, const Transition& transition,
                 google::protobuf::Message* next);

// Gives a new row its first states: value 1 of every state field.
void StartStates(google::protobuf::Message* message, const std::vector<Transition>& transitions);

}  // namespace edudelta::resource
