#include "gateway/codec/import.h"

#include <algorithm>
#include <utility>

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMaxErrors = 1000;

}  // namespace

std::vector<std::unique_ptr<Message>> ToImportRequests(const Message& head, const FieldDescriptor* rows_field,
                                                       std::vector<ImportRow> rows, int max_rows) {
  std::vector<std::unique_ptr<Message>> requests;
  const FieldDescriptor* first_row = head.GetDescriptor()->FindFieldByName("first_row");
  int64_t previous = 0;
  int count = 0;
  for (ImportRow& row : rows) {
    if (requests.empty() || row.row != previous + 1 || count == max_rows) {
      requests.emplace_back(head.New());
      requests.back()->CopyFrom(head);
      if (first_row != nullptr) requests.back()->GetReflection()->SetInt64(requests.back().get(), first_row, row.row);
      count = 0;
    }
    Message* request = requests.back().get();
    request->GetReflection()->AddAllocatedMessage(request, rows_field, row.message.release());
    previous = row.row;
    ++count;
  }
  return requests;
}

void MergeErrors(const std::vector<resource::v1::RowError>& errors, resource::v1::ImportResponse* response) {
  if (errors.empty()) return;
  int64_t rows = 0;
  int64_t last = -1;
  for (const auto& error : errors) {
    if (error.row() != last) ++rows;
    last = error.row();
  }
  response->set_row_count(response->row_count() + rows);
  response->set_error_count(response->error_count() + rows);
  for (const auto& error : errors) *response->add_errors() = error;
  std::stable_sort(response->mutable_errors()->begin(), response->mutable_errors()->end(),
                   [](const auto& a, const auto& b) { return a.row() < b.row(); });
  if (response->errors_size() > kMaxErrors) {
    response->mutable_errors()->DeleteSubrange(kMaxErrors, response->errors_size() - kMaxErrors);
  }
}

}  // namespace edudelta::gateway::codec
