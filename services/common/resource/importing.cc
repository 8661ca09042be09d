#include "common/resource/importing.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/fields.h"
#include "common/resource/permission.h"
#include "google/protobuf/field_mask.pb.h"

namespace edudelta::resource {
namespace {

// Their one transaction has to end within 3 s (db::Options), on a busy machine too.
constexpr size_t kMostAtomicRows = 2000;
constexpr int kMostChunkRows = 1000;

}  // namespace

Importing::~Importing() {
  for (const auto& chunk : landing_) chunk->landed.wait();
}

absl::Status Importing::Begin(const rpc::Call& call, const Message& first) {
  const auto* mode = first.GetDescriptor()->FindFieldByName("mode");
  mode_ = static_cast<resource::v1::ImportMode>(first.GetReflection()->GetEnumValue(first, mode));
  parent_ = TextOf(first, "parent");
  started_ = true;
  RETURN_IF_ERROR(CheckWritesBelow(call.caller, importer_.table(), describe::MethodKind::kImport, parent_));
  const Message* mask = MessageOf(first, "update_mask");
  if (mask == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(columns_, ColumnsOf(*mask));
  return absl::OkStatus();
}

absl::StatusOr<Importing::Carried> Importing::ColumnsOf(const Message& mask) const {
  auto columns = std::make_shared<ImportColumns>();
  for (const std::string& path : static_cast<const google::protobuf::FieldMask&>(mask).paths()) {
    if (importer_.table().type()->FindFieldByName(path) == nullptr) {
      return Invalid("update_mask", "MASK_PATH_UNKNOWN", "要修改的字段不存在");
    }
    columns->insert(path);
  }
  return columns;
}

absl::StatusOr<std::vector<Importing::Carried>> Importing::CarriedBy(const Message& request, int rows) const {
  const auto* reflection = request.GetReflection();
  const auto* masks = request.GetDescriptor()->FindFieldByName("masks");
  const auto* places = request.GetDescriptor()->FindFieldByName("mask_of_row");
  std::vector<Carried> carried(rows);
  const int count = reflection->FieldSize(request, masks);
  if (count == 0) return carried;
  std::vector<Carried> each;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(each.emplace_back(), ColumnsOf(reflection->GetRepeatedMessage(request, masks, i)));
  }
  if (reflection->FieldSize(request, places) != rows) {
    return Invalid("mask_of_row", "MASK_OF_ROW_INVALID", "每行应指明一个字段掩码");
  }
  for (int i = 0; i < rows; ++i) {
    const int place = reflection->GetRepeatedInt32(request, places, i);
    if (place < 0 || place >= count) return Invalid("mask_of_row", "MASK_OF_ROW_INVALID", "行所指的字段掩码不存在");
    carried[i] = each[place];
  }
  return carried;
}

absl::Status Importing::Land(const rpc::Call& call, const std::vector<const Message*>& rows,
                             const std::vector<int64_t>& numbers, const std::vector<Carried>& carried) {
  ASSIGN_OR_RETURN(Importer::Upserts checked, importer_.Check(call, parent_, rows, numbers));
  for (size_t i = 0; i < checked.size(); ++i) checked[i].columns = carried[i];
  RETURN_IF_ERROR(LetLand(1));
  std::shared_future<absl::Status> earlier;
  if (!landing_.empty()) earlier = landing_.back()->landed;
  auto chunk = std::make_unique<Chunk>();
  chunk->rows = std::move(checked);
  // The frame keeps the call until this object is gone, which waits. Moved, so that no chunk keeps those before it.
  chunk->landed = std::async(std::launch::async, [this, &call, &rows = chunk->rows, earlier]() mutable {
    const std::shared_future<absl::Status> before = std::move(earlier);
    return importer_.Land(call, mode_, columns_.get(), rows, before);
  });
  landing_.push_back(std::move(chunk));
  return absl::OkStatus();
}

absl::Status Importing::LetLand(size_t most) {
  while (landing_.size() > most) {
    RETURN_IF_ERROR(landing_.front()->landed.get());
    Importer::Summarize(landing_.front()->rows, &result_);
    landing_.pop_front();
  }
  return absl::OkStatus();
}

absl::Status Importing::Add(const rpc::Call& call, const Message& request) {
  const auto* reflection = request.GetReflection();
  const auto* descriptor = request.GetDescriptor();
  if (!started_) RETURN_IF_ERROR(Begin(call, request));
  complete_ = reflection->GetBool(request, descriptor->FindFieldByName("last"));
  const google::protobuf::FieldDescriptor* field = nullptr;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (descriptor->field(i)->message_type() == importer_.table().type()) field = descriptor->field(i);
  }
  const auto* numbers_field = descriptor->FindFieldByName("rows");
  const int size = reflection->FieldSize(request, field);
  if (size > kMostChunkRows) return Invalid("rows", "BATCH_SIZE", "每批最多1000行");
  std::vector<const Message*> rows;
  std::vector<int64_t> numbers;
  for (int i = 0; i < size; ++i) {
    rows.push_back(&reflection->GetRepeatedMessage(request, field, i));
    const bool numbered = i < reflection->FieldSize(request, numbers_field);
    numbers.push_back(numbered ? reflection->GetRepeatedInt64(request, numbers_field, i) : received_ + i + 1);
  }
  received_ += size;
  ASSIGN_OR_RETURN(const std::vector<Carried> carried, CarriedBy(request, size));
  if (mode_ != resource::v1::IMPORT_MODE_ATOMIC) return Land(call, rows, numbers, carried);
  if (kept_.size() + rows.size() > kMostAtomicRows) {
    return Invalid("mode", "IMPORT_TOO_LARGE", "整体导入最多2000行，请分批或改用逐行导入");
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    kept_.emplace_back(rows[i]->New())->CopyFrom(*rows[i]);
    numbers_.push_back(numbers[i]);
    carried_.push_back(carried[i]);
  }
  return absl::OkStatus();
}

absl::Status Importing::Finish(const rpc::Call& call, Message* response) {
  if (!kept_.empty()) {
    if (!complete_) return Invalid("last", "IMPORT_INCOMPLETE", "导入没有传完，未写入任何记录");
    std::vector<const Message*> rows;
    for (const auto& row : kept_) rows.push_back(row.get());
    RETURN_IF_ERROR(Land(call, rows, numbers_, carried_));
  }
  RETURN_IF_ERROR(LetLand(0));
  static_cast<resource::v1::ImportResponse&>(*response) = std::move(result_);
  return absl::OkStatus();
}

}  // namespace edudelta::resource
