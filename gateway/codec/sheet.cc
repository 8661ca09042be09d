#include "gateway/codec/sheet.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// The label of the resource whose pattern is the head of `pattern` up to `variable`; empty when it is not known.
std::string AncestorLabel(const describe::Pattern& pattern, size_t variable,
                          const std::vector<const Descriptor*>& others) {
  const size_t end = pattern.text.find(absl::StrCat("{", pattern.variables[variable], "}"));
  const absl::string_view head =
      absl::string_view(pattern.text).substr(0, end + pattern.variables[variable].size() + 2);
  for (const Descriptor* other : others) {
    const auto* resource = describe::ResourceOf(other);
    if (resource != nullptr && resource->pattern() == head) return resource->label();
  }
  return "";
}

// A number or a word that never changes.
bool IsFixed(const FieldDescriptor* field) {
  const auto& annotation = describe::AnnotationOf(field);
  const bool word = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && annotation.reference().empty();
  return !field->is_repeated() && (word || field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) &&
         describe::Has(annotation, options::v1::Field::REQUIRED) &&
         describe::Has(annotation, options::v1::Field::IMMUTABLE);
}

std::string ChoicesOf(const FieldDescriptor* field) {
  std::string list;
  const auto* type = field->enum_type();
  for (int i = 0; type != nullptr && i < type->value_count(); ++i) {
    // The first one means that there is none.
    if (type->value(i)->number() > 0) {
      absl::StrAppend(&list, list.empty() ? "" : "、", describe::LabelOf(type->value(i)));
    }
  }
  return list;
}

}  // namespace

Sheet::Sheet(const Descriptor* resource, const std::vector<const Descriptor*>& others, const codes::CodeSets& codes)
    : resource_(resource),
      name_field_(resource->FindFieldByName("name")),
      pattern_(*describe::ParsePattern(describe::ResourceOf(resource)->pattern())) {
  const size_t key = pattern_.variables.size() - 1;
  columns_.push_back({.kind = Column::Kind::kKey,
                      .variable = key,
                      .field = name_field_,
                      .header = "编号",
                      .name = "name",
                      .open = true});
  for (size_t i = 0; i < key; ++i) {
    std::string label = AncestorLabel(pattern_, i, others);
    columns_.push_back({.kind = Column::Kind::kAncestor,
                        .variable = i,
                        .header = label.empty() ? pattern_.variables[i] : std::move(label),
                        .name = pattern_.variables[i],
                        .open = true});
  }
  for (int i = 0; i < resource->field_count(); ++i) {
    const FieldDescriptor* field = resource->field(i);
    if (field == name_field_) continue;
    const auto& annotation = describe::AnnotationOf(field);
    Column column{.kind = Column::Kind::kField,
                  .field = field,
                  .output_only = describe::Has(annotation, options::v1::Field::OUTPUT_ONLY) || annotation.derived(),
                  .times_row = field->name() == "create_time" || field->name() == "update_time",
                  .fixed = IsFixed(field),
                  .header = annotation.label().empty() ? field->name() : annotation.label(),
                  .name = field->name(),
                  .open = annotation.level() == options::v1::Field::L1 || annotation.level() == options::v1::Field::L2};
    // A bare id is completed where it can be the id of one type only.
    const Descriptor* target =
        annotation.reference_size() == 1 ? describe::FindDataset(annotation.reference(0)) : nullptr;
    if (target != nullptr) {
      if (auto pattern = describe::ParsePattern(describe::ResourceOf(target)->pattern()); pattern.ok()) {
        column.reference = *std::move(pattern);
      }
    }
    if (const codes::CodeSet* set = codes.Find(annotation.code_set())) column.codes = set->codes;
    column.choices = ChoicesOf(field);
    columns_.push_back(std::move(column));
  }
  // Fields first: where a field and an ancestor share a word, the field is meant.
  for (size_t i = key + 1; i < columns_.size(); ++i) {
    AddHeader(columns_[i].field->name(), i);
    AddHeader(columns_[i].field->json_name(), i);
    AddHeader(columns_[i].header, i);
  }
  for (size_t i = 0; i <= key; ++i) {
    AddHeader(columns_[i].name, i);
    AddHeader(columns_[i].header, i);
  }
  AddHeader(pattern_.variables[key], 0);
}

void Sheet::AddHeader(const std::string& header, size_t column) { by_header_.emplace(header, column); }

const Sheet::Column* Sheet::Find(absl::string_view header) const {
  const auto found = by_header_.find(header);
  return found == by_header_.end() ? nullptr : &columns_[found->second];
}

std::optional<std::vector<std::string>> KnownIds(const describe::Pattern& pattern, absl::string_view parent) {
  const describe::Pattern above = describe::ParentPattern(pattern);
  std::vector<std::string> ids(pattern.variables.size());
  if (above.segments.empty()) {
    if (!parent.empty()) return std::nullopt;
    return ids;
  }
  const auto given = describe::ParseName(above, parent, describe::Wildcard::kAllowed);
  if (!given.has_value()) return std::nullopt;
  for (size_t i = 0; i < given->size(); ++i) {
    if ((*given)[i] != "-") ids[i] = std::string((*given)[i]);
  }
  return ids;
}

}  // namespace edudelta::gateway::codec
