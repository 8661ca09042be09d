#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edudelta::gateway::cli {

enum class Align { kLeft, kRight };

// Rows in aligned columns, by what the characters take on a terminal. One thread.
class Table {
 public:
  // `cut`: the widest a cell may be; 0 for no limit.
  void Column(absl::string_view header, Align align = Align::kLeft, int cut = 0);
  // Missing cells are empty.
  void Row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // Columns whose cells are all empty are left out. Lines end without blanks.
  void Print(std::ostream& out, absl::string_view indent = "") const;

 private:
  struct Head {
    std::string header;
    Align align;
    int cut;
    int width;
    bool used;
  };

  std::vector<Head> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace edudelta::gateway::cli
