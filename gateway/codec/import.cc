#include "gateway/codec/import.h"

#include <algorithm>

namespace edudelta::gateway::codec {
namespace {

constexpr int kMaxErrors = 1000;

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
  for (const auto& error : errors) *response->add_errors() = error;
  std::stable_sort(response->mutable_errors()->begin(), response->mutable_errors()->end(),
                   [](const auto& a, const auto& b) { return a.row() < b.row(); });
  if (response->errors_size() > kMaxErrors) {
    response->mutable_errors()->DeleteSubrange(kMaxErrors, response->errors_size() - kMaxErrors);
  }
}

}  // namespace edudelta::gateway::codec
