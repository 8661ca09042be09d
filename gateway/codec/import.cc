#include "gateway/codec/import.h"

#include <algorithm>

namespace edudelta::gateway::codec {
namespace {

constexpr int kMaxErrors = 1000;

using RowErrors = google::protobuf::RepeatedPtrField<resource::v1::RowError>;

void Merge(const std::vector<resource::v1::RowError>& some, RowErrors* list) {
  for (const auto& one : some) *list->Add() = one;
  std::stable_sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return a.row() < b.row(); });
  if (list->size() > kMaxErrors) list->DeleteSubrange(kMaxErrors, list->size() - kMaxErrors);
}

}  // namespace

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
  Merge(errors, response->mutable_errors());
}

void MergeWarnings(const std::vector<resource::v1::RowError>& warnings, resource::v1::ImportResponse* response) {
  if (warnings.empty()) return;
  response->set_warning_count(response->warning_count() + static_cast<int64_t>(warnings.size()));
  Merge(warnings, response->mutable_warnings());
}

}  // namespace edudelta::gateway::codec
