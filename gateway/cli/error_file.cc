#include "gateway/cli/error_file.h"

#include <csv.h>
#include <iconv.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/base/text.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/text.h"
#include "gateway/codec/bare_header.h"
#include "gateway/codec/formula.h"

namespace edudelta::gateway::cli {
namespace {

constexpr char kBom[] = "\xEF\xBB\xBF";

bool Convert(const char* from, absl::string_view bytes, std::string* out) {
  const iconv_t converter = iconv_open("UTF-8", from);
  if (converter == reinterpret_cast<iconv_t>(-1)) return false;
  out->assign(bytes.size() * 3 + 4, '\0');
  auto* in = const_cast<char*>(bytes.data());
  char* to = out->data();
  size_t in_left = bytes.size();
  size_t out_left = out->size();
  const bool whole = iconv(converter, &in, &in_left, &to, &out_left) != static_cast<size_t>(-1) && in_left == 0;
  iconv_close(converter);
  out->resize(out->size() - out_left);
  return whole;
}

std::string ToUtf8(const char* charset, absl::string_view bytes) {
  std::string out;
  if (Convert(charset, bytes, &out)) return out;
  out.assign(bytes.data(), bytes.size());
  for (char& c : out) {
    if (!absl::ascii_isascii(static_cast<unsigned char>(c))) c = '?';
  }
  return out;
}

// A single cell may be good in both charsets; whole lines hardly are.
const char* CharsetOf(const std::string& encoding, absl::string_view head) {
  std::string ignored;
  const bool utf8 =
      encoding == "utf-8" || (encoding == "auto" && Convert("UTF-8", head.substr(0, head.rfind('\n')), &ignored));
  return utf8 ? "UTF-8" : "GB18030";
}

// Reads the header and the rows that have errors. Rows are counted as the server and a spreadsheet count them.
class Finder {
 public:
  Finder(const ImportedFile& imported, const char* charset, std::vector<RowError>* errors)
      : headers_(imported.headers), charset_(charset), errors_(errors) {
    csv_init(&parser_, CSV_REPALL_NL);
    for (size_t i = 0; i < errors->size(); ++i) by_row_[(*errors)[i].row].push_back(i);
  }
  ~Finder() { csv_free(&parser_); }
  Finder(const Finder&) = delete;
  Finder& operator=(const Finder&) = delete;

  void Feed(absl::string_view bytes) { Parse(formulas_.Strip(bytes)); }
  void Finish() {
    if (formulas_.Holds()) Parse("=");
    csv_fini(&parser_, OnCell, OnRow, this);
  }

 private:
  void Parse(absl::string_view bytes) { csv_parse(&parser_, bytes.data(), bytes.size(), OnCell, OnRow, this); }
  static void OnCell(void* bytes, size_t size, void* self) {
    auto* finder = static_cast<Finder*>(self);
    const absl::string_view cell(static_cast<const char*>(bytes), size);
    finder->cells_.emplace_back(cell);
  }
  static void OnRow(int end, void* self) { static_cast<Finder*>(self)->Row(end); }

  void Row(int end) {
    // CR LF is one end, reported as two.
    const bool second = end == '\n' && last_end_ == '\r' && cells_.empty();
    last_end_ = end;
    if (second) return;
    const auto blank = [](const std::string& cell) { return cell.empty(); };
    if (!std::all_of(cells_.begin(), cells_.end(), blank)) Take();
    ++line_;
    cells_.clear();
  }

  void Take() {
    if (names_.empty()) return TakeHeaders();
    const auto found = by_row_.find(line_);
    if (found == by_row_.end()) return;
    for (const size_t i : found->second) {
      RowError& error = (*errors_)[i];
      const size_t at = ColumnOf(error.column);
      if (at < names_.size() && names_[at] != error.column) error.label = names_[at];
      if (at < cells_.size()) error.value = ToUtf8(charset_, cells_[at]);
    }
  }

  // As the server takes them: titles may stand above.
  void TakeHeaders() {
    bool known = headers_.empty();
    for (const std::string& cell : cells_) {
      const std::string& name =
          names_.emplace_back(codec::BareHeader(codec::Unformula(StripBlanks(ToUtf8(charset_, cell)))).word);
      known |= headers_.contains(name);
      for (const auto& [column, others] : headers_)
        known |= std::find(others.begin(), others.end(), name) != others.end();
    }
    if (!known) names_.clear();
  }

