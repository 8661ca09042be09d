#include "tests/fuzz/imports.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using google::protobuf::util::DefaultFieldComparator;
using google::protobuf::util::MessageDifferencer;

bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  return differencer.Compare(a, b);
}

bool SameRows(const Import& a, const Import& b, bool lines) {
  return std::equal(a.rows.begin(), a.rows.end(), b.rows.begin(), b.rows.end(), [&](const auto& x, const auto& y) {
    return (!lines || x.row == y.row) && Same(*x.message, *y.message);
  });
}

bool SameErrors(const Import& a, const Import& b) {
  return std::equal(a.errors.begin(), a.errors.end(), b.errors.begin(), b.errors.end(), Same);
}

}  // namespace

Import Read(const MakeReader& make, absl::string_view file, size_t piece) {
  const auto reader = make();
  Import import;
  const auto take = [&] {
    for (auto& row : reader->TakeRows()) import.rows.push_back(std::move(row));
    for (auto& error : reader->TakeErrors()) import.errors.push_back(std::move(error));
  };
  for (; import.status.ok() && !file.empty(); file.remove_prefix(std::min(piece, file.size()))) {
    import.status = reader->Feed(file.substr(0, piece));
    take();
  }
  if (import.status.ok()) import.status = reader->Finish();
  take();
  for (const auto& row : import.rows) import.good.insert(row.row);
  for (const auto& error : import.errors) import.bad.insert(error.row());
  return import;
}

void MustBeSound(const Import& import, const MakeReader& make, absl::string_view file) {
  if (!import.status.ok()) {
    MustBeRefusal(
        import.status,
        "CSV_HEADER_UNKNOWN CSV_HEADER_MISSING CSV_HEADER_DUPLICATE CSV_SEPARATOR_NOT_COMMA CSV_SYNTAX FILE_IS_UTF16 "
        "FILE_IS_WORKBOOK ROW_TOO_LONG ENCODING_UNKNOWN PARENT_INVALID IMPORT_EMPTY");
  }
  for (const size_t piece : {1, 7}) {
    const Import other = Read(make, file, piece);
    Must(SameRows(import, other, true) && SameErrors(import, other) && import.status == other.status,
         "a file is the same however it is cut", file);
  }
  Must(import.good.size() == import.rows.size(), "one row a line", file);
  for (const int64_t line : import.good) Must(import.bad.count(line) == 0, "a line is good or bad", absl::StrCat(line));
  Must(std::is_sorted(import.rows.begin(), import.rows.end(),
                      [](const auto& a, const auto& b) { return a.row < b.row; }) &&
           std::is_sorted(import.errors.begin(), import.errors.end(),
                          [](const auto& a, const auto& b) { return a.row() < b.row(); }),
       "rows and errors come in order", file);
  for (const auto& error : import.errors) {
    Must(!error.reason().empty() && !error.message().empty(), "an error says what and why", error.ShortDebugString());
  }
}

void MustComeBack(const Import& import, const MakeReader& make, gateway::codec::ExportWriter& writer) {
  if (import.rows.empty()) return;
  std::string out;
  writer.Begin(&out);
  for (const auto& row : import.rows) {
    Must(writer.Row(*row.message, &out).ok(), "what was read can be written", row.message->ShortDebugString());
  }
  const Import again = Read(make, out, out.size());
  Must(again.status.ok() && again.errors.empty() && SameRows(import, again, false),
       "written and read again the rows are the same",
       absl::StrCat(out, "\n", again.errors.empty() ? "" : again.errors[0].ShortDebugString()));
}

}  // namespace edudelta::fuzz
