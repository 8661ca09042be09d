#include <csv.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "gateway/codec/cell.h"
#include "gateway/codec/charset.h"
#include "gateway/codec/csv_header.h"
#include "gateway/codec/import.h"
#include "gateway/codec/import_head.h"
#include "gateway/codec/spreadsheet.h"
#include "gateway/codec/text.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::Message;

constexpr size_t kSliceBytes = 16 << 10;
// Headers that are empty, between others.
constexpr size_t kSpareCells = 100;
constexpr int kMaxErrorsOfRow = 10;
// What libcsv says instead of the character that ends a row.
constexpr int kNoEnd = -1;

// The parser sees the bytes as sent: in UTF-8 and GB18030 alike no part of a character looks like a comma, a quote or
// the end of a line. So each cell is decoded alone, and undecodable bytes name their row and column.
class CsvReader final : public ImportReader {
 public:
  explicit CsvReader(ImportSource source) : source_(std::move(source)) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
  }
  ~CsvReader() override { csv_free(&parser_); }

  absl::Status Feed(absl::string_view piece) override {
    if (started_) return Parse(piece);
    head_.append(piece.data(), piece.size());
    return head_.size() < kHeadBytes ? absl::OkStatus() : Start(false);
  }

  absl::Status Finish() override {
    if (!started_) RETURN_IF_ERROR(Start(true));
    if (formulas_.Holds()) Take("=");
    if (csv_fini(&parser_, OnCell, OnRow, this) != 0) fatal_ = Broken();
    RETURN_IF_ERROR(fatal_);
    if (titles_ > 0 && !header_done_) return NoHeaders(*source_.sheet, known_ids_);
    if (!header_done_) return Invalid("body", "IMPORT_EMPTY", "文件是空的");
    return absl::OkStatus();
  }

 private:
  static void OnCell(void* bytes, size_t size, void* self) {
    static_cast<CsvReader*>(self)->Cell(absl::string_view(static_cast<const char*>(bytes), size));
  }
  static void OnRow(int end, void* self) { static_cast<CsvReader*>(self)->Row(end); }

  absl::Status Start(bool whole) {
    started_ = true;
    const auto ids = KnownIds(source_.sheet->pattern(), source_.parent);
    if (!ids.has_value()) return Invalid("parent", "PARENT_INVALID", "上级名称有误");
    known_ids_ = *ids;
    std::string head = std::exchange(head_, "");
    absl::string_view text = head;
    Encoding encoding;
    RETURN_IF_ERROR(ReadHead(source_, Format::kCsv, whole, &text, &encoding));
    RETURN_IF_ERROR(CheckSeparator(*source_.sheet, encoding, text));
    guessed_ = encoding.guessed;
    decoder_.emplace(encoding.charset);
    return Parse(text);
  }

  absl::Status Parse(absl::string_view piece) {
    while (!piece.empty()) {
      const absl::string_view slice = piece.substr(0, kSliceBytes);
      piece.remove_prefix(slice.size());
      row_bytes_ += slice.size();
      const bool whole = Take(formulas_.Strip(slice));
      RETURN_IF_ERROR(fatal_);
      if (!whole) return fatal_ = Broken();
      if (row_bytes_ > source_.max_row_bytes) {
        return fatal_ = Invalid("body", "ROW_TOO_LONG", absl::StrCat("第 ", line_, " 行太长，或引号没有闭合"));
      }
    }
    return absl::OkStatus();
  }

  bool Take(absl::string_view bytes) {
    return csv_parse(&parser_, bytes.data(), bytes.size(), OnCell, OnRow, this) == bytes.size();
  }

  absl::Status Broken() const {
    return Invalid("body", "CSV_SYNTAX", absl::StrCat("第 ", line_, " 行的引号有误，其后无法读取"));
  }

  void Cell(absl::string_view bytes) {
    // Of the cells that no header can be over, only what is in them counts.
    if (cells_.size() < MostCells()) {
      cells_.emplace_back(bytes);
    } else if (!bytes.empty()) {
      has_more_ = true;
    }
    row_bytes_ = 0;
    total_ += bytes.size() + 1;
    if (total_ > source_.max_row_bytes && fatal_.ok()) {
      fatal_ = Invalid("body", "ROW_TOO_LONG", absl::StrCat("第 ", line_, " 行太长，或引号没有闭合"));
    }
  }

  // Spreadsheets write empty cells behind the last header, but few of them between headers.
  size_t MostCells() const { return header_done_ ? columns_.size() : source_.sheet->columns().size() + kSpareCells; }

  void Row(int end) {
    row_bytes_ = 0;
    total_ = 0;
    // CR LF is one end, reported as two.
    const bool second = end == '\n' && last_end_ == '\r' && cells_.empty();
    last_end_ = end;
    if (second) return;
    if (fatal_.ok() && !Blank()) {
      if (header_done_) {
        Data(end == kNoEnd);
      } else {
        fatal_ = Header();
      }
    }
    cells_.clear();
    has_more_ = false;
    // Line() tells where it ended.
    if (fatal_.ok()) ++line_;
  }

  bool Blank() const {
    return !has_more_ && absl::c_all_of(cells_, [](const std::string& cell) { return cell.empty(); });
  }

  std::vector<std::string> Texts(Decoder& decoder) const {
    std::vector<std::string> texts;
    for (const std::string& cell : cells_) {
      std::string& text = texts.emplace_back();
      if (!decoder.Decode(cell, &text)) text = "?";
      text = std::string(Unformula(StripBlanks(text)));
    }
    return texts;
  }

  // Titles may stand above the headers.
  absl::Status Header() {
    const Sheet& sheet = *source_.sheet;
    std::vector<std::string> texts = Texts(*decoder_);
    for (const Charset other : {Charset::kUtf8, Charset::kGb18030}) {
      // Known words in the other charset are a better sign than a guess from bytes.
      if (!guessed_ || HasHeader(sheet, texts)) break;
      Decoder decoder(other);
      std::vector<std::string> others = Texts(decoder);
      if (!HasHeader(sheet, others)) continue;
      decoder_.emplace(other);
      texts = std::move(others);
    }
    if (!HasHeader(sheet, texts)) return ++titles_ > kMostTitles ? NoHeaders(sheet, known_ids_) : absl::OkStatus();
    if (has_more_) return Invalid("body", "CSV_TOO_MANY_COLUMNS", "表头的列太多");
    RETURN_IF_ERROR(BindHeaders(sheet, known_ids_, texts, &columns_));
    header_done_ = true;
    for (const Sheet::Column& column : sheet.columns()) {
      const bool given = absl::c_linear_search(columns_, &column);
      if (given && column.kind == Sheet::Column::Kind::kField && !column.output_only)
        columns_read_.push_back(column.name);
    }
    return absl::OkStatus();
  }

  // A name of the wrong shape says nothing about which column is wrong; everything else names its column.
  void Fail(const std::string& column, Flaw flaw, absl::string_view value, bool open) {
    auto& error = errors_.emplace_back();
    error.set_row(line_);
    error.set_column(column);
    error.set_reason(flaw.reason);
    std::string message = flaw.zh;
    if (open && !value.empty() && IsUtf8(value)) absl::StrAppend(&message, "：", Excerpt(value));
    error.set_message(std::move(message));
    ++row_errors_;
  }

  void Warn(const std::string& column, absl::string_view reason, absl::string_view zh) {
    auto& warning = warnings_.emplace_back();
    warning.set_row(line_);
    warning.set_column(column);
    warning.set_reason(std::string(reason));
    warning.set_message(std::string(zh));
  }

  // Once for each.
  void WarnOfNoHeader(size_t cell) {
    if (!unheaded_.insert(cell).second) return;
    Warn("", "COLUMN_WITHOUT_HEADER", absl::StrCat("第 ", cell + 1, " 列没有表头，其中的内容没有导入"));
  }

  // `cut`: the file ended before the row did.
  void Data(bool cut) {
    row_errors_ = 0;
    if (has_more_) {
      return Fail("", {"ROW_TOO_MANY_CELLS", "此行的列数多于表头"}, "", false);
    }
    // A spreadsheet leaves out the last cells of some rows when they are empty; but it ends each row.
    if (cut && cells_.size() < columns_.size() &&
        std::any_of(columns_.begin() + cells_.size(), columns_.end(),
                    [](const auto* column) { return column != nullptr; })) {
      return Fail("", {"ROW_TOO_FEW_CELLS", "文件在此行中间断了，列数少于表头"}, "", false);
    }
    std::vector<std::string> texts(columns_.size());
    for (size_t i = 0; i < std::min(cells_.size(), columns_.size()); ++i) {
      const bool decoded = decoder_->Decode(cells_[i], &texts[i]);
      if (decoded) texts[i] = std::string(Unformula(StripBlanks(texts[i])));
      if (columns_[i] == nullptr && !texts[i].empty()) WarnOfNoHeader(i);
      if (decoded || columns_[i] == nullptr) continue;
      Fail(columns_[i]->name, {"UNDECODABLE_BYTES", "含有无法解码的字节，请检查文件编码"}, "", false);
    }
    if (row_errors_ > 0) return;

    std::vector<std::string> ids = known_ids_;
    if (!Ids(texts, &ids)) return;
    if (const int64_t first = seen_rows_.Note(known_ids_, ids, line_); first > 0) {
      return Fail("name", {"ROW_REPEATED", absl::StrCat("与第", first, "行重复").c_str()}, "", false);
    }
    if (seen_rows_.size() > source_.max_rows) {
      fatal_ = TooManyRows(source_);
      return;
    }
    std::unique_ptr<Message> message = NewRow();
    message->GetReflection()->SetString(message.get(), source_.sheet->name_field(),
                                        describe::BuildName(source_.sheet->pattern(), ids));
    for (size_t i = 0; i < columns_.size() && row_errors_ < kMaxErrorsOfRow; ++i) {
      const Sheet::Column* column = columns_[i];
      if (column == nullptr || column->kind != Sheet::Column::Kind::kField) continue;
      const absl::string_view cell = texts[i];
      if (cell.empty() || column->times_row) continue;
      const Flaw flaw = ReadCell(*source_.sheet, *column, cell, ids, *source_.json, message.get());
      if (flaw.reason == nullptr) continue;
      if (column->output_only) {
        message->GetReflection()->ClearField(message.get(), column->field);
        Warn(column->name, "FIELD_NOT_IMPORTED", absl::StrCat(column->header, "不能通过导入修改，此行所写没有采用"));
        continue;
      }
      Fail(column->name, flaw, cell, column->open);
      if (!column->choices.empty()) absl::StrAppend(errors_.back().mutable_message(), "；可填：", column->choices);
    }
    if (row_errors_ == 0) rows_.push_back({line_, std::move(message)});
  }

  // What stood in the key's cell before a spreadsheet took it for a date or a number, where the row's fields that never
  // change make an id that it may have been: 2025/2/1 of school year 2025, stage 2 and grade 1 was 2025-2-1.
  std::string KeyOf(std::string cell, const std::vector<std::string>& texts) const {
    std::string made;
    for (const Sheet::Column& column : source_.sheet->columns()) {
      if (!column.fixed) continue;
      const auto at = absl::c_find(columns_, &column);
      if (at == columns_.end()) return cell;
      const std::string& text = texts[at - columns_.begin()];
      absl::StrAppend(&made, made.empty() ? "" : "-", WordOf(*source_.sheet, column, text, *source_.json));
    }
    return MayBeMadeOf(cell, made) ? made : cell;
  }

  std::unique_ptr<Message> NewRow() const {
    return std::unique_ptr<Message>(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(source_.sheet->resource())->New());
  }

  // Fills `ids` from the ancestor columns and the key, which may be a whole name.
  bool Ids(const std::vector<std::string>& texts, std::vector<std::string>* ids) {
    constexpr Flaw kMissing = {"ID_MISSING", "编号未填"};
    constexpr Flaw kBad = {"ID_INVALID", "编号只能用字母、数字和 . _ ~ -，最多 63 个字符"};
    constexpr Flaw kBadName = {"NAME_INVALID", "名称与导入的上级不一致"};
    const describe::Pattern& pattern = source_.sheet->pattern();
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Sheet::Column* column = columns_[i];
      if (column == nullptr || column->kind == Sheet::Column::Kind::kField || texts[i].empty()) continue;
      const std::string& known = known_ids_[column->variable];
      std::string id = texts[i];
      // The mark of an export, which keeps spreadsheets off.
      if (id[0] == '\'' && id.size() > 1) id.erase(0, 1);
      if (column->kind == Sheet::Column::Kind::kKey) id = KeyOf(std::move(id), texts);
      const Flaw mangled = MangledId(id);
      if (column->kind == Sheet::Column::Kind::kKey && absl::StrContains(id, '/')) {
        const auto parts = describe::ParseName(pattern, id);
        const Flaw bad = mangled.reason != nullptr ? mangled : kBadName;
        if (!parts.has_value()) return Fail(column->name, bad, texts[i], true), false;
        for (size_t v = 0; v < parts->size(); ++v) {
          if (!(*ids)[v].empty() && (*ids)[v] != (*parts)[v])
            return Fail(column->name, kBadName, texts[i], true), false;
          (*ids)[v] = std::string((*parts)[v]);
        }
        continue;
      }
      // An ancestor may be given by its whole name too.
      if (column->kind == Sheet::Column::Kind::kAncestor) {
        if (const size_t slash = id.rfind('/'); slash != std::string::npos) id.erase(0, slash + 1);
      }
      // What is no id may be anything, a name too.
      if (!describe::IsId(id)) {
        const bool date = mangled.reason != nullptr;
        return Fail(column->name, date ? mangled : kBad, date ? id : "", date), false;
      }
      if (!known.empty() && known != id) return Fail(column->name, kBadName, id, true), false;
      (*ids)[column->variable] = std::move(id);
    }
    for (size_t v = 0; v < ids->size(); ++v) {
      if ((*ids)[v].empty()) {
        const bool key = v + 1 == ids->size();
        return Fail(key ? "name" : pattern.variables[v], kMissing, "", false), false;
      }
    }
    return true;
  }

  ImportSource source_;
  csv_parser parser_;
  std::string head_;
  bool started_ = false;
  bool guessed_ = false;
  std::optional<Decoder> decoder_;
  std::vector<std::string> known_ids_;
  absl::Status fatal_;
  bool header_done_ = false;
  FormulaQuotes formulas_;
  // Rows above the headers.
  int titles_ = 0;
  // Cells below no header of which a warning tells.
  std::set<size_t> unheaded_;
  // By cell of a row; null for a column that is not looked at.
  std::vector<const Sheet::Column*> columns_;
  std::vector<std::string> cells_;
  // There is something behind them in the row.
  bool has_more_ = false;
  int last_end_ = 0;
  size_t row_bytes_ = 0;
  size_t total_ = 0;
  int row_errors_ = 0;
};

}  // namespace

std::unique_ptr<ImportReader> MakeCsvReader(ImportSource source) {
  return std::make_unique<CsvReader>(std::move(source));
}

}  // namespace edudelta::gateway::codec
