#pragma once

#include "common/service/testing.h"
#include "edudelta/teachers/v1/staff_summary.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::service {

// Teachers with tables and handlers, but no rules.
inline Definition Teachers() {
  Definition definition;
  definition.name = "teachers";
  const auto codes = codes::CodeSets::Embedded();
  for (const auto* type : describe::ResourcesOf({describe::FindService("teachers")})) {
    const auto table = *resource::Table::Build(type, codes);
    definition.migrations.push_back({"209901010000_create_" + table->name(), table->Ddl()});
  }
  definition.rules = {{teachers::v1::Teacher::descriptor(), [](Runtime&) {
                         resource::Rules rules;
                         rules.On<teachers::v1::CloseTeacherRequest, teachers::v1::Teacher>(
                             [](const auto&, const auto&, const auto&, auto*) { return absl::OkStatus(); });
                         rules.On<teachers::v1::MergeTeacherRequest, teachers::v1::Teacher>(
                             [](const auto&, const auto&, const auto&, auto*) { return absl::OkStatus(); });
                         rules.On<teachers::v1::VoidTeacherRequest, teachers::v1::Teacher>(
                             [](const auto&, const auto&, const auto&, auto*) { return absl::OkStatus(); });
                         rules.On<teachers::v1::ReopenTeacherRequest, teachers::v1::Teacher>(
                             [](const auto&, const auto&, const auto&, auto*) { return absl::OkStatus(); });
                         return rules;
                       }}};
  definition.serve = [](Runtime&, rpc::DescribedService& api) {
    api.On<teachers::v1::SummarizeStaffRequest, teachers::v1::SummarizeStaffResponse>(
        "SummarizeStaff", [](const rpc::Call&, const auto&, auto*) { return absl::OkStatus(); });
  };
  return definition;
}

}  // namespace edudelta::service
