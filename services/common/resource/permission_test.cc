#include "common/resource/permission.h"

#include "common/resource/test_engine.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::resource {
namespace {

// The SQL of ReadableRows lets through exactly the rows for which HoldsRole holds.
TEST(ReadableRows, AgreesWithHoldsRole) {
  TestService service({teachers::v1::Teacher::descriptor()});
  Engine& engine = service.engine("teachers.Teacher");
  const Table& table = engine.table();
  std::vector<std::unique_ptr<Message>> rows;
  int number = 0;
  testing::SampleMaker maker(service.codes, calendar::Today(service.clock), [](auto...) { return std::string(); });
  for (const char* district : {"310114", "310115", "310200", "320114"}) {
    for (const char* school :
         {"districts/310114/schools/a_b", "districts/310114/schools/aXb", "districts/310114/schools/a_bc",
          "districts/310115/schools/a_b", "districts/320114/schools/a_b"}) {
      ++number;
      rows.push_back(maker.Make(table.type(), absl::StrCat("districts/", district, "/teachers/t", number), number));
      static_cast<teachers::v1::Teacher&>(*rows.back()).set_school(school);
    }
  }
  std::vector<const Message*> views;
  for (const auto& row : rows) views.push_back(row.get());
  service.Insert(views);
  const Roles readers = ReadersOf(table);
  const std::vector<std::string> prefixes = {"*",
                                             "districts/000000",
                                             "districts/310000",
                                             "districts/310100",
                                             "districts/310114",
                                             "districts/310114/schools/a_b",
                                             "districts/310114/schools/a_b/x",
                                             "districts/320114/schools/a_b",
                                             "districts/310114/teachers/t1",
                                             "districts/31",
                                             "districts/%",
                                             "organizations/x",
                                             ""};
  for (const std::string& one : prefixes) {
    for (const std::string& two : prefixes) {
      const auto caller = CallerOf("users/u", {{options::v1::ROLE_SCHOOL_CLERK, one},
                                               {options::v1::ROLE_EVALUATOR, two},
                                               {options::v1::ROLE_ADMINISTRATOR, "*"}});
      std::vector<std::string> expected;
      for (const auto& row : rows) {
        if (HoldsRole(caller, readers, table, *row)) expected.push_back(TextOf(*row, "name"));
      }
      std::sort(expected.begin(), expected.end());
      std::vector<std::string> actual;
      if (const auto where = ReadableRows(caller, readers, table)) {
        Store::Read read;
        read.where = *where;
        ASSERT_THAT(service.pool->Read(Soon(),
                                       [&](db::Session& session) -> absl::Status {
                                         actual.clear();
                                         ASSIGN_OR_RETURN(std::vector<Row> found,
                                                          engine.store().Page(session, read, {}, 100));
                                         for (const Row& row : found) actual.push_back(TextOf(*row.message, "name"));
                                         return absl::OkStatus();
                                       }),
                    testing::IsOk())
            << one << " " << two;
      }
      std::sort(actual.begin(), actual.end());
      EXPECT_EQ(actual, expected) << one << " and " << two;
    }
  }
}

TEST(SeesPersonal, NeedsRoleAndPurpose) {
  const auto codes = codes::CodeSets::Embedded();
  const auto table = *Table::Build(teachers::v1::Teacher::descriptor(), codes);
  teachers::v1::Teacher teacher;
  teacher.set_name("districts/310114/teachers/1");
  teacher.set_school(kSchool);
  auto caller = CallerOf("users/u", {{options::v1::ROLE_SENSITIVE_READER, kSchool}});
  EXPECT_FALSE(SeesPersonal(caller, *table, teacher));
  caller.set_purpose("01");
  EXPECT_TRUE(SeesPersonal(caller, *table, teacher));
  teacher.set_name("districts/310115/teachers/1");
  EXPECT_FALSE(SeesPersonal(caller, *table, teacher));
}

}  // namespace
}  // namespace edudelta::resource
