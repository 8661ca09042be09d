#include "common/resource/table.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::resource {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

absl::Status Declaration(const Descriptor* type, absl::string_view field, absl::string_view why) {
  return Refused("RESOURCE_DECLARATION", "资源声明有误",
                 {{"type", type->full_name()}, {"field", std::string(field)}, {"why", std::string(why)}});
}

absl::StatusOr<Storage> StorageOf(const FieldDescriptor* field, const options::v1::Field& options) {
  if (field->is_repeated()) return Storage::kJson;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_ENUM:
      return Storage::kInt;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Storage::kDouble;
    case FieldDescriptor::CPPTYPE_STRING:
      if (field->type() == FieldDescriptor::TYPE_BYTES) return Storage::kBytes;
      if (options.level() >= options::v1::Field::L3) return Storage::kCipher;
      return options.has_decimal() ? Storage::kDecimal : Storage::kText;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field->message_type()->full_name() == "google.type.Date") return Storage::kDate;
      if (field->message_type()->full_name() == "google.protobuf.Timestamp") return Storage::kTimestamp;
      return Storage::kJson;
    case FieldDescriptor::CPPTYPE_UINT64:
      break;
  }
  return absl::InvalidArgumentError("type cannot be stored");
}

// A method of the type's service moves its rows.
bool HasSteps(const Descriptor* type) {
  const auto* service = describe::OwnerOf(type);
  for (int i = 0; service != nullptr && i < service->method_count(); ++i) {
    const auto* method = service->method(i);
    if (method->output_type() == type && method->options().HasExtension(options::v1::transition)) return true;
  }
  return false;
}

int Length(const options::v1::Field& options) { return options.max_length() > 0 ? options.max_length() : 255; }

}  // namespace

bool Column::ascii() const {
  return storage == Storage::kText && (!options->code_set().empty() || options->reference_size() > 0 ||
                                       options->format() != options::v1::Field::FORMAT_UNSPECIFIED);
}

bool UniqueKey::personal() const {
  return absl::c_any_of(columns, [](const Column* column) { return column->personal(); });
}

bool Column::personal() const { return options->level() >= options::v1::Field::L3; }

std::string SqlType(const Column& column) {
  switch (column.storage) {
    case Storage::kInt:
      switch (column.field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_BOOL:
          return "tinyint";
        case FieldDescriptor::CPPTYPE_INT64:
        case FieldDescriptor::CPPTYPE_UINT32:
          return "bigint";
        default:
          return "int";
      }
    case Storage::kDouble:
      return "double";
    case Storage::kText:
      return absl::StrCat("varchar(", Length(*column.options), ")");
    case Storage::kBytes:
      return "longblob";
    case Storage::kDecimal:
      return absl::StrCat("decimal(", column.options->decimal().precision(), ",", column.options->decimal().scale(),
                          ")");
    case Storage::kDate:
      return "date";
    case Storage::kTimestamp:
      return "datetime(6)";
    case Storage::kJson:
      return "mediumtext";
    case Storage::kCipher:
      // Four bytes a character, and what the cipher adds (format, key id, IV, tag).
      return absl::StrCat("varbinary(", Length(*column.options) * 4 + 96, ")");
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Table>> Table::Build(const Descriptor* type, const codes::CodeSets& codes) {
  auto table = std::make_unique<Table>();
  table->type_ = type;
  table->options_ = describe::ResourceOf(type);
  if (table->options_ == nullptr || table->options_->table().empty() || table->options_->label().empty()) {
    return Declaration(type, "", "no resource option with table and label");
  }
  if (table->options_->share() == options::v1::Resource::SHARE_UNSPECIFIED)
    return Declaration(type, "", "no share class");
  ASSIGN_OR_RETURN(table->pattern_, describe::ParsePattern(table->options_->pattern()));
  if (!table->pattern_.ends_with_variable()) return Declaration(type, "", "pattern must end with a variable");
  table->dataset_ = describe::DatasetOf(type);
  table->has_steps_ = HasSteps(type);
  for (const std::string& variable : table->pattern_.variables) table->keys_.push_back(variable + "_id");
  for (int i = 0; i < type->field_count(); ++i) RETURN_IF_ERROR(table->AddField(type->field(i), codes));
  if (!table->name_field_ || !table->etag_field_ || !table->create_time_field_ || !table->update_time_field_) {
    return Declaration(type, "", "name, create_time, update_time and etag are required");
  }
  for (const std::string& within : table->options_->within()) {
    const Column* column = table->Find(within);
    if (column == nullptr || column->storage != Storage::kText)
      return Declaration(type, within, "within names no stored text field");
  }
  RETURN_IF_ERROR(table->ReadClosed());
  RETURN_IF_ERROR(table->ReadStates(table->options_->locked(), "locked", &table->locked_));
  RETURN_IF_ERROR(table->ReadUnique());
  return table;
}

absl::StatusOr<int> Table::StateOf(absl::string_view option, const std::string& name) const {
  const Column* state = Find(kStateField);
  const auto* states = state == nullptr || state->field->is_repeated() ? nullptr : state->field->enum_type();
  if (states == nullptr) {
    return Declaration(type_, kStateField, absl::StrCat(option, " is about an enum field `state`"));
  }
  const auto* value = states->FindValueByName(name);
  if (value == nullptr) return Declaration(type_, kStateField, absl::StrCat(option, ": no value ", name));
  return value->number();
}

absl::Status Table::ReadStates(const google::protobuf::RepeatedPtrField<std::string>& names, const char* option,
                               std::vector<int>* values) const {
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const int state, StateOf(option, name));
    values->push_back(state);
  }
  return absl::OkStatus();
}

