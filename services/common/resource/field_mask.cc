#include "common/resource/field_mask.h"

#include <utility>

#include "common/base/decimal.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/codes/mask.h"
#include "common/resource/check.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace edudelta::resource {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::StatusOr<std::vector<const FieldDescriptor*>> WritableFields(const Message& request, const Message& given,
                                                                   const Table& table) {
  const auto& mask = static_cast<const google::protobuf::FieldMask&>(
      request.GetReflection()->GetMessage(request, request.GetDescriptor()->FindFieldByName("update_mask")));
  const bool all = mask.paths_size() == 1 && mask.paths(0) == "*";
  std::vector<const FieldDescriptor*> fields;
  auto writable = [](const Column& column) { return !describe::Has(*column.options, options::v1::Field::OUTPUT_ONLY); };
  if (mask.paths_size() == 0 || all) {
    for (const Column& column : table.columns()) {
      if (writable(column) && (all || IsSet(given, column.field))) fields.push_back(column.field);
    }
    return fields;
  }
  for (const std::string& path : mask.paths()) {
    if (table.type()->FindFieldByName(path) == nullptr) {
      return Invalid("update_mask", "MASK_PATH_UNKNOWN", "要修改的字段不存在");
    }
    const Column* column = table.Find(path);
    if (column != nullptr && writable(*column)) fields.push_back(column->field);
  }
  return fields;
}

std::string StoredText(const Column& column, absl::string_view text) {
  return codes::Normal(column.options->mask(), StripBlanks(text));
}

namespace {

void NormalizeText(Message* message, const Column& column) {
  const auto* reflection = message->GetReflection();
  const auto plain = [&column](const std::string& text) { return StoredText(column, text); };
  if (!column.field->is_repeated()) {
    const std::string text = reflection->GetString(*message, column.field);
    if (std::string bare = plain(text); bare != text) reflection->SetString(message, column.field, std::move(bare));
    return;
  }
  for (int i = 0; i < reflection->FieldSize(*message, column.field); ++i) {
    reflection->SetRepeatedString(message, column.field, i,
                                  plain(reflection->GetRepeatedString(*message, column.field, i)));
  }
}

}  // namespace

void Normalize(Message* message, const Table& table) {
  for (const Column& column : table.columns()) {
    if (column.storage == Storage::kTimestamp && IsSet(*message, column.field)) {
      auto* time =
          static_cast<google::protobuf::Timestamp*>(message->GetReflection()->MutableMessage(message, column.field));
      time->set_nanos(time->nanos() / 1000 * 1000);
    }
    if (column.field->type() == FieldDescriptor::TYPE_STRING) NormalizeText(message, column);
    if (column.storage != Storage::kDecimal) continue;
    const std::string text = message->GetReflection()->GetString(*message, column.field);
    if (text.empty()) continue;
    const int scale = column.options->decimal().scale();
    if (const auto value = ParseDecimal(text, scale); value.ok()) {
      message->GetReflection()->SetString(message, column.field, FormatDecimal(*value, scale));
    }
  }
}

}  // namespace edudelta::resource
