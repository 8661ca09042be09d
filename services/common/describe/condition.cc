#include "common/describe/condition.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/describe/limits.h"

namespace edudelta::describe {
namespace {

absl::Status Bad(absl::string_view reason, absl::string_view zh) { return Invalid("filter", reason, zh); }

// Reads tokens off the front of the filter.
class Reader {
 public:
  explicit Reader(absl::string_view text) : rest_(text) {}

  bool AtEnd() {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    return rest_.empty();
  }

  bool Take(absl::string_view token) {
    AtEnd();
    if (!absl::StartsWith(rest_, token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  // A word operator must not run into the next word.
  bool TakeWord(absl::string_view word) {
    AtEnd();
    if (!absl::StartsWith(rest_, word)) return false;
    if (rest_.size() > word.size() && IsWordCharacter(rest_[word.size()])) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string Identifier() {
    AtEnd();
    size_t end = 0;
    while (end < rest_.size() && (absl::ascii_isalnum(rest_[end]) || rest_[end] == '_')) ++end;
    return Cut(end);
  }

  absl::StatusOr<std::string> Literal() {
    AtEnd();
    if (rest_.empty()) return Bad("FILTER_SYNTAX", "筛选条件缺少值");
    if (rest_[0] == '"') return Quoted();
    size_t end = 0;
    while (end < rest_.size() && IsWordCharacter(rest_[end])) ++end;
    if (end == 0) return Bad("FILTER_SYNTAX", "筛选条件的值写法不对，文字请加双引号");
    return Cut(end);
  }

 private:
  static bool IsWordCharacter(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' || c == '+'; }

  std::string Cut(size_t size) {
    std::string cut(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return cut;
  }

  absl::StatusOr<std::string> Quoted() {
    std::string value;
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return value;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\')) ++i;
      value += rest_[i];
    }
    return Bad("FILTER_SYNTAX", "双引号没有成对");
  }

  absl::string_view rest_;
};

}  // namespace

absl::StatusOr<std::vector<Condition>> ParseFilter(absl::string_view filter) {
  if (filter.size() > kLongestFilter) return Bad("FILTER_TOO_LONG", "筛选条件太长");
  std::vector<Condition> conditions;
  Reader reader(filter);
  size_t literals = 0;
  while (!reader.AtEnd()) {
    if (!conditions.empty() && !reader.TakeWord("AND")) return Bad("FILTER_SYNTAX", "条件之间只能用 AND 连接");
    Condition condition;
    condition.field = reader.Identifier();
    if (condition.field.empty()) return Bad("FILTER_SYNTAX", "筛选条件应写作:字段 比较符 值");
    if (reader.TakeWord("IN")) {
      condition.op = "IN";
      if (!reader.Take("(")) return Bad("FILTER_SYNTAX", "IN 之后应为括号");
      do {
        ASSIGN_OR_RETURN(std::string literal, reader.Literal());
        condition.literals.push_back(std::move(literal));
      } while (reader.Take(","));
      if (!reader.Take(")")) return Bad("FILTER_SYNTAX", "括号没有成对");
    } else {
      for (absl::string_view op : {"!=", "<=", ">=", "=", "<", ">", ":"}) {
        if (!reader.Take(op)) continue;
        condition.op = std::string(op);
        break;
      }
      if (condition.op.empty()) return Bad("FILTER_SYNTAX", "比较符只能是 = != < <= > >= IN 或 :");
      ASSIGN_OR_RETURN(std::string literal, reader.Literal());
      condition.literals.push_back(std::move(literal));
    }
    literals += condition.literals.size();
    conditions.push_back(std::move(condition));
    if (conditions.size() > 20 || literals > 200) return Bad("FILTER_TOO_LONG", "筛选条件太多");
  }
  return conditions;
}

}  // namespace edudelta::describe
