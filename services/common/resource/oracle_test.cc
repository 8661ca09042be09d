// What a writer who sees personal fields masked only may learn of them: nothing, by whatever is tried.
#include "common/resource/check.h"
#include "common/resource/test_import.h"

namespace edudelta::resource {
namespace {

using resource::v1::ImportMode;
using testing::HasReason;
using testing::IsOk;

class OracleTest : public ImportTest {
 protected:
  static std::vector<std::string> PersonalFields(const Table& table) {
    std::vector<std::string> fields;
    for (const Column& column : table.columns()) {
      if (column.personal()) fields.push_back(column.name);
    }
    return fields;
  }

  // Nothing but what one column of a file brings, and what the writer must say besides.
  Teacher Guess(const std::string& id, const std::string& field, int number) {
    const Teacher known = Row(id, number);
    Teacher guess;
    guess.set_name(known.name());
    guess.set_school(kSchool);
    CopyField(known, Teacher::descriptor()->FindFieldByName(field), &guess);
    return guess;
  }

  // What the answer says, and what the writer finds in the register afterwards, but for the row's id.
  std::string Seen(const absl::StatusOr<resource::v1::ImportResponse>& answer, const std::string& id) {
    const std::string row = absl::StrCat(" FROM teacher WHERE teacher_id = '", id, "'");
    return absl::StrCat(answer.ok() ? answer->SerializeAsString() : answer.status().ToString(), " version ",
                        service_.Ask(absl::StrCat("SELECT version", row)), " changed ",
                        service_.Ask(absl::StrCat("SELECT update_time > create_time", row)));
  }

  absl::StatusOr<Teacher> Update(const call::v1::Caller& caller, const Teacher& row, const std::string& field) {
    teachers::v1::UpdateTeacherRequest request;
    *request.mutable_teacher() = row;
    request.mutable_update_mask()->add_paths(field);
    Teacher changed;
    RETURN_IF_ERROR(teachers_.writer().Update(CallOf(caller, TeachersMethod("UpdateTeacher")), request, &changed));
    return changed;
  }

  Teacher Shown(const std::string& id, const call::v1::Caller& caller = Clerk()) {
    teachers::v1::GetTeacherRequest request;
    request.set_name("districts/310114/teachers/" + id);
    Teacher shown;
    EXPECT_THAT(teachers_.reader().Get(CallOf(caller, TeachersMethod("GetTeacher")), request, &shown), IsOk());
    return shown;
  }

