// What --describe prints. Committed as api/plan.golden of each service and compared in CI, so that a change of a
// declaration shows what it does to columns, statements and states.
#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/describe/declared.h"
#include "common/resource/schema.h"
#include "common/service/runtime.h"
#include "common/service/sql_shape.h"

namespace edudelta::service {
namespace {

std::string Route(const describe::MethodShape& shape, const google::protobuf::MethodDescriptor* method) {
  using describe::MethodKind;
  if (shape.internal) return "internal";
  const std::string item = absl::StrCat("/v1/", shape.pattern.text);
  const std::string collection = item.substr(0, item.rfind('/'));
  const std::string verb = shape.verb.empty() ? "" : absl::StrCat(":", shape.verb);
  switch (shape.kind) {
    case MethodKind::kGet:
      return absl::StrCat("GET ", item);
    case MethodKind::kList:
      return absl::StrCat("GET ", collection);
    case MethodKind::kCreate:
      return absl::StrCat("POST ", collection);
    case MethodKind::kUpdate:
      return absl::StrCat("PATCH ", item);
    case MethodKind::kDelete:
      return absl::StrCat("DELETE ", item);
    case MethodKind::kExport:
      return absl::StrCat("GET ", collection, verb);
    case MethodKind::kSearch:
    case MethodKind::kBatchCreate:
    case MethodKind::kImport:
      return absl::StrCat("POST ", collection, verb);
    case MethodKind::kListRevisions:
    case MethodKind::kListTransitions:
      return absl::StrCat("GET ", item, verb);
    case MethodKind::kTransition:
      return absl::StrCat("POST ", item, verb);
    case MethodKind::kCustom:
      break;
  }
  const bool reads = method->options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
  return absl::StrCat(reads ? "GET " : "POST ", item, verb);
}

std::string Notes(const resource::Column& column) {
  std::vector<std::string> notes = {options::v1::Field::Level_Name(column.options->level())};
  for (int behavior : column.options->behavior()) {
    notes.push_back(
        absl::AsciiStrToLower(options::v1::Field::Behavior_Name(static_cast<options::v1::Field::Behavior>(behavior))));
  }
  if (column.options->filterable()) notes.push_back(column.searchable ? "searchable" : "filterable");
  if (column.options->format() != options::v1::Field::FORMAT_UNSPECIFIED) {
    notes.push_back(absl::AsciiStrToLower(options::v1::Field::Format_Name(column.options->format())));
  }
  if (column.options->has_min()) notes.push_back(absl::StrCat(">= ", column.options->min()));
  if (column.options->has_max()) notes.push_back(absl::StrCat("<= ", column.options->max()));
  if (column.options->mask() != options::v1::Field::MASK_UNSPECIFIED) {
    notes.push_back(
        absl::StrCat("masked as ", absl::AsciiStrToLower(options::v1::Field::Mask_Name(column.options->mask()))));
  }
  if (!column.options->code_set().empty()) notes.push_back(column.options->code_set());
  if (column.options->reference_size() > 0) {
    notes.push_back(absl::StrCat("-> ", absl::StrJoin(column.options->reference(), " | ")));
  }
  return absl::StrCat(absl::StrJoin(notes, ", "), "  # ", column.options->label());
}

// What no two rows of a district may have alike.
std::string UniqueOf(const resource::Table& table) {
  std::string text;
  for (const options::v1::Unique& key : table.options().unique()) {
    std::vector<std::string> except(key.except_state().begin(), key.except_state().end());
    if (!key.except_flag().empty()) except.push_back(key.except_flag());
    absl::StrAppend(&text, "  unique: ", absl::StrJoin(key.field(), ", "), except.empty() ? "" : " except ",
                    absl::StrJoin(except, ", "), key.common().empty() ? "" : "; common ", key.common(), "\n");
  }
  return text;
}

// The columns of its name and those that it declares, each as its table has it and with what is asked of values; and
// its indexes.
std::string Columns(const resource::Table& table) {
  const resource::SqlTable sql = resource::TablesOf(table).front();
  std::string text = absl::StrCat("  table ", table.name(), "\n");
  for (const resource::SqlColumn& column : sql.columns) {
    if (column.field == nullptr && !absl::c_linear_search(table.keys(), column.name)) continue;
    const bool declared = column.field != nullptr && column.name == column.field->name;
    absl::StrAppend(&text, "    ", resource::DefinitionOf(column), declared ? ": " : "",
                    declared ? Notes(*column.field) : "", "\n");
  }
  for (const resource::SqlIndex& index : sql.indexes) {
    if (index.field != nullptr) absl::StrAppend(&text, "    ", resource::DefinitionOf(index), "\n");
  }
  return text;
}

// Which functions of the service decide more than the annotations say; they are registered in its api folder.
std::string RuleNames(const resource::Rules& rules) {
  std::vector<std::string> names;
  if (rules.start) names.push_back("start");
  if (rules.check) names.push_back("check");
  if (rules.check_given) names.push_back("check_given");
  if (rules.may_change) names.push_back("may_change");
  if (rules.check_elsewhere) names.push_back("check_elsewhere");
  if (rules.may_delete) names.push_back("may_delete");
  std::vector<std::string> steps;
  for (const auto& [request, rule] : rules.steps) {
    // AssignHazardRequest is the request of AssignHazard.
    const std::string step = request->name().substr(0, request->name().size() - 7);
    steps.push_back(absl::StrCat("step ", step, rule.facts ? " (with facts)" : ""));
  }
  std::sort(steps.begin(), steps.end());
  names.insert(names.end(), steps.begin(), steps.end());
  if (rules.in_transaction) names.push_back("in_transaction");
  if (rules.derive) names.push_back("derive");
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

}  // namespace

std::string Runtime::Describe() const {
  std::string text = absl::StrCat("service ", definition_.name, " (", descriptor_->full_name(), ")\n");
  const auto& asks = describe::DeclarationOf(definition_.name).asks();
  if (!asks.empty()) absl::StrAppend(&text, "asks ", absl::StrJoin(asks, ", "), "\n");
  text += "\nmethods\n";
  for (int i = 0; i < descriptor_->method_count(); ++i) {
    const auto* method = descriptor_->method(i);
    const auto shape = describe::Classify(method);
    if (!shape.ok()) {
      absl::StrAppend(&text, "  ", method->name(), ": ", shape.status().message(), "\n");
      continue;
    }
    absl::StrAppend(&text, "  ", method->name(), ": ", Route(*shape, method), "\n");
  }
  for (const auto& copy : copies_) {
    absl::StrAppend(&text, "\nfollows ", copy->dataset(), "\n  ddl\n");
    for (absl::string_view line : absl::StrSplit(copy->Ddl(), '\n', absl::SkipEmpty())) {
      absl::StrAppend(&text, "    ", line, "\n");
    }
  }
  std::map<std::string, std::vector<std::string>> shapes;
  for (const auto& kept : tables_) {
    const resource::Table& table = *kept;
    absl::StrAppend(
        &text, "\nresource ", table.dataset(), "  # ", table.options().label(), "\n  pattern: ", table.pattern().text,
        "\n  share: ", options::v1::Resource::Share_Name(table.options().share()),
        table.options().events() ? "\n  events" : "", table.options().append_only() ? "\n  append only" : "",
        table.options().read_only() ? "\n  read only" : "",
        table.closed().empty() ? "" : absl::StrCat("\n  closed: ", absl::StrJoin(table.options().closed(), ", ")),
        table.locked().empty() ? "" : absl::StrCat("\n  locked: ", absl::StrJoin(table.options().locked(), ", ")), "\n",
        UniqueOf(table), Columns(table));
    const resource::Engine& engine = *engines_.find(table.dataset())->second;
    for (const resource::Transition& transition : engine.transitions()) {
      const auto* states = transition.field->enum_type();
      std::vector<std::string> from;
      for (int state : transition.from) from.push_back(states->FindValueByNumber(state)->name());
      absl::StrAppend(&text, "  transition ", transition.method->name(), ": ", transition.field->name(), " ",
                      from.empty() ? "any" : absl::StrJoin(from, "|"), " -> ",
                      states->FindValueByNumber(transition.to)->name(),
                      transition.due == nullptr ? "" : absl::StrCat(", due ", transition.due->name), "  # ",
                      transition.options->label(), "\n");
    }
    absl::StrAppend(&text, "  rules: ", RuleNames(engine.rules()), "\n");
    for (const std::string& shape : SqlShapes(engine)) shapes[shape].push_back(table.type()->name());
  }
  for (const auto& [sql, resources] : shapes) {
    absl::StrAppend(&text, "\nsql of ", absl::StrJoin(resources, ", "), "\n");
    for (absl::string_view line : absl::StrSplit(sql, '\n', absl::SkipEmpty())) {
      absl::StrAppend(&text, "  ", line, "\n");
    }
  }
  return text;
}

}  // namespace edudelta::service
