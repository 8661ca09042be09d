#include "tests/fault/ledger.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "edudelta/planning/v1/planning.pb.h"

namespace edudelta::fault {

void Ledger::Add(Ledger other) {
  std::move(other.sent.begin(), other.sent.end(), std::back_inserter(sent));
  std::move(other.problems.begin(), other.problems.end(), std::back_inserter(problems));
  attempts += other.attempts;
}

std::string MarkOf(const google::protobuf::Message& row) {
  using google::protobuf::DynamicCastToGenerated;
  if (const auto* school = DynamicCastToGenerated<planning::v1::School>(&row)) {
    return absl::StrCat(school->address(), "|", int{school->state()});
  }
  if (const auto* grade = DynamicCastToGenerated<planning::v1::GradeEnrollment>(&row)) {
    return absl::StrCat(grade->pupil_count(), "|", grade->boarder_count());
  }
  return "";
}

}  // namespace edudelta::fault
