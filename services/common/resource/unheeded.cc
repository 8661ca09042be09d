#include "common/resource/unheeded.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/resource/check.h"
#include "common/resource/field_mask.h"

namespace edudelta::resource {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

std::vector<const FieldDescriptor*> KeptFields(const Table& table) {
  std::vector<const FieldDescriptor*> fields = table.derived();
  for (const Column& column : table.columns()) {
    if (!column.personal() && describe::Has(*column.options, options::v1::Field::OUTPUT_ONLY)) {
      fields.push_back(column.field);
    }
  }
  return fields;
}

}  // namespace

std::unique_ptr<Message> ToldOf(const Message& row, const Table& table) {
  std::vector<const FieldDescriptor*> said;
  for (const FieldDescriptor* field : KeptFields(table)) {
    if (IsSet(row, field)) said.push_back(field);
  }
  if (said.empty()) return nullptr;
  std::unique_ptr<Message> told = table.New();
  CopyFields(row, said, told.get());
  Normalize(told.get(), table);
  return told;
}

std::vector<absl::Status> UnheededIn(const Message& told, const Message& stored, const Table& table) {
  std::vector<absl::Status> unheeded;
  for (const FieldDescriptor* field : KeptFields(table)) {
    if (!IsSet(told, field) || FieldEquals(told, stored, field)) continue;
    unheeded.push_back(
        Invalid(field->name(), "FIELD_NOT_IMPORTED",
                absl::StrCat(describe::AnnotationOf(field).label(), "不能通过导入修改，此行所写与记录不同，没有采用")));
  }
  return unheeded;
}

}  // namespace edudelta::resource
