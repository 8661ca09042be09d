#include "gateway/codec/spreadsheet.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/text.h"
#include "common/codes/identifiers.h"
#include "gateway/codec/written_time.h"

namespace edudelta::gateway::codec {
namespace {

// A number of more digits is shown as 1.31E+11, and saved so.
constexpr size_t kShownDigits = 11;

using codes::AllDigits;

// "3.13E+09": never an id, for it has a plus.
bool IsScientific(absl::string_view text) {
  const size_t at = text.find_first_of("eE");
  if (at == absl::string_view::npos || at == 0 || !absl::StartsWith(text.substr(at + 1), "+")) return false;
  const auto digits = [](absl::string_view some) {
    return some.find_first_not_of("0123456789.") == absl::string_view::npos;
  };
  return digits(text.substr(0, at)) && digits(text.substr(at + 2));
}

// Month first where the year comes last, as in 2/1/2025: not how China writes it.
std::optional<absl::CivilDay> ForeignDay(absl::string_view cell) {
  const std::vector<absl::string_view> parts = absl::StrSplit(cell, absl::ByAnyChar("/-."));
  if (parts.size() != 3 || parts[2].size() != 4) return std::nullopt;
  return WrittenDay(absl::StrCat(parts[2], "-", parts[0], "-", parts[1]));
}

std::optional<absl::CivilDay> AnyDay(absl::string_view cell) {
  const auto day = WrittenDay(cell);
  return day ? day : ForeignDay(cell);
}

bool HasMonthName(absl::string_view id) {
  const std::string lower = absl::AsciiStrToLower(id);
  const size_t letters = lower.find_first_of("abcdefghijklmnopqrstuvwxyz");
  if (letters == std::string::npos) return false;
  const size_t end = std::min(lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz", letters), lower.size());
  const absl::string_view word = absl::string_view(lower).substr(letters, end - letters);
  if (lower.find_first_not_of("0123456789-.", end) != std::string::npos) return false;
  const std::vector<absl::string_view> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                 "jul", "aug", "sep", "oct", "nov", "dec"};
  return lower.find_first_of("0123456789") != std::string::npos && letters <= 5 && word.size() <= 9 &&
         std::any_of(months.begin(), months.end(),
                     [&](absl::string_view month) { return absl::StartsWith(word, month); });
}

}  // namespace

bool ChangesInSpreadsheet(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "true") || absl::EqualsIgnoreCase(text, "false")) return true;
  if (AllDigits(text)) return text.size() > kShownDigits || (text.size() > 1 && text[0] == '0');
  double number;
  if (absl::SimpleAtod(text, &number) && text.find_first_of("0123456789") != absl::string_view::npos) return true;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::ByAnyChar("-./"));
  const bool date = (parts.size() == 2 || parts.size() == 3) &&
                    std::all_of(parts.begin(), parts.end(),
                                [](absl::string_view part) { return AllDigits(part) && part.size() <= 4; });
  return date || HasMonthName(text);
}

bool IsMarked(absl::string_view text) {
  // Quote marks in front do not count, as with formulas.
  return LooksLikeFormula(text) ||
         ChangesInSpreadsheet(text.substr(std::min(text.size(), text.find_first_not_of('\''))));
}

Flaw MangledId(absl::string_view cell) {
  static constexpr char kReason[] = "ID_MANGLED_BY_SPREADSHEET";
  if (IsScientific(cell)) {
    return {kReason, "编号被电子表格改成了数值，末尾的数字已丢失：请把该列设为“文本”格式后重新录入，再导入"};
  }
  if (!AnyDay(cell)) return {};
  return {kReason, "编号被电子表格改成了日期，且与此行的内容不符或无法还原：请把该列设为“文本”格式后重新录入，再导入"};
}

bool MayBeMadeOf(absl::string_view cell, absl::string_view id) {
  if (cell == id) return true;
  if (const auto day = AnyDay(cell)) return day == WrittenDay(id);
  // 007 becomes 7, and 2025 may become 2025.0.
  if (!AllDigits(id)) return false;
  const size_t point = cell.find('.');
  if (point != absl::string_view::npos && cell.find_first_not_of('0', point + 1) != absl::string_view::npos)
    return false;
  const absl::string_view whole = cell.substr(0, point);
  return AllDigits(whole) && whole == id.substr(std::min(id.find_first_not_of('0'), id.size() - 1));
}

std::string PlainNumber(absl::string_view cell, bool whole) {
  const std::string text = HalfWidth(cell);
  const size_t point = std::min(text.find('.'), text.size());
  std::string before = text.substr(0, point);
  const absl::string_view behind = absl::string_view(text).substr(point);
  const std::vector<absl::string_view> groups = absl::StrSplit(before, ',');
  absl::string_view first = groups[0];
  if (!absl::ConsumePrefix(&first, "-")) absl::ConsumePrefix(&first, "+");
  const bool grouped = first.size() <= 3 && AllDigits(first) &&
                       std::all_of(groups.begin() + 1, groups.end(),
                                   [](absl::string_view group) { return group.size() == 3 && AllDigits(group); });
  if (grouped) before = absl::StrJoin(groups, "");
  const bool zeros = behind.size() > 1 && behind.find_first_not_of('0', 1) == absl::string_view::npos;
  return whole && zeros ? before : absl::StrCat(before, behind);
}

}  // namespace edudelta::gateway::codec