  int next_ = 1;
};

// One import brings what is stored, the other something else: for every mode, column and writer who sees masks.
TEST_F(OracleTest, AnswersAnImportAlikeWhateverItBrings) {
  for (const ImportMode mode :
       {v1::IMPORT_MODE_VALIDATE_ONLY, v1::IMPORT_MODE_ATOMIC, v1::IMPORT_MODE_PARTIAL, v1::IMPORT_MODE_UNSPECIFIED}) {
    for (const std::string& field : PersonalFields(teachers_.table())) {
      for (const auto& caller : {Clerk(), SchoolClerk(kSchool)}) {
        const int right = next_++;
        const int wrong = next_++;
        const std::string a = absl::StrCat("a", right);
        const std::string b = absl::StrCat("b", right);
        ASSERT_EQ(Counts(Import({Row(a, right), Row(b, wrong)})), "2 made 0 changed 0 same");
        service_.Age();
        const ImportColumns columns = {"school", field};
        const auto ask = [&](const std::string& id, int number) {
          const Teacher guess = Guess(id, field, number);
          return Seen(Land({&guess}, {2}, "districts/310114", mode, caller, teachers_, &columns), id);
        };
        EXPECT_EQ(ask(a, right), ask(b, next_++))
            << field << " " << v1::ImportMode_Name(mode) << " " << caller.principal();
      }
    }
  }
}

TEST_F(OracleTest, AnswersAnUpdateAlikeWhateverItBrings) {
  for (const std::string& field : PersonalFields(teachers_.table())) {
    const int right = next_++;
    ASSERT_EQ(Counts(Import({Row("a" + field, right), Row("b" + field, next_++)})), "2 made 0 changed 0 same");
    service_.Age();
    const auto ask = [&](const std::string& id, int number) {
      const auto changed = Update(Clerk(), Guess(id, field, number), field);
      EXPECT_THAT(changed, IsOk());
      return Seen(resource::v1::ImportResponse(), id);
    };
    EXPECT_EQ(ask("a" + field, right), ask("b" + field, next_++)) << field;
  }
}

// Who sees them in clear is told what is unchanged, and makes no version for nothing; so is who brings none.
TEST_F(OracleTest, TellsWhoMayKnow) {
  ASSERT_EQ(Counts(Import({Row("a")})), "1 made 0 changed 0 same");
  EXPECT_EQ(Counts(Import({Row("a")})), "0 made 0 changed 1 same");
  Teacher bare = Row("a");
  for (const std::string& field : PersonalFields(teachers_.table())) {
    bare.GetReflection()->ClearField(&bare, Teacher::descriptor()->FindFieldByName(field));
  }
  EXPECT_EQ(Counts(Import({bare}, v1::IMPORT_MODE_PARTIAL, Clerk())), "0 made 0 changed 1 same");
  ASSERT_THAT(Update(SeeingClerk(), Row("a"), "phone"), IsOk());
  EXPECT_EQ(service_.Ask("SELECT version FROM teacher"), "1");
  auto aimless = SeeingClerk();
  aimless.clear_purpose();
  EXPECT_EQ(Counts(Import({Row("a")}, v1::IMPORT_MODE_PARTIAL, aimless)), "0 made 1 changed 0 same");
}

// An export as the clerk sees it comes back as it went: its masks say that the values stay.
TEST_F(OracleTest, TakesAMaskedExportBack) {
  ASSERT_EQ(Counts(Import({Row("a", 1), Row("b", 2)})), "2 made 0 changed 0 same");
  std::vector<Teacher> rows = {Shown("a"), Shown("b")};
  ASSERT_NE(rows[0].phone(), Row("a", 1).phone()) << "shown in clear";
  for (const ImportMode mode : {v1::IMPORT_MODE_VALIDATE_ONLY, v1::IMPORT_MODE_ATOMIC, v1::IMPORT_MODE_PARTIAL}) {
    EXPECT_EQ(Counts(Import(rows, mode, Clerk())), "0 made 0 changed 2 same");
  }
  rows[0].set_established(!rows[0].established());
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_PARTIAL, Clerk())), "0 made 1 changed 1 same");
  for (const std::string& field : PersonalFields(teachers_.table())) {
    EXPECT_TRUE(FieldEquals(Stored("a"), Row("a", 1), Teacher::descriptor()->FindFieldByName(field))) << field;
  }
}

TEST_F(OracleTest, RefusesAnyOtherMask) {
  ASSERT_EQ(Counts(Import({Row("a", 1), Row("b", 2)})), "2 made 0 changed 0 same");
  const Teacher shown = Shown("a");
  for (const std::string& field : PersonalFields(teachers_.table())) {
    const auto* descriptor = Teacher::descriptor()->FindFieldByName(field);
    Teacher other = shown;
    const std::string mask = other.GetReflection()->GetString(other, descriptor);
    other.GetReflection()->SetString(
        &other, descriptor,
        mask.back() == '*' ? mask + "*" : mask.substr(0, mask.size() - 1) + (mask.back() == '9' ? "8" : "9"));
    EXPECT_EQ(Counts(Import({other}, v1::IMPORT_MODE_PARTIAL, Clerk())),
              absl::StrCat("0 made 0 changed 0 same; 2 ", field, " VALUE_MASKED"));
  }
  Teacher fresh = shown;
  fresh.set_name("districts/310114/teachers/new");
  fresh.clear_etag();
  EXPECT_EQ(Counts(Import({fresh}, v1::IMPORT_MODE_PARTIAL, Clerk())),
            "0 made 0 changed 0 same; 2 full_name VALUE_MASKED");
  // Nor is anything told of a row that the writer may not touch.
  EXPECT_EQ(Counts(Import({shown}, v1::IMPORT_MODE_PARTIAL, SchoolClerk(kOtherSchool))),
            "0 made 0 changed 0 same; 2  ROLE_MISSING");
}

}  // namespace
}  // namespace edudelta::resource