  size_t ColumnOf(const std::string& column) const {
    const auto at = [&](const std::string& name) {
      return static_cast<size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
    };
    size_t found = column.empty() ? names_.size() : at(column);
    if (const auto others = headers_.find(column); others != headers_.end()) {
      for (const std::string& header : others->second) {
        if (found == names_.size()) found = at(header);
      }
    }
    return found < names_.size() ? found : static_cast<size_t>(-1);
  }

  const std::map<std::string, std::vector<std::string>>& headers_;
  const char* charset_;
  std::vector<RowError>* errors_;
  csv_parser parser_{};
  codec::FormulaQuotes formulas_;
  std::map<int64_t, std::vector<size_t>> by_row_;
  std::vector<std::string> names_;
  std::vector<std::string> cells_;
  int64_t line_ = 1;
  int last_end_ = 0;
};

void FindInLines(std::istream& file, const std::string& encoding, std::vector<RowError>* errors) {
  std::map<int64_t, std::vector<size_t>> by_row;
  for (size_t i = 0; i < errors->size(); ++i) by_row[(*errors)[i].row].push_back(i);
  const char* const charset = encoding == "gb18030" ? "GB18030" : "UTF-8";
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    const auto found = by_row.find(number);
    if (found == by_row.end()) continue;
    const Json row = ParseJson(ToUtf8(charset, absl::StripPrefix(line, kBom)));
    for (const size_t i : found->second) {
      const Json& member = Member(row, (*errors)[i].column.c_str());
      if (!member.is_null()) (*errors)[i].value = member.is_string() ? member.get<std::string>() : Dump(member);
    }
  }
}

void FindLabels(const std::map<std::string, std::vector<std::string>>& headers, std::vector<RowError>* errors) {
  for (RowError& error : *errors) {
    const auto found = headers.find(error.column);
    if (found == headers.end()) continue;
    for (const std::string& header : found->second) {
      if (error.label.empty() && header != error.column) error.label = header;
    }
  }
}

std::string Cell(absl::string_view text) {
  double number = 0;
  const std::string safe =
      absl::StrCat(codec::LooksLikeFormula(text) && !absl::SimpleAtod(text, &number) ? "'" : "", text);
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  return absl::StrCat("\"", absl::StrReplaceAll(safe, {{"\"", "\"\""}}), "\"");
}

}  // namespace

std::vector<RowError> ReadErrors(const Json& response, const char* list) {
  std::vector<RowError> errors;
  for (const Json& error : List(response, list)) {
    errors.push_back(
        {Integer(error, "row"), Text(error, "column"), "", Text(error, "reason"), Text(error, "message"), ""});
  }
  return errors;
}

void FindValues(const ImportedFile& imported, std::vector<RowError>* errors) {
  std::istream& file = imported.file;
  FindLabels(imported.headers, errors);
  if (imported.ndjson) return FindInLines(file, imported.encoding, errors);
  std::string buffer(1 << 16, '\0');
  std::optional<Finder> finder;
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    absl::string_view piece(buffer.data(), static_cast<size_t>(file.gcount()));
    if (!finder) {
      absl::ConsumePrefix(&piece, kBom);
      finder.emplace(imported, CharsetOf(imported.encoding, piece), errors);
    }
    finder->Feed(piece);
  }
  if (finder) finder->Finish();
}

std::string ErrorLine(const RowError& error) {
  std::string column = error.column;
  if (!error.label.empty()) column = absl::StrCat(Printable(error.label), "（", error.column, "）");
  return absl::StrCat("第 ", error.row, " 行", column.empty() ? "" : " ", column, "：", Printable(error.message), "（",
                      error.reason, "）");
}

std::string WriteErrors(const std::vector<RowError>& errors) {
  std::string out = absl::StrCat(kBom, "row,column,value,reason,message,label\r\n");
  for (const RowError& error : errors) {
    absl::StrAppend(&out, error.row, ",", Cell(error.column), ",", Cell(error.value), ",", Cell(error.reason), ",",
                    Cell(error.message), ",", Cell(error.label), "\r\n");
  }
  return out;
}

}  // namespace edudelta::gateway::cli
