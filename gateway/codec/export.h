#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/codec/json.h"
#include "gateway/codec/sheet.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::codec {

// Writes the rows of an export. One thread at a time; `sheet` and `json` are kept by reference.
class ExportWriter {
 public:
  virtual ~ExportWriter() = default;

  virtual absl::string_view content_type() const = 0;
  // What comes before the first row.
  virtual void Begin(std::string* out) = 0;
  // Appends one line. Fails as JsonCodec::Write.
  virtual absl::Status Row(const google::protobuf::Message& row, std::string* out) = 0;
};

// UTF-8 with BOM, headers in Chinese, RFC 4180; a text cell that begins like a formula gets a leading quote mark. Ids
// that `parent` tells get no column, nor do fields that are not among `granted`; absent, all are.
std::unique_ptr<ExportWriter> MakeCsvWriter(const Sheet& sheet, const JsonCodec& json, absl::string_view parent,
                                            const std::optional<std::vector<std::string>>& granted = std::nullopt);
std::unique_ptr<ExportWriter> MakeNdjsonWriter(const JsonCodec& json);

}  // namespace edudelta::gateway::codec
