#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "gateway/codec/import.h"
#include "gateway/codec/import_head.h"

namespace edudelta::gateway::codec {
namespace {

using google::protobuf::Message;

class NdjsonReader final : public ImportReader {
 public:
  explicit NdjsonReader(ImportSource source) : source_(std::move(source)) {}

  absl::Status Feed(absl::string_view piece) override {
    if (started_) return Parse(piece);
    head_.append(piece.data(), piece.size());
    return head_.size() < kHeadBytes ? absl::OkStatus() : Start(false);
  }

  absl::Status Finish() override {
    if (!started_) RETURN_IF_ERROR(Start(true));
    if (!pending_.empty()) Line(pending_);
    RETURN_IF_ERROR(fatal_);
    if (!seen_) return Invalid("body", "IMPORT_EMPTY", "文件是空的");
    return absl::OkStatus();
  }

 private:
  absl::Status Start(bool whole) {
    started_ = true;
    const auto ids = KnownIds(source_.sheet->pattern(), source_.parent);
    if (!ids.has_value()) return Invalid("parent", "PARENT_INVALID", "上级名称有误");
    known_ids_ = *ids;
    const std::string head = std::exchange(head_, "");
    absl::string_view text = head;
    Encoding encoding;
    RETURN_IF_ERROR(ReadHead(source_, Format::kNdjson, whole, &text, &encoding));
    // UTF-8 is checked where the JSON is read.
    if (encoding.charset != Charset::kUtf8) decoder_.emplace(encoding.charset);
    return Parse(text);
  }

  // In UTF-8 and GB18030 alike no part of a character looks like the end of a line or an ASCII blank.
  absl::Status Parse(absl::string_view piece) {
    while (!piece.empty()) {
      const size_t end = piece.find('\n');
      const absl::string_view part = piece.substr(0, end);
      if (pending_.size() + part.size() > source_.max_row_bytes) {
        return Invalid("body", "ROW_TOO_LONG", absl::StrCat("第 ", line_, " 行太长"));
      }
      if (end == absl::string_view::npos) {
        pending_.append(part.data(), part.size());
        return absl::OkStatus();
      }
      if (pending_.empty()) {
        Line(part);
      } else {
        pending_.append(part.data(), part.size());
        Line(pending_);
        pending_.clear();
      }
      RETURN_IF_ERROR(fatal_);
      ++line_;
      piece.remove_prefix(end + 1);
    }
    return absl::OkStatus();
  }

  void Fail(const std::string& column, const std::string& reason, const std::string& message) {
    auto& error = errors_.emplace_back();
    error.set_row(line_);
    error.set_column(column);
    error.set_reason(reason);
    error.set_message(message);
  }

  void Line(absl::string_view line) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) return;
    seen_ = true;
    std::string decoded;
    if (decoder_.has_value()) {
      if (!decoder_->Decode(line, &decoded)) return Fail("", "UNDECODABLE_BYTES", "含有无法解码的字节，请检查文件编码");
      line = decoded;
    }
    const auto* prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(source_.sheet->resource());
    std::unique_ptr<Message> message(prototype->New());
    Fields said;
    if (const absl::Status status = source_.json->Read(line, message.get(), &said); !status.ok()) {
      const std::string field = FieldOf(status);
      if (line[0] != '{') return Fail("", ReasonOf(status), "每行应是一个 JSON 对象");
      return Fail(field == "body" ? "" : field, ReasonOf(status), ChineseOf(status));
    }
    const std::string name = message->GetReflection()->GetString(*message, source_.sheet->name_field());
    if (name.empty()) return Fail("name", "ID_MISSING", "名称未填");
    const auto ids = describe::ParseName(source_.sheet->pattern(), name);
    if (!ids.has_value() || !Below(*ids)) return Fail("name", "NAME_INVALID", "名称与导入的上级不一致");
    if (const int64_t first = seen_rows_.Note(known_ids_, *ids, line_); first > 0) {
      return Fail("name", "ROW_REPEATED", absl::StrCat("与第", first, "行重复"));
    }
    if (seen_rows_.size() > source_.max_rows) {
      fatal_ = TooManyRows(source_);
      return;
    }
    rows_.push_back({line_, std::move(message), std::move(said)});
  }

  bool Below(const std::vector<absl::string_view>& ids) const {
    for (size_t i = 0; i < ids.size(); ++i) {
      if (!known_ids_[i].empty() && known_ids_[i] != ids[i]) return false;
    }
    return true;
  }

  ImportSource source_;
  std::vector<std::string> known_ids_;
  std::string head_;
  bool started_ = false;
  // None for UTF-8.
  std::optional<Decoder> decoder_;
  absl::Status fatal_;
  std::string pending_;
  bool seen_ = false;
};

}  // namespace

std::unique_ptr<ImportReader> MakeNdjsonReader(ImportSource source) {
  return std::make_unique<NdjsonReader>(std::move(source));
}

}  // namespace edudelta::gateway::codec
