// Update masks. Input: the mask as its JSON text, and behind a line's end the resource in JSON.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/resource/check.h"
#include "common/resource/field_mask.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "edudelta/teachers/v1/teachers.pb.h"
#include "gateway/codec/json.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {

using google::protobuf::util::MessageDifferencer;
using teachers::v1::UpdateTeacherRequest;

bool Try(absl::string_view input) {
  static const auto& codes = *new codes::CodeSets(codes::CodeSets::Embedded());
  static const auto table = *resource::Table::Build(teachers::v1::Teacher::descriptor(), codes);
  static const auto& json = *new gateway::codec::JsonCodec({UpdateTeacherRequest::descriptor()});
  const size_t end = input.find('\n');
  UpdateTeacherRequest request;
  const absl::Status read = gateway::codec::SetFromText(
      UpdateTeacherRequest::descriptor()->FindFieldByName("update_mask"), input.substr(0, end), &request);
  if (!read.ok()) {
    MustBeRefusal(read, "FIELD_MASK_INVALID INVALID_UTF8");
    return false;
  }
  const absl::string_view body = end == absl::string_view::npos ? "{}" : input.substr(end + 1);
  if (!json.Read(body, request.mutable_teacher()).ok()) return false;

  const auto fields = resource::WritableFields(request, request.teacher(), *table);
  if (!fields.ok()) {
    MustBeRefusal(fields.status(), "MASK_PATH_UNKNOWN");
    return false;
  }
  const auto& paths = request.update_mask().paths();
  for (const auto* field : *fields) {
    const resource::Column* column = table->Find(field->name());
    Must(column != nullptr && !describe::Has(*column->options, options::v1::Field::OUTPUT_ONLY),
         "what the service sets is not written by callers", field->name());
    const bool named = std::find(paths.begin(), paths.end(), field->name()) != paths.end();
    const bool all = paths.size() == 1 && paths[0] == "*";
    Must(named || all || (paths.empty() && resource::IsSet(request.teacher(), field)),
         "a field is written when it is asked for", field->name());
  }
  std::string printed;
  UpdateTeacherRequest again;
  Must(json.Write(request, &printed).ok() && json.Read(printed, &again).ok() &&
           MessageDifferencer::Equals(request, again),
       "printed and read again it is the same", printed);
  teachers::v1::Teacher once = request.teacher();
  resource::Normalize(&once, *table);
  teachers::v1::Teacher twice = once;
  resource::Normalize(&twice, *table);
  Must(MessageDifferencer::Equals(once, twice), "a normal form is its own", once.ShortDebugString());
  return true;
}

}  // namespace edudelta::fuzz
