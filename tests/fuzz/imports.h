#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/codec/export.h"
#include "gateway/codec/import.h"

namespace edudelta::fuzz {

// What an import reader made of a file.
struct Import {
  absl::Status status;
  std::vector<gateway::codec::ImportRow> rows;
  std::vector<resource::v1::RowError> errors;

  // Lines with a row, and lines with at least one error.
  std::set<int64_t> good, bad;
};

using MakeReader = std::function<std::unique_ptr<gateway::codec::ImportReader>()>;

// Feeds the file in pieces of `piece` bytes.
Import Read(const MakeReader& make, absl::string_view file, size_t piece);

// What holds of any format: a file is the same however it is cut, no line is good and bad, lines come in order.
void MustBeSound(const Import& import, const MakeReader& make, absl::string_view file);
// Rows that are written and read again are the same.
void MustComeBack(const Import& import, const MakeReader& make, gateway::codec::ExportWriter& writer);

}  // namespace edudelta::fuzz
