#include "gateway/cli/transfer.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "gateway/cli/catalog.h"
#include "gateway/cli/error_file.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/files.h"
#include "gateway/cli/progress.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

constexpr size_t kShownErrors = 5;
constexpr size_t kListedErrors = 1000;

bool IsNdjson(absl::string_view path) {
  return absl::EndsWithIgnoreCase(path, ".ndjson") || absl::EndsWithIgnoreCase(path, ".jsonl");
}

std::string ContentType(bool ndjson) {
  return absl::StrCat("Content-Type: ", ndjson ? "application/x-ndjson" : "text/csv");
}

// The headers under which each column of the collection may stand.
std::map<std::string, std::vector<std::string>> HeadersOf(Session& session, const std::string& collection) {
  std::map<std::string, std::vector<std::string>> headers;
  const absl::StatusOr<Catalog> catalog = Catalog::Fetch(session);
  const Json* dataset = catalog.ok() ? catalog->OfCollection(collection) : nullptr;
  if (dataset == nullptr) return headers;
  for (const Json& field : List(*dataset, "fields")) headers[Text(field, "name")] = {Text(field, "label")};
  std::vector<std::string> key = {"编号", "name"};
  for (absl::string_view segment : absl::StrSplit(Text(*dataset, "pattern"), '/')) {
    if (!absl::StartsWith(segment, "{")) continue;
    const std::string variable(segment.substr(1, segment.size() - 2));
    headers[variable].push_back(catalog->LabelOfVariable(variable));
    if (absl::EndsWith(Text(*dataset, "pattern"), segment)) {
      key.push_back(variable);
      headers[variable].insert(headers[variable].end(), {"编号", "name"});
    }
  }
  headers["name"] = std::move(key);
  return headers;
}

void ShowOutcome(Session& session, const Json& answer, absl::Duration took, absl::string_view mode) {
  const double seconds = std::max(absl::ToDoubleSeconds(took), 0.001);
  const auto rate = static_cast<int64_t>(static_cast<double>(Integer(answer, "row_count")) / seconds);
  if (session.globals().quiet) return;
  session.out() << OutcomeText(answer, mode) << absl::StrFormat("；用时 %.1f 秒，", seconds) << Grouped(rate)
                << " 行/秒\n";
}

// What is imported; read twice where something is wrong with it.
struct Input {
  std::unique_ptr<std::istream> file;
  int64_t size = 0;
  bool ndjson = false;

  bool Rewind() const {
    file->clear();
    file->seekg(0);
    return file->good();
  }
};

// Exit::kUsage when there is nothing to import.
absl::StatusOr<Input> Open(const std::string& path) {
  Input input;
  if (path == "-") {
    // To be sent again after an answer that says so, it is kept.
    ASSIGN_OR_RETURN(std::string text, ReadFile(path));
    input.size = static_cast<int64_t>(text.size());
    absl::string_view head = text;
    absl::ConsumePrefix(&head, "\xEF\xBB\xBF");
    input.ndjson = absl::StartsWith(absl::StripLeadingAsciiWhitespace(head), "{");
    input.file = std::make_unique<std::istringstream>(std::move(text));
  } else {
    std::error_code error;
    input.file = std::make_unique<std::ifstream>(path, std::ios::binary);
    input.size = static_cast<int64_t>(std::filesystem::file_size(path, error));
    input.ndjson = IsNdjson(path);
    if (!*input.file || error) return Fail(Exit::kUsage, absl::StrCat("读不出文件 ", path));
  }
  if (input.size == 0) return Fail(Exit::kUsage, absl::StrCat("文件 ", path, " 是空的"));
  return input;
}

void TellWarnings(Session& session, const Json& answer) {
  const std::vector<RowError> warnings = ReadErrors(answer, "warnings");
  for (size_t i = 0; i < warnings.size() && i < kShownErrors; ++i) {
    session.Note(absl::StrCat("提醒：", ErrorLine(warnings[i])));
  }
  const int64_t more = Integer(answer, "warning_count") - static_cast<int64_t>(std::min(warnings.size(), kShownErrors));
  if (more > 0) session.Note(absl::StrCat("另有 ", Grouped(more), " 处提醒，用 --json 查看"));
}

