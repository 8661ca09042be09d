#pragma once

#include <string>

#include "absl/strings/string_view.h"

// Formulas in the cells of a CSV file. The command line reads and writes such files too, so no descriptors here.
namespace edudelta::gateway::codec {

// Spreadsheets run cells that begin like this as formulas; some take full-width signs for signs and blanks for nothing.
// Quote marks in front do not count, so that one more of them can be put on by an export and taken off by an import
// whatever the text is.
bool LooksLikeFormula(absl::string_view cell);

// ="2199909911" is how people keep them from taking a text for a number; the text within. Others as they are.
absl::string_view Unformula(absl::string_view cell);

// Takes the sign off such cells where they stand bare in a file, as CSV has no place for them: ="a",b to "a",b. Keeps
// the state from piece to piece.
class FormulaQuotes {
 public:
  std::string Strip(absl::string_view piece);
  // The last byte was a sign that may begin such a cell; it is not in the piece.
  bool Holds() const { return held_; }

 private:
  bool quoted_ = false;
  bool at_start_ = true;
  bool held_ = false;
};

}  // namespace edudelta::gateway::codec
