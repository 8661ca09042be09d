#include "gateway/cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {

void Table::Column(absl::string_view header, Align align, int cut) {
  columns_.push_back({std::string(header), align, cut, DisplayWidth(header), false});
}

void Table::Row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    Head& column = columns_[i];
    cells[i] = Printable(cells[i]);
    if (column.cut > 0) cells[i] = FitTo(cells[i], column.cut);
    column.width = std::max(column.width, DisplayWidth(cells[i]));
    column.used = column.used || !cells[i].empty();
  }
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out, absl::string_view indent) const {
  const auto line = [&](const auto& cell_of) {
    std::string text(indent);
    bool first = true;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].used) continue;
      const std::string& cell = cell_of(i);
      const std::string blanks(columns_[i].width - DisplayWidth(cell), ' ');
      absl::StrAppend(&text, std::exchange(first, false) ? "" : "  ");
      if (columns_[i].align == Align::kRight) {
        absl::StrAppend(&text, blanks, cell);
      } else {
        absl::StrAppend(&text, cell, blanks);
      }
    }
    absl::StripTrailingAsciiWhitespace(&text);
    out << text << '\n';
  };
  line([&](size_t i) -> const std::string& { return columns_[i].header; });
  for (const auto& row : rows_) line([&](size_t i) -> const std::string& { return row[i]; });
}

}  // namespace edudelta::gateway::cli
