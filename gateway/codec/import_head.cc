#include "gateway/codec/import_head.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "gateway/codec/csv_header.h"

namespace edudelta::gateway::codec {
namespace {

constexpr char kBom[] = "\xEF\xBB\xBF";

absl::Status CheckKind(absl::string_view head, Format format) {
  const char* const way =
      format == Format::kCsv ? "请在电子表格中另存为“CSV UTF-8（逗号分隔）”再导入" : "请另存为 UTF-8 编码再导入";
  if (absl::StartsWith(head, "\xFF\xFE") || absl::StartsWith(head, "\xFE\xFF")) {
    return Invalid("body", "FILE_IS_UTF16", absl::StrCat("文件是 UTF-16（Unicode 文本）编码，无法读取：", way));
  }
  if (absl::StartsWith(head, "PK\x03\x04") || absl::StartsWith(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) {
    return Invalid("body", "FILE_IS_WORKBOOK", absl::StrCat("文件是 Excel 工作簿或压缩包，不是文本，无法读取：", way));
  }
  return absl::OkStatus();
}

// Two words or more, of which one at least is a header.
bool SplitsIntoHeaders(const Sheet& sheet, absl::string_view line, char separator) {
  int words = 0;
  bool known = false;
  for (absl::string_view word : absl::StrSplit(line, separator)) {
    word = StripBlanks(word);
    absl::ConsumePrefix(&word, "\"");
    absl::ConsumeSuffix(&word, "\"");
    word = StripBlanks(word);
    if (word.empty()) continue;
    ++words;
    known = known || FindHeader(sheet, word) != nullptr;
  }
  return known && words > 1;
}

}  // namespace

absl::Status ReadHead(const ImportSource& source, Format format, bool whole, absl::string_view* head,
                      Encoding* encoding) {
  RETURN_IF_ERROR(CheckKind(*head, format));
  const bool bom = absl::ConsumePrefix(head, kBom);
  if (!source.charset.empty()) {
    return ParseCharset(source.charset, &encoding->charset)
               ? absl::OkStatus()
               : Invalid("encoding", "ENCODING_UNKNOWN", "编码只能是 utf-8 或 gb18030");
  }
  // JSON is UTF-8 unless the client says otherwise: its lines have no headers to tell whether a guess is right.
  encoding->guessed = !bom && format == Format::kCsv;
  if (encoding->guessed) encoding->charset = GuessCharset(*head, whole);
  return absl::OkStatus();
}

absl::Status TooManyRows(const ImportSource& source) {
  return Invalid("body", "IMPORT_TOO_MANY_ROWS",
                 absl::StrCat("一个文件最多 ", source.max_rows, " 行，请分成几个文件导入"));
}

absl::Status CheckSeparator(const Sheet& sheet, const Encoding& encoding, absl::string_view head) {
  int lines = 0;
  while (!head.empty() && lines <= kMostTitles) {
    const absl::string_view line = head.substr(0, head.find_first_of("\r\n"));
    head.remove_prefix(line.size() + (line.size() < head.size() ? 1 : 0));
    if (line.empty()) continue;
    ++lines;
    for (const Charset charset : {Charset::kUtf8, Charset::kGb18030}) {
      if (charset != encoding.charset && !encoding.guessed) continue;
      Decoder decoder(charset);
      std::string text;
      if (!decoder.Decode(line, &text)) continue;
      if (absl::StrContains(text, ",")) {
        // The headers themselves.
        if (SplitsIntoHeaders(sheet, text, ',')) return absl::OkStatus();
        continue;
      }
      for (const auto& [separator, name] : {std::pair('\t', "制表符"), std::pair(';', "分号")}) {
        if (!SplitsIntoHeaders(sheet, text, separator)) continue;
        return Invalid(
            "body", "CSV_SEPARATOR_NOT_COMMA",
            absl::StrCat("文件的各列用", name, "分隔，应当用逗号：请在电子表格中另存为“CSV UTF-8（逗号分隔）”再导入"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::codec