absl::Status TellErrors(Session& session, const ImportOptions& options, const Input& input,
                        const std::string& collection, const Json& answer) {
  std::vector<RowError> errors = ReadErrors(answer);
  const int64_t count = Integer(answer, "error_count");
  TellWarnings(session, answer);
  if (!errors.empty()) {
    input.Rewind();
    FindValues({*input.file, input.ndjson, options.encoding, HeadersOf(session, collection)}, &errors);
  }
  if (!options.errors.empty()) RETURN_IF_ERROR(WritePrivate(options.errors, WriteErrors(errors)));
  if (count == 0) return absl::OkStatus();
  for (size_t i = 0; i < errors.size() && i < kShownErrors; ++i) session.Note(ErrorLine(errors[i]));
  return Fail(Exit::kRowErrors, RefusedText(count, errors.size(), options.errors));
}

std::string ImportPath(const std::string& collection, const std::string& mode, const std::string& encoding,
                       const std::string& mask) {
  return PathOf(absl::StrCat(collection, ":import"), {{"mode", mode == "validate" ? "validate_only" : mode},
                                                      {"encoding", encoding == "auto" ? "" : encoding},
                                                      {"update_mask", mask}});
}

}  // namespace

std::string OutcomeText(const Json& answer, absl::string_view mode) {
  const int64_t errors = Integer(answer, "error_count"), warnings = Integer(answer, "warning_count");
  const char* nothing = mode == "validate"               ? "（只校验，没有写入）"
                        : mode == "atomic" && errors > 0 ? "（因有错误，没有写入任何行）"
                                                         : "";
  return absl::StrCat(nothing, "共 ", Grouped(Integer(answer, "row_count")), " 行：新增 ",
                      Grouped(Integer(answer, "created_count")), "，更新 ", Grouped(Integer(answer, "updated_count")),
                      "，不变 ", Grouped(Integer(answer, "unchanged_count")), "，有误 ", Grouped(errors),
                      warnings == 0 ? "" : absl::StrCat("，提醒 ", Grouped(warnings)));
}

std::string RefusedText(int64_t rows, size_t listed, absl::string_view file) {
  std::string text = absl::StrCat(Grouped(rows), " 行有误");
  if (listed >= kListedErrors) absl::StrAppend(&text, "（服务器只列出前 ", Grouped(kListedErrors), " 处）");
  if (!file.empty()) return absl::StrCat(text, "，说明见 ", file);
  absl::StrAppend(&text, "，用 --errors 文件 得到", listed < kListedErrors ? "全部" : "这些", "说明");
  if (listed > kShownErrors)
    absl::StrAppend(&text, "（屏幕只显示 ", Grouped(listed), " 处中的前 ", kShownErrors, " 处）");
  return text;
}

