#include "common/resource/transition.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/check.h"

namespace edudelta::resource {
namespace {

using google::protobuf::FieldDescriptor;

absl::Status Declaration(const google::protobuf::MethodDescriptor* method, absl::string_view why) {
  return Refused("RESOURCE_DECLARATION", "流程声明有误", {{"method", method->full_name()}, {"why", std::string(why)}});
}

// Only a transition leaves its actor in the log.
bool IsTransitionOf(const google::protobuf::MethodDescriptor* method, const Table& table) {
  return method != nullptr && method->output_type() == table.type() &&
         method->options().HasExtension(options::v1::transition);
}

// What every step's request carries.
bool IsCommon(absl::string_view field) {
  return field == "name" || field == "etag" || field == "request_id" || field == "note";
}

absl::Status ResolveFields(const google::protobuf::MethodDescriptor* method, const Table& table,
                           Transition* transition) {
  const auto* request = method->input_type();
  for (int i = 0; i < request->field_count(); ++i) {
    const FieldDescriptor* field = request->field(i);
    if (IsCommon(field->name())) continue;
    if (field->is_repeated()) return Declaration(method, absl::StrCat(field->name(), " is repeated"));
    const Column* column = table.Find(field->name());
    if (column == nullptr) {
      transition->unknown.push_back(field);
    } else if (column->field->type() == field->type() && column->field->message_type() == field->message_type() &&
               column->field->enum_type() == field->enum_type() && !column->field->is_repeated()) {
      transition->copies.emplace_back(field, column);
    } else {
      return Declaration(method, absl::StrCat(field->name(), " has another type than the resource's"));
    }
  }
  return absl::OkStatus();
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
  RETURN_IF_ERROR(ResolveFields(method, table, &transition));
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

absl::Status CheckRules(const Table& table, const std::vector<Transition>& transitions, const Rules& rules) {
  for (const auto& [request, step] : rules.steps) {
    const auto is_ours = [&, request = request](const Transition& one) { return one.method->input_type() == request; };
    if (step.type == table.type() && std::any_of(transitions.begin(), transitions.end(), is_ours)) continue;
    return Refused(
        "RESOURCE_DECLARATION", "流程声明有误",
        {{"resource", table.dataset()}, {"why", absl::StrCat("a rule for ", request->full_name(), ", no step")}});
  }
  for (const Transition& transition : transitions) {
    if (transition.unknown.empty() || rules.steps.count(transition.method->input_type()) > 0) continue;
    return Declaration(transition.method,
                       absl::StrCat("neither the resource nor a rule knows ", transition.unknown[0]->name()));
  }
  return absl::OkStatus();
}

void CopyRequest(const google::protobuf::Message& request, const Transition& transition,
                 google::protobuf::Message* next) {
  const auto* from = request.GetReflection();
  const auto* to = next->GetReflection();
  for (const auto& [given, column] : transition.copies) {
    if (!IsSet(request, given)) continue;
    const FieldDescriptor* kept = column->field;
    switch (given->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        to->SetString(next, kept, from->GetString(request, given));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        to->SetEnumValue(next, kept, from->GetEnumValue(request, given));
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        to->SetBool(next, kept, from->GetBool(request, given));
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        to->SetInt32(next, kept, from->GetInt32(request, given));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        to->SetInt64(next, kept, from->GetInt64(request, given));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        to->SetUInt32(next, kept, from->GetUInt32(request, given));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        to->SetUInt64(next, kept, from->GetUInt64(request, given));
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        to->SetFloat(next, kept, from->GetFloat(request, given));
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        to->SetDouble(next, kept, from->GetDouble(request, given));
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        to->MutableMessage(next, kept)->CopyFrom(from->GetMessage(request, given));
        break;
    }
  }
}

void StartStates(google::protobuf::Message* message, const std::vector<Transition>& transitions) {
  for (const Transition& transition : transitions) message->GetReflection()->SetEnumValue(message, transition.field, 1);
}

}  // namespace edudelta::resource
