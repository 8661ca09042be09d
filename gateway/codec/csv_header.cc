#include "gateway/codec/csv_header.h"

#include <algorithm>
#include <cstddef>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "gateway/codec/bare_header.h"

namespace edudelta::gateway::codec {
namespace {

constexpr size_t kMaxHeadersBytes = 2000;
// More digits in a row are a number of somebody or something.
constexpr int kShownDigits = 5;

// "编号（name）、座位数（seats）": what a file may bring, by the label and by the name that an error gives. Ancestors
// that `known_ids` tells are left out, and so is what does not fit into kMaxHeadersBytes.
std::string ListHeaders(const Sheet& sheet, const std::vector<std::string>& known_ids) {
  std::string list;
  size_t left_out = 0;
  for (const Sheet::Column& column : sheet.columns()) {
    if (column.output_only || (column.kind == Sheet::Column::Kind::kAncestor && !known_ids[column.variable].empty())) {
      continue;
    }
    const std::string one =
        column.header == column.name ? column.name : absl::StrCat(column.header, "（", column.name, "）");
    if (left_out > 0 || list.size() + one.size() > kMaxHeadersBytes) {
      ++left_out;
    } else {
      absl::StrAppend(&list, list.empty() ? "" : "、", one);
    }
  }
  if (left_out > 0) absl::StrAppend(&list, "，另有 ", left_out, " 列");
  return list;
}

// A row of data may hold a word that is a header too: of "姓名,张三" nothing is repeated.
bool IsSurelyHeader(const Sheet& sheet, const std::vector<std::string>& texts) {
  const auto known = absl::c_count_if(texts, [&](const auto& text) { return FindHeader(sheet, text) != nullptr; });
  const auto empty = absl::c_count(texts, "");
  return 2 * known > static_cast<std::ptrdiff_t>(texts.size()) - empty;
}

bool HasLongNumber(absl::string_view text) {
  int digits = 0;
  for (const char c : text) {
    digits = absl::ascii_isdigit(static_cast<unsigned char>(c)) ? digits + 1 : 0;
    if (digits > kShownDigits) return true;
  }
  return false;
}

// Other names of units that registers have.
absl::string_view UnitOf(absl::string_view word) {
  if (word == "平方米" || word == "m²" || word == "m2" || word == "M2") return "㎡";
  return word == "度" ? "°" : word;
}

// Another unit would make other values of the same figures.
bool IsTrueOf(const Sheet::Column& column, absl::string_view note) {
  for (const char* word : {"", "必填", "选填", "可选", "非必填"}) {
    if (note == word) return true;
  }
  if (note == column.name) return true;
  if (column.field == nullptr) return false;
  if (!absl::ConsumePrefix(&note, "单位：")) absl::ConsumePrefix(&note, "单位:");
  const std::string& unit = describe::AnnotationOf(column.field).unit();
  return !unit.empty() && UnitOf(note) == UnitOf(unit);
}

}  // namespace

const Sheet::Column* FindHeader(const Sheet& sheet, absl::string_view header) {
  if (const Sheet::Column* column = sheet.Find(header)) return column;
  const BareHeader bare(header);
  const Sheet::Column* column = sheet.Find(bare.word);
  return column != nullptr && IsTrueOf(*column, bare.note) ? column : nullptr;
}

bool HasHeader(const Sheet& sheet, const std::vector<std::string>& texts) {
  return absl::c_any_of(texts, [&](const std::string& text) { return FindHeader(sheet, text) != nullptr; });
}

absl::Status BindHeaders(const Sheet& sheet, const std::vector<std::string>& known_ids,
                         const std::vector<std::string>& texts, std::vector<const Sheet::Column*>* columns) {
  columns->clear();
  for (const std::string& text : texts) {
    const Sheet::Column* column = text.empty() ? nullptr : FindHeader(sheet, text);
    if (column == nullptr && !text.empty()) {
      const bool repeats = IsSurelyHeader(sheet, texts) && text.size() <= 120 && !HasLongNumber(text);
      const std::string named = repeats ? absl::StrCat("“", text, "”") : "";
      return Invalid(repeats ? text : "?", "CSV_HEADER_UNKNOWN",
                     absl::StrCat("第 ", columns->size() + 1, " 列的列名", named, "不在可用的列中；可用的列：",
                                  ListHeaders(sheet, known_ids)));
    }
    columns->push_back(column);
  }
  std::vector<const Sheet::Column*> sorted = *columns;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i] == nullptr || sorted[i] != sorted[i - 1]) continue;
    return Invalid(sorted[i]->name, "CSV_HEADER_DUPLICATE", absl::StrCat("列“", sorted[i]->header, "”重复"));
  }
  // Ancestors that the parent does not tell may also stand in the key, as a whole name.
  const Sheet::Column& key = sheet.columns().front();
  if (absl::c_linear_search(*columns, &key)) return absl::OkStatus();
  return Invalid(key.name, "CSV_HEADER_MISSING", absl::StrCat("缺少“", key.header, "”列"));
}

absl::Status NoHeaders(const Sheet& sheet, const std::vector<std::string>& known_ids) {
  return Invalid(
      "body", "CSV_HEADER_MISSING",
      absl::StrCat("文件前几行中没有表头：请在数据之上加一行列名；可用的列：", ListHeaders(sheet, known_ids)));
}

}  // namespace edudelta::gateway::codec
