#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/resource/rules.h"
#include "common/resource/table.h"

namespace edudelta::resource {

// In not_same_actor_as and in the log: that the row was made.
inline constexpr char kCreate[] = "Create";

// A declared workflow step of a resource, resolved against it.
struct Transition {
  const google::protobuf::MethodDescriptor* method = nullptr;
  const options::v1::Transition* options = nullptr;
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::vector<int> from;  // Empty: any.
  int to = 0;
  // Of the resource; null without one.
  const Column* at = nullptr;
  const Column* due = nullptr;
  // Fields of the request and where they go, and those that the resource has not, which are for the step's rule.
  std::vector<std::pair<const google::protobuf::FieldDescriptor*, const Column*>> copies;
  std::vector<const google::protobuf::FieldDescriptor*> unknown;
  // Those that must be given, with their labels.
  std::vector<std::pair<const google::protobuf::FieldDescriptor*, std::string>> required;
};

// The transitions of all methods that return this resource, from the service of the resource's package.
// FAILED_PRECONDITION, reason RESOURCE_DECLARATION, with what is wrong: a step without a label or role, a field, state
// or other step that is not there, a field of the request that fits no field of the resource, a due date that nothing
// sets.
absl::StatusOr<std::vector<Transition>> TransitionsOf(const Table& table);

// FAILED_PRECONDITION, reason RESOURCE_DECLARATION, on a rule for what is no step of this resource or does not declare
// one, a declared rule that is not there, or a field of a step's request that neither the resource nor a rule knows.
absl::Status CheckRules(const Table& table, const std::vector<Transition>& transitions, const Rules& rules);

// INVALID_ARGUMENT, reason FIELD_REQUIRED, on the first field of a step's request that must be given and is not; blanks
// are nothing.
absl::Status CheckRequired(const google::protobuf::Message& request, const Transition& transition);

// Copies the fields of a step's request that are set.
void CopyRequest(const google::protobuf::Message& request, const Transition& transition,
                 google::protobuf::Message* next);

// Gives a new row its first states: the first value that each state field's enum declares after UNSPECIFIED.
void StartStates(google::protobuf::Message* message, const std::vector<Transition>& transitions);

}  // namespace edudelta::resource
