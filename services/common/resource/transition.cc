#include "common/resource/transition.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
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
    if (field->name() == "note" && describe::Has(describe::AnnotationOf(field), options::v1::Field::REQUIRED)) {
      transition->required.emplace_back(field, "备注");
    }
    if (IsCommon(field->name())) continue;
    if (field->is_repeated()) return Declaration(method, absl::StrCat(field->name(), " is repeated"));
    const Column* column = table.Find(field->name());
    const std::string& own = describe::AnnotationOf(field).label();
    if (column != nullptr && !own.empty()) {
      return Declaration(method, absl::StrCat(field->name(), " has the label of the resource's field"));
    }
    if (column == nullptr && own.empty()) return Declaration(method, absl::StrCat(field->name(), " has no label"));
    if (describe::Has(describe::AnnotationOf(field), options::v1::Field::REQUIRED)) {
      transition->required.emplace_back(field, column == nullptr ? own : column->options->label());
    }
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

// Where the role must be held.
absl::Status ResolvePlace(const google::protobuf::MethodDescriptor* method, const Table& table,
                          Transition* transition) {
  const std::string& at = transition->options->at();
  if (at.empty()) return absl::OkStatus();
  if (transition->options->upper_level()) return Declaration(method, "both at and upper_level");
  transition->at = table.Find(at);
  if (transition->at != nullptr && !transition->at->options->reference().empty()) return absl::OkStatus();
  return Declaration(method, "at is no field that names a resource");
}

absl::Status ResolveDue(const google::protobuf::MethodDescriptor* method, const Table& table, Transition* transition) {
  const std::string& due = transition->options->due();
  if (due.empty()) return absl::OkStatus();
  transition->due = table.Find(due);
  if (transition->due == nullptr ||
      (transition->due->storage != Storage::kDate && transition->due->storage != Storage::kTimestamp)) {
    return Declaration(method, "due is no date or time of the resource");
  }
  const auto given = [&](const auto& one) { return one.first->name() == due; };
  if (transition->options->rule() || std::any_of(transition->required.begin(), transition->required.end(), given)) {
    return absl::OkStatus();
  }
  return Declaration(method, "due is set neither by a required field nor by a rule");
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
  if (transition.options->label().empty()) return Declaration(method, "no label");
  for (const std::string& other : transition.options->not_same_actor_as()) {
    if (other != kCreate && !IsTransitionOf(method->service()->FindMethodByName(other), table)) {
      return Declaration(method, "unknown step in not_same_actor_as");
    }
  }
  RETURN_IF_ERROR(ResolvePlace(method, table, &transition));
  RETURN_IF_ERROR(ResolveFields(method, table, &transition));
  RETURN_IF_ERROR(ResolveDue(method, table, &transition));
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
    const bool has_rule = rules.steps.count(transition.method->input_type()) > 0;
    if (has_rule != transition.options->rule()) {
      return Declaration(transition.method, has_rule ? "a rule that is not declared" : "the declared rule is missing");
    }
    if (has_rule || transition.unknown.empty()) continue;
    return Declaration(transition.method,
                       absl::StrCat("neither the resource nor a rule knows ", transition.unknown[0]->name()));
  }
  return absl::OkStatus();
}

absl::Status CheckRequired(const google::protobuf::Message& request, const Transition& transition) {
  for (const auto& [field, label] : transition.required) {
    if (IsBlankText(request, field) || !IsSet(request, field)) {
      return Invalid(field->name(), "FIELD_REQUIRED", absl::StrCat("缺少", label));
    }
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
  for (const Transition& transition : transitions) {
    const auto* states = transition.field->enum_type();
    if (states->value_count() < 2) continue;
    message->GetReflection()->SetEnumValue(message, transition.field, states->value(1)->number());
  }
}

}  // namespace edudelta::resource
