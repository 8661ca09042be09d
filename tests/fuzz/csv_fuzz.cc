// CSV imports, read beside an own reader of RFC 4180 that knows only the rows of records. Input: the file.
#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "gateway/codec/csv_header.h"
#include "tests/fuzz/imports.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using gateway::codec::JsonCodec;
using gateway::codec::Sheet;

struct Record {
  int64_t line = 0;
  std::vector<std::string> cells;
  bool blank() const {
    return std::all_of(cells.begin(), cells.end(), [](const std::string& cell) { return cell.empty(); });
  }
};

// Records by the row a spreadsheet gives them: each is one, and so is a blank line. A file that breaks the rules ends
// the list at the record where it does.
std::vector<Record> RecordsOf(absl::string_view text) {
  std::vector<Record> records;
  int64_t line = 1;
  const auto skip = [&] {
    while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text.remove_prefix(1);
  };
  while (!text.empty()) {
    Record record{line, {}};
    for (bool more = true; more;) {
      std::string cell;
      if (absl::StartsWith(text, "=\"")) text.remove_prefix(1);
      skip();
      if (absl::ConsumePrefix(&text, "\"")) {
        while (!text.empty() && (text[0] != '"' || absl::StartsWith(text, "\"\""))) {
          cell.push_back(text[0]);
          text.remove_prefix(text[0] == '"' ? 2 : 1);
        }
        if (!absl::ConsumePrefix(&text, "\"")) return records;
        skip();
        if (!text.empty() && !absl::StrContains(",\r\n", text.substr(0, 1))) return records;
      } else {
        const size_t end = std::min(text.size(), text.find_first_of(",\r\n\""));
        if (end < text.size() && text[end] == '"') return records;
        cell = std::string(text.substr(0, text.substr(0, end).find_last_not_of(" \t") + 1));
        text.remove_prefix(end);
      }
      record.cells.push_back(std::move(cell));
      more = absl::ConsumePrefix(&text, ",");
    }
    const bool carriage = absl::ConsumePrefix(&text, "\r");
    // CR LF is one end, also with blanks between.
    const absl::string_view rest = text.substr(std::min(text.size(), text.find_first_not_of(" \t")));
    if (carriage && absl::StartsWith(rest, "\n")) text = rest;
    if (!carriage || absl::StartsWith(text, "\n")) absl::ConsumePrefix(&text, "\n");
    ++line;
    if (!record.blank()) records.push_back(std::move(record));
  }
  return records;
}

// Each record below the header, above which a few may stand, is a row or has an error, under its own line; nothing else
// is.
void MustTellLines(const Import& import, const std::vector<Record>& records, absl::string_view file) {
  std::set<int64_t> told = import.good;
  told.insert(import.bad.begin(), import.bad.end());
  std::set<int64_t> lines;
  const size_t header = records.size() - std::min(records.size(), told.size() + 1);
  const size_t first = import.status.ok() && header <= gateway::codec::kMostTitles ? header + 1 : 1;
  for (size_t i = first; i < records.size(); ++i) lines.insert(records[i].line);
  if (import.status.ok()) {
    Must(told == lines, "each record is told under its line", file);
  } else {
    Must(std::includes(lines.begin(), lines.end(), told.begin(), told.end()), "no other line is told", file);
  }
}

bool IsPersonal(const Sheet& sheet, const std::string& column) {
  const auto* field = sheet.resource()->FindFieldByName(column);
  return field != nullptr && describe::AnnotationOf(field).level() >= options::v1::Field::L3;
}

// No error about a personal field has a word of its record.
void MustKeepSecrets(const Import& import, const std::vector<Record>& records, const Sheet& sheet) {
  for (const auto& error : import.errors) {
    if (!IsPersonal(sheet, error.column())) continue;
    for (const Record& record : records) {
      if (record.line != error.row()) continue;
      for (const std::string& cell : record.cells) {
        const bool word = cell.size() >= 6 && std::all_of(cell.begin(), cell.end(), absl::ascii_isdigit);
        Must(!word || !absl::StrContains(error.message(), cell), "no error shows a personal value", error.message());
      }
    }
  }
}

bool TrySheet(const Sheet& sheet, const JsonCodec& json, const std::string& parent, const std::string& charset,
              absl::string_view file) {
  const auto make = [&] {
    return gateway::codec::MakeCsvReader({.sheet = &sheet, .json = &json, .parent = parent, .charset = charset});
  };
  const Import import = Read(make, file, file.size());
  const auto records = RecordsOf(absl::StripPrefix(file, "\xEF\xBB\xBF"));
  MustTellLines(import, records, file);
  MustKeepSecrets(import, records, sheet);
  MustBeSound(import, make, file);
  // What we write is UTF-8 and says so.
  const auto make_plain = [&] {
    return gateway::codec::MakeCsvReader({.sheet = &sheet, .json = &json, .parent = parent, .charset = ""});
  };
  MustComeBack(import, make_plain, *gateway::codec::MakeCsvWriter(sheet, json, parent));
  return import.status.ok() && !import.rows.empty();
}

}  // namespace

bool Try(absl::string_view input) {
  static const auto& json = *new JsonCodec({});
  static const auto& codes = *new codes::CodeSets(codes::CodeSets::Embedded());
  static const auto& rooms = *new Sheet(sample::v1::Room::descriptor(), {sample::v1::School::descriptor()}, codes);
  static const auto& teachers = *new Sheet(teachers::v1::Teacher::descriptor(), {}, codes);
  bool taken = false;
  for (const char* charset : {"", "utf-8", "gb18030"}) {
    taken |= TrySheet(rooms, json, "districts/310114/schools/-", charset, input);
    taken |= TrySheet(rooms, json, "districts/310114/schools/3131000123", charset, input);
    taken |= TrySheet(teachers, json, "districts/310114", charset, input);
  }
  return taken;
}

}  // namespace edudelta::fuzz
