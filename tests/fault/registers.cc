#include "tests/fault/registers.h"

#include <algorithm>
#include <stdexcept>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/calendar/days.h"
#include "common/crypto/canonical.h"
#include "common/describe/describe.h"
#include "google/type/date.pb.h"
#include "tests/contract/apis.h"

namespace edudelta::fault {
namespace {

using describe::MethodKind;
using options::v1::Field;

// Marks that are dates count back from here.
constexpr absl::CivilDay kLatest(2024, 1, 1);

bool MayChange(const resource::Column& column) {
  const Field& options = *column.options;
  return !column.field->is_repeated() && !column.personal() && options.reference_size() == 0 &&
         !describe::Has(options, Field::OUTPUT_ONLY) && !describe::Has(options, Field::IMMUTABLE);
}

bool IsFreeText(const resource::Column& column) {
  const Field& options = *column.options;
  return column.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !options.has_decimal() &&
         options.format() == Field::FORMAT_UNSPECIFIED && options.code_set().empty() && options.max_length() >= 50;
}

bool IsDay(const FieldDescriptor* field) { return field->message_type() == google::type::Date::descriptor(); }

int Range(const resource::Column& column) {
  const bool bounded = column.field->cpp_type() == FieldDescriptor::CPPTYPE_INT32 && column.options->has_max();
  return bounded ? static_cast<int>(column.options->max() - column.options->min()) + 1 : 0;
}

// Free text, else a day, else the number with the widest range.
const resource::Column* MarkIn(const resource::Table& table) {
  const resource::Column* day = nullptr;
  const resource::Column* number = nullptr;
  for (const resource::Column& column : table.columns()) {
    if (!MayChange(column)) continue;
    if (IsFreeText(column)) return &column;
    if (day == nullptr && IsDay(column.field)) day = &column;
    if (Range(column) > (number == nullptr ? 0 : Range(*number))) number = &column;
  }
  return day != nullptr ? day : number;
}

// The steps that a row takes by itself: one that names another row (a merge) would have the drill know which.
std::vector<resource::Transition> WithoutOthers(const google::protobuf::Descriptor* type,
                                                std::vector<resource::Transition> transitions) {
  const auto names_another = [type](const resource::Transition& one) {
    const auto* request = one.method->input_type();
    for (int i = 0; i < request->field_count(); ++i) {
      const auto* field = type->FindFieldByName(request->field(i)->name());
      if (field != nullptr && describe::AnnotationOf(field).reference_size() > 0) return true;
    }
    return false;
  };
  transitions.erase(std::remove_if(transitions.begin(), transitions.end(), names_another), transitions.end());
  return transitions;
}

std::unique_ptr<Kind> MakeKind(const Descriptor* type, const codes::CodeSets& codes) {
  auto kind = std::make_unique<Kind>();
  kind->type = type;
  kind->service = describe::ServiceOf(type->file());
  auto table = resource::Table::Build(type, codes);
  if (!table.ok()) throw std::runtime_error(type->full_name());
  kind->table = *std::move(table);
  kind->transitions = *resource::TransitionsOf(*kind->table);
  for (int i = 0; i < static_cast<int>(MethodKind::kTransition); ++i) {
    const auto method = static_cast<MethodKind>(i);
    kind->methods[method] = contract::FindMethod(type, method);
  }
  kind->parent = describe::ParentPattern(kind->table->pattern()).text;
  kind->written = kind->Method(MethodKind::kCreate) != nullptr;
  kind->mark = MarkIn(*kind->table);
  if (kind->written && kind->mark == nullptr)
    throw std::runtime_error(absl::StrCat(type->full_name(), " can hold no mark"));
  kind->taken = WithoutOthers(type, kind->transitions);
  kind->steps = WalkOf(type, kind->taken);
  return kind;
}

}  // namespace

MessagePtr NewMessage(const Descriptor* type) {
  return MessagePtr(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string TextOf(const Message& message, const std::string& field) {
  const auto* found = message.GetDescriptor()->FindFieldByName(field);
  return found == nullptr ? "" : message.GetReflection()->GetString(message, found);
}

void SetText(Message* message, const std::string& field, const std::string& text) {
  const auto* found = message->GetDescriptor()->FindFieldByName(field);
  if (found != nullptr) message->GetReflection()->SetString(message, found, text);
}

const MethodDescriptor* Kind::Method(MethodKind kind) const {
  const auto found = methods.find(kind);
  return found == methods.end() ? nullptr : found->second;
}

std::string Kind::MarkOf(const Message& row) const {
  std::string text;
  const auto* reflection = row.GetReflection();
  if (mark == nullptr) {
    text = "unwritten";
  } else if (mark->field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    text = reflection->GetString(row, mark->field);
  } else if (IsDay(mark->field)) {
    text = reflection->GetMessage(row, mark->field).ShortDebugString();
  } else {
    text = absl::StrCat(reflection->GetInt32(row, mark->field));
  }
  text += "|";
  const FieldDescriptor* last = nullptr;
  for (const resource::Transition& transition : transitions) {
    if (transition.field != last)
      absl::StrAppend(&text, transition.field->name(), reflection->GetEnumValue(row, transition.field));
    last = transition.field;
  }
  return text;
}

void Kind::SetMark(int number, Message* row) const {
  const auto* reflection = row->GetReflection();
  if (mark->field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    reflection->SetString(row, mark->field, absl::StrCat("演练", number));
  } else if (IsDay(mark->field)) {
    static_cast<google::type::Date&>(*reflection->MutableMessage(row, mark->field)) =
        calendar::ToProto(kLatest - number);
  } else {
    // Counts back too, because the parts of a number may be no larger than it is.
    reflection->SetInt32(row, mark->field, static_cast<int>(mark->options->max()) - number % Range(*mark));
  }
}

std::string Kind::ContentOf(const Message& row) const {
  const MessagePtr stored = NewMessage(type);
  stored->CopyFrom(row);
  for (const FieldDescriptor* field : table->derived()) stored->GetReflection()->ClearField(stored.get(), field);
  for (const resource::Column& column : table->columns()) {
    if (column.personal()) stored->GetReflection()->ClearField(stored.get(), column.field);
  }
  SetText(stored.get(), "etag", "");
  return absl::BytesToHexString(crypto::CanonicalSm3(*stored));
}

Registers::Registers() {
  for (const Descriptor* type : contract::Resources()) {
    if (describe::ResourceOf(type)->read_only()) continue;
    std::unique_ptr<Kind>& kind = owned_[describe::DatasetOf(type)];
    kind = MakeKind(type, codes_);
    kinds_[kind->service].push_back(kind.get());
  }
  for (auto& [service, kinds] : kinds_) {
    const auto shared = std::find_if(kinds.begin(), kinds.end(), [&, &of = service](const Kind* kind) {
      const Kind* above = At(kind->parent, of);
      return kind->Method(MethodKind::kUpdate) != nullptr && (above == nullptr || above->service != of);
    });
    if (shared != kinds.end()) std::rotate(kinds.begin(), shared, shared + 1);
  }
}

std::vector<std::string> Registers::Services() const {
  std::vector<std::string> services;
  for (const auto& [service, kinds] : kinds_) {
    if (std::any_of(kinds.begin(), kinds.end(), [](const Kind* kind) { return kind->written; }))
      services.push_back(service);
  }
  return services;
}

const Kind* Registers::At(const std::string& pattern, const std::string& service) const {
  const Kind* found = nullptr;
  for (const auto& [dataset, kind] : owned_) {
    if (!kind->written || kind->table->pattern().text != pattern) continue;
    if (found == nullptr || kind->service == service) found = kind.get();
  }
  return found;
}

const Kind* Registers::GroundOf(const std::string& service) const {
  for (const Kind* kind : Of(service)) {
    const Kind* above = At(kind->parent, service);
    if (above != nullptr && above->service != service) return above;
  }
  return nullptr;
}

const Kind& Registers::Find(const std::string& dataset) const { return *owned_.at(dataset); }

}  // namespace edudelta::fault