absl::Status ImportFile(Session& session, const ImportOptions& options) {
  const std::string collection = CleanName(options.collection);
  ASSIGN_OR_RETURN(const Input input, Open(options.file));
  if (!options.errors.empty() && IsSameFile(options.file, options.errors)) {
    return Fail(Exit::kUsage, "错误文件不能与导入文件相同，没有导入任何行");
  }
  if (!options.errors.empty() && !CanWritePrivate(options.errors)) {
    return Fail(Exit::kUsage, absl::StrCat("写不了错误文件 ", options.errors, "，没有导入任何行"));
  }
  const absl::Time began = absl::Now();
  absl::StatusOr<HttpResponse> response;
  {
    Progress progress(session.err(), ProgressIsShown(session.globals().progress, session.globals().quiet), "导入",
                      input.size);
    int64_t sent = 0, lines = 0;
    HttpRequest request;
    request.method = "POST";
    request.path = ImportPath(collection, options.mode, options.encoding, options.mask);
    request.headers = {ContentType(input.ndjson)};
    request.patient = true;
    request.upload_size = input.size;
    request.upload = [&](char* buffer, size_t room) -> size_t {
      input.file->read(buffer, static_cast<std::streamsize>(room));
      const auto got = static_cast<size_t>(input.file->gcount());
      sent += static_cast<int64_t>(got);
      lines += std::count(buffer, buffer + got, '\n');
      progress.Show(sent, lines);
      return got;
    };
    response = session.Send(std::move(request), [&] {
      sent = lines = 0;
      return input.Rewind();
    });
  }
  if (!response.ok()) {
    // The file could not be read to its end. The failure tells how many rows landed before; their errors are told here.
    const Json before = DetailOf(response.status(), ".ImportResponse");
    if (before.is_object()) session.Note(TextOf(TellErrors(session, options, input, collection, before)));
    return response.status();
  }
  const Json answer = ParseJson(response->body);
  if (!answer.is_object()) return Fail(Exit::kServer, "服务器的应答不是 JSON");
  if (session.globals().json) {
    session.out() << Dump(answer, 2) << '\n';
  } else {
    ShowOutcome(session, answer, absl::Now() - began, options.mode);
  }
  return TellErrors(session, options, input, collection, answer);
}

absl::StatusOr<Json> ImportText(Session& session, const std::string& collection, const std::string& ndjson,
                                const std::string& mask) {
  HttpRequest request;
  request.method = "POST";
  request.path = ImportPath(collection, "partial", "auto", mask);
  request.headers = {ContentType(true)};
  request.body = ndjson;
  ASSIGN_OR_RETURN(const HttpResponse response, session.Send(std::move(request)));
  Json answer = ParseJson(response.body);
  if (!answer.is_object()) return Fail(Exit::kServer, "服务器的应答不是 JSON");
  return answer;
}

absl::Status ExportFile(Session& session, const ExportOptions& options) {
  const bool to_stdout = options.file == "-";
  const std::string format = !options.format.empty() ? options.format : IsNdjson(options.file) ? "ndjson" : "csv";
  const std::string fresh = absl::StrCat(options.file, ".part");
  std::ofstream file;
  if (!to_stdout) {
    if (!CanWritePrivate(options.file)) return Fail(Exit::kUsage, absl::StrCat("写不了文件 ", options.file));
    if (MakePrivate(fresh)) file.open(fresh, std::ios::binary);
    if (!file.is_open()) return Fail(Exit::kUsage, absl::StrCat("写不了文件 ", fresh));
  }
  std::ostream& out = to_stdout ? session.out() : file;
  int64_t bytes = 0, lines = 0;
  absl::StatusOr<HttpResponse> response;
  {
    Progress progress(session.err(), ProgressIsShown(session.globals().progress, session.globals().quiet), "导出", 0);
    HttpRequest request;
    request.path = PathOf(absl::StrCat(CleanName(options.collection), ":export"),
                          {{"format", format}, {"filter", options.filter}, {"read_time", options.read_time}});
    request.patient = true;
    request.sink = [&](absl::string_view piece) {
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
      bytes += static_cast<int64_t>(piece.size());
      lines += std::count(piece.begin(), piece.end(), '\n');
      progress.Show(bytes, lines);
      return out.good();
    };
    response = session.Send(std::move(request));
  }
  out.flush();
  const bool written = out.good();
  if (!to_stdout) file.close();
  if (!response.ok() || !written) {
    if (!to_stdout) std::remove(fresh.c_str());
    return response.ok() ? Fail(Exit::kUsage, absl::StrCat("写不了文件 ", options.file)) : response.status();
  }
  if (to_stdout) return absl::OkStatus();
  if (std::rename(fresh.c_str(), options.file.c_str()) != 0) {
    return Fail(Exit::kUsage, absl::StrCat("写不了文件 ", options.file));
  }
  const int64_t rows = format == "csv" ? std::max<int64_t>(lines - 1, 0) : lines;
  session.Note(absl::StrCat("已导出 ", Grouped(rows), " 行（", Bytes(bytes), "）到 ", options.file));
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
