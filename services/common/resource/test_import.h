#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "common/resource/test_engine.h"
#include "edudelta/safety/v1/inspection_point.pb.h"
#include "edudelta/safety/v1/patrol.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "edudelta/teachers/v1/teachers.pb.h"

namespace edudelta::resource {

using teachers::v1::Teacher;

inline std::string TeachersMethod(const std::string& method) {
  return "edudelta.teachers.v1.TeachersService." + method;
}

// A clerk who sees personal fields in clear.
inline call::v1::Caller SeeingClerk() {
  call::v1::Caller caller = CallerOf("users/seeing", {{options::v1::ROLE_BUREAU_CLERK, "districts/310114"},
                                                      {options::v1::ROLE_SENSITIVE_READER, "districts/310114"}});
  caller.set_purpose("STATISTICS");
  return caller;
}

// Teachers of two schools, written one by one and by files.
class ImportTest : public ::testing::Test {
 protected:
  void SetUp() override { AddSchools(service_); }

  static void AddSchools(TestService& service) {
    for (const char* name : {kSchool, kOtherSchool}) {
      service.Run("INSERT INTO ref_school VALUES (?, '310114', '一小', '211', 1, NOW(6))", {std::string(name)});
    }
  }

  Teacher Row(const std::string& id, int number = 1) {
    const auto made = maker_.Make(Teacher::descriptor(), "districts/310114/teachers/" + id, number);
    Teacher teacher = static_cast<const Teacher&>(*made);
    teacher.set_gender("1");
    teacher.set_identity_kind("1");
    teacher.set_school(kSchool);
    return teacher;
  }

  absl::StatusOr<resource::v1::ImportResponse> Import(const std::vector<Teacher>& rows,
                                                      resource::v1::ImportMode mode = v1::IMPORT_MODE_PARTIAL,
                                                      const call::v1::Caller& caller = SeeingClerk(),
                                                      Engine* engine = nullptr) {
    std::vector<const Message*> views;
    std::vector<int64_t> numbers;
    for (const Teacher& row : rows) {
      views.push_back(&row);
      numbers.push_back(static_cast<int64_t>(numbers.size()) + 2);
    }
    return Land(views, numbers, "districts/-", mode, caller, engine == nullptr ? teachers_ : *engine);
  }

  static absl::StatusOr<resource::v1::ImportResponse> Land(const std::vector<const Message*>& rows,
                                                           const std::vector<int64_t>& numbers,
                                                           const std::string& parent, resource::v1::ImportMode mode,
                                                           const call::v1::Caller& caller, Engine& engine,
                                                           const ImportColumns* columns = nullptr,
                                                           const std::shared_future<absl::Status>& earlier = {}) {
    const rpc::Call call = CallOf(caller, "edudelta.teachers.v1.TeachersService.ImportTeachers");
    ASSIGN_OR_RETURN(Importer::Upserts checked, engine.importer().Check(call, parent, rows, numbers));
    resource::v1::ImportResponse result;
    RETURN_IF_ERROR(engine.importer().Land(call, mode, columns, checked, earlier));
    Importer::Summarize(checked, &result);
    return result;
  }

  static std::string Counts(const absl::StatusOr<resource::v1::ImportResponse>& result) {
    if (!result.ok()) return result.status().ToString();
    std::string text = absl::StrCat(result->created_count(), " made ", result->updated_count(), " changed ",
                                    result->unchanged_count(), " same");
    for (const auto& error : result->errors())
      absl::StrAppend(&text, "; ", error.row(), " ", error.column(), " ", error.reason());
    return text;
  }

  Teacher Stored(const std::string& id) {
    auto row = teachers_.reader().Load(CallOf(Clerk(), "edudelta.teachers.v1.TeachersService.GetTeacher"),
                                       "districts/310114/teachers/" + id);
    EXPECT_THAT(row, testing::IsOk());
    return row.ok() ? static_cast<const Teacher&>(*row->message) : Teacher();
  }

  static Rules Tokens() {
    Rules rules;
    rules.start = [](Message* next) { static_cast<Teacher*>(next)->set_person_token(RandomHex(16)); };
    return rules;
  }

  TestService service_{
      {Teacher::descriptor(), safety::v1::InspectionPoint::descriptor(), safety::v1::Patrol::descriptor()},
      {{"teachers.Teacher", Tokens()}}};
  Engine& teachers_ = service_.engine("teachers.Teacher");
  testing::SampleMaker maker_{service_.codes, calendar::Today(service_.clock),
                              [](auto...) { return std::string(kSchool); }};
};

}  // namespace edudelta::resource