absl::Status Table::ReadClosed() {
  const auto& closed = options_->closed();
  if (closed.empty()) return absl::OkStatus();
  closing_ = closed.size() == 1 ? Find(closed[0]) : nullptr;
  if (closing_ != nullptr && closing_->field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL && !closing_->nullable) {
    closed_ = {1};
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(ReadStates(closed, "closed", &closed_));
  closing_ = Find(kStateField);
  return absl::OkStatus();
}

absl::Status Table::ReadUnique() {
  for (const options::v1::Unique& declared : options_->unique()) {
    UniqueKey key;
    for (const std::string& field : declared.field()) {
      const Column* column = Find(field);
      const bool comparable =
          column != nullptr && (column->storage == Storage::kInt || column->searchable ||
                                column->storage == Storage::kText || column->storage == Storage::kDate);
      if (!comparable) return Declaration(type_, field, "unique names no stored field that can be compared");
      key.columns.push_back(column);
    }
    if (key.columns.empty() || !key.columns.front()->options->filterable()) {
      return Declaration(type_, "", "the first field of unique must be filterable");
    }
    for (const std::string& name : declared.except_state()) {
      ASSIGN_OR_RETURN(const int state, StateOf("unique", name));
      key.except_states.push_back(state);
      key.state = Find(kStateField);
    }
    key.except_flag = Find(declared.except_flag());
    const bool flagged =
        key.except_flag != nullptr && key.except_flag->field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
    if (!declared.except_flag().empty() && !flagged) {
      return Declaration(type_, declared.except_flag(), "except_flag names no stored bool");
    }
    key.common = Find(declared.common());
    const bool kept = key.common != nullptr && key.common->storage == Storage::kText &&
                      describe::Has(*key.common->options, options::v1::Field::OUTPUT_ONLY);
    if (!declared.common().empty() && !kept) {
      return Declaration(type_, declared.common(), "common names no stored OUTPUT_ONLY text");
    }
    unique_.push_back(std::move(key));
  }
  return absl::OkStatus();
}

absl::Status Table::AddField(const FieldDescriptor* field, const codes::CodeSets& codes) {
  if (field->name() == "name") {
    name_field_ = field;
    return absl::OkStatus();
  }
  if (field->name() == "etag") {
    etag_field_ = field;
    return absl::OkStatus();
  }
  const options::v1::Field& options = describe::AnnotationOf(field);
  if (options.label().empty() || options.level() == options::v1::Field::LEVEL_UNSPECIFIED) {
    return Declaration(type_, field->name(), "no label or level");
  }
  if (field->name() == "create_time") {
    create_time_field_ = field;
    return absl::OkStatus();
  }
  if (field->name() == "update_time") {
    update_time_field_ = field;
    return absl::OkStatus();
  }
  if (options.derived()) {
    derived_.push_back(field);
    return absl::OkStatus();
  }
  if (field->is_map() || field->real_containing_oneof() != nullptr) {
    return Declaration(type_, field->name(), "maps and oneofs cannot be stored");
  }
  auto storage = StorageOf(field, options);
  if (!storage.ok()) return Declaration(type_, field->name(), storage.status().message());
  Column column;
  column.name = field->name();
  column.field = field;
  column.options = &options;
  column.storage = *storage;
  if (column.personal() && column.storage != Storage::kCipher) {
    return Declaration(type_, field->name(), "personal fields must be single strings");
  }
  if (column.personal() && describe::Has(options, options::v1::Field::IMMUTABLE)) {
    return Declaration(type_, field->name(), "personal fields may be corrected");
  }
  if (options.has_decimal() && column.storage != Storage::kDecimal) {
    return Declaration(type_, field->name(), "decimals must be strings");
  }
  if (options.reference_size() > 0 && column.storage != Storage::kText) {
    return Declaration(type_, field->name(), "references must be single strings");
  }
  if (options.filterable() && column.storage == Storage::kBytes) {
    return Declaration(type_, field->name(), "bytes cannot be filtered");
  }
  if (options.filterable() && column.storage == Storage::kJson) {
    return Declaration(type_, field->name(), "JSON cannot be filtered");
  }
  if (!options.code_set().empty() && codes.Find(options.code_set()) == nullptr) {
    return Declaration(type_, field->name(), "unknown code set");
  }
  column.nullable =
      column.storage != Storage::kInt && column.storage != Storage::kDouble && column.storage != Storage::kText;
  if (field->has_presence()) column.nullable = true;
  column.searchable = column.storage == Storage::kCipher && options.filterable();
  has_personal_ |= column.personal();
  columns_.push_back(std::move(column));
  return absl::OkStatus();
}

const Column* Table::Find(absl::string_view field) const {
  for (const Column& column : columns_) {
    if (column.name == field) return &column;
  }
  return nullptr;
}

std::unique_ptr<google::protobuf::Message> Table::New() const {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type_)->New());
}

std::unique_ptr<google::protobuf::Message> Table::Named(const std::string& name) const {
  std::unique_ptr<google::protobuf::Message> named = New();
  named->GetReflection()->SetString(named.get(), name_field_, name);
  return named;
}

}  // namespace edudelta::resource
