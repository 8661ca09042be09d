#include "common/resource/transition.h"

#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::resource {
namespace {

absl::Status Declaration(const google::protobuf::MethodDescriptor* method, absl::string_view why) {
  return Refused("RESOURCE_DECLARATION", "流程声明有误", {{"method", method->full_name()}, {"why", std::string(why)}});
}

// Only a transition leaves its actor in the log.
bool IsTransitionOf(const google::protobuf::MethodDescriptor* method, const Table& table) {
  return method != nullptr && method->output_type() == table.type() &&
         method->options().HasExtension(options::v1::transition);
}

absl::StatusOr<Transition> Resolve(const google::protobuf::MethodDescriptor* method, const Table& table) {
  Transition transition;
  transition.method = method;
  transition.options = &method->options().GetExtension(options::v1::transition);
  const Column* column = table.Find(transition.options->field());
  if (column == nullptr || column->field->enum_type() == nullptr) return Declaration(method, "no such state field");
  transition.field = column->field;
  for (const std::string& from : transition.options->from()) {
    const auto* value = column->field->enum_type()->FindValueByName(from);
    if (value == nullptr) return Declaration(method, "unknown state in from");
    transition.from.push_back(value->number());
  }
  const auto* to = column->field->enum_type()->FindValueByName(transition.options->to());
  if (to == nullptr) return Declaration(method, "unknown state in to");
  transition.to = to->number();
  if (transition.options->role().empty()) return Declaration(method, "no role");
  transition.not_same_actor_as = absl::StrSplit(transition.options->not_same_actor_as(), ' ', absl::SkipEmpty());
  for (const std::string& other : transition.not_same_actor_as) {
    if (!IsTransitionOf(method->service()->FindMethodByName(other), table)) {
      return Declaration(method, "unknown transition in not_same_actor_as");
    }
  }
  return transition;
}

}  // namespace

absl::StatusOr<std::vector<Transition>> TransitionsOf(const Table& table) {
  std::vector<Transition> transitions;
  const auto* service = describe::OwnerOf(table.type());
  if (service == nullptr) {
    return Refused("RESOURCE_DECLARATION", "流程声明有误",
                   {{"resource", table.type()->full_name()}, {"why", "its package has no service"}});
  }
  for (int i = 0; i < service->method_count(); ++i) {
    if (!IsTransitionOf(service->method(i), table)) continue;
    ASSIGN_OR_RETURN(Transition transition, Resolve(service->method(i), table));
    transitions.push_back(transition);
  }
  return transitions;
}

void StartStates(google::protobuf::Message* message, const std::vector<Transition>& transitions) {
  for (const Transition& transition : transitions) message->GetReflection()->SetEnumValue(message, transition.field, 1);
}

}  // namespace edudelta::resource
