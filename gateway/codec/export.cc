#include "gateway/codec/export.h"

#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gateway/codec/cell.h"
#include "gateway/codec/spreadsheet.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::Message;

void AppendQuoted(absl::string_view cell, std::string* out) {
  const bool spaced = !cell.empty() && (cell.front() == ' ' || cell.back() == ' ' || cell.front() == '\t');
  if (!spaced && cell.find_first_of(",\"\r\n") == absl::string_view::npos) {
    absl::StrAppend(out, cell);
    return;
  }
  absl::StrAppend(out, "\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

class CsvWriter final : public ExportWriter {
 public:
  CsvWriter(const Sheet& sheet, const JsonCodec& json, absl::string_view parent,
            const std::optional<std::vector<std::string>>& granted)
      : sheet_(sheet), json_(json) {
    const auto known = KnownIds(sheet.pattern(), parent);
    for (const Sheet::Column& column : sheet.columns()) {
      const bool told =
          column.kind == Sheet::Column::Kind::kAncestor && known.has_value() && !(*known)[column.variable].empty();
      // An empty cell would be a value, "no" in a yes-or-no column.
      const bool hidden = column.kind == Sheet::Column::Kind::kField && granted.has_value() &&
                          !absl::c_linear_search(*granted, column.field->name());
      if (!told && !hidden) columns_.push_back(&column);
    }
  }

  absl::string_view content_type() const override { return "text/csv; charset=utf-8"; }

  void Begin(std::string* out) override {
    *out += "\xEF\xBB\xBF";
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out->push_back(',');
      AppendQuoted(columns_[i]->header, out);
    }
    *out += "\r\n";
  }

  absl::Status Row(const Message& row, std::string* out) override {
    const std::string name = row.GetReflection()->GetString(row, sheet_.name_field());
    const auto ids = describe::ParseName(sheet_.pattern(), name);
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out->push_back(',');
      const Sheet::Column& column = *columns_[i];
      if (column.kind != Sheet::Column::Kind::kField) {
        const absl::string_view id = ids.has_value() ? (*ids)[column.variable] : absl::string_view(name);
        absl::StrAppend(out, ChangesInSpreadsheet(id) ? "'" : "", id);
        continue;
      }
      AppendQuoted(CellOf(column, row, json_), out);
    }
    *out += "\r\n";
    return absl::OkStatus();
  }

 private:
  const Sheet& sheet_;
  const JsonCodec& json_;
  std::vector<const Sheet::Column*> columns_;
};

class NdjsonWriter final : public ExportWriter {
 public:
  explicit NdjsonWriter(const JsonCodec& json) : json_(json) {}

  absl::string_view content_type() const override { return "application/x-ndjson"; }
  void Begin(std::string*) override {}
  absl::Status Row(const Message& row, std::string* out) override {
    const absl::Status status = json_.Write(row, out);
    if (status.ok()) out->push_back('\n');
    return status;
  }

 private:
  const JsonCodec& json_;
};

}  // namespace

std::unique_ptr<ExportWriter> MakeCsvWriter(const Sheet& sheet, const JsonCodec& json, absl::string_view parent,
                                            const std::optional<std::vector<std::string>>& granted) {
  return std::make_unique<CsvWriter>(sheet, json, parent, granted);
}

std::unique_ptr<ExportWriter> MakeNdjsonWriter(const JsonCodec& json) { return std::make_unique<NdjsonWriter>(json); }

}  // namespace edudelta::gateway::codec
