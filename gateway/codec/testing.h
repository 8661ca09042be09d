#pragma once

#include <iconv.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gateway/codec/import.h"
#include "gtest/gtest.h"

// For tests of imports: files of rooms, read.
namespace edudelta::gateway::codec {

inline std::string Gb18030(const std::string& utf8) {
  iconv_t converter = iconv_open("GB18030", "UTF-8");
  std::string out(utf8.size() * 2 + 8, '\0');
  char* from = const_cast<char*>(utf8.data());
  size_t from_left = utf8.size();
  char* to = out.data();
  size_t to_left = out.size();
  EXPECT_NE(iconv(converter, &from, &from_left, &to, &to_left), static_cast<size_t>(-1));
  iconv_close(converter);
  out.resize(out.size() - to_left);
  return out;
}

struct Result {
  absl::Status status;
  std::vector<sample::v1::Room> rooms;
  std::vector<int64_t> lines;
  // "row column REASON"
  std::vector<std::string> errors;
  std::vector<std::string> messages;
  // As errors.
  std::vector<std::string> warnings;
};

class ImportTest : public ::testing::Test {
 protected:
  Result Read(std::unique_ptr<ImportReader> reader, const std::string& body, size_t piece = 1 << 30) {
    Result result;
    for (size_t at = 0; at < body.size() && result.status.ok(); at += std::min(piece, body.size() - at)) {
      result.status = reader->Feed(absl::string_view(body).substr(at, piece));
    }
    if (result.status.ok()) result.status = reader->Finish();
    for (auto& row : reader->TakeRows()) {
      result.rooms.push_back(dynamic_cast<sample::v1::Room&>(*row.message));
      result.lines.push_back(row.row);
    }
    for (auto& error : reader->TakeErrors()) {
      result.errors.push_back(absl::StrCat(error.row(), " ", error.column(), " ", error.reason()));
      result.messages.push_back(error.message());
    }
    for (auto& warning : reader->TakeWarnings()) {
      result.warnings.push_back(absl::StrCat(warning.row(), " ", warning.column(), " ", warning.reason()));
    }
    return result;
  }
  ImportSource Source(absl::string_view parent, absl::string_view charset = "") {
    return {.sheet = &sheet_, .json = &json_, .parent = std::string(parent), .charset = std::string(charset)};
  }
  Result Csv(const std::string& body, absl::string_view parent = "districts/310114/schools/s1") {
    return Read(MakeCsvReader(Source(parent)), body);
  }
  std::string Refusal(const std::string& body, absl::string_view parent = "districts/310114/schools/s1") {
    const Result result = Csv(body, parent);
    return absl::StrCat(ReasonOf(result.status), " ", FieldOf(result.status));
  }

  codes::CodeSets codes_ = codes::CodeSets::Parse(
                               "set,code,label\nroom_use,01,教室\nroom_use,02,实验室（理化）\nroom_use,211,小学\nroom_"
                               "use,7,甲\nroom_use,07,乙\nroom_use,A,丙\n",
                               "1")
                               .value();
  JsonCodec json_{{sample::v1::Room::descriptor()}};
  Sheet sheet_{sample::v1::Room::descriptor(), {sample::v1::School::descriptor()}, codes_};
};

}  // namespace edudelta::gateway::codec
