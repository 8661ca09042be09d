#include <atomic>
#include <thread>

#include "common/resource/check.h"
#include "common/resource/test_import.h"
#include "edudelta/safety/v1/patrol_plan.pb.h"
#include "edudelta/safety/v1/safety.pb.h"

namespace edudelta::resource {
namespace {

using resource::v1::ImportMode;
using testing::HasReason;
using testing::IsOk;

// One person stands once in a district's register.
class UniqueTest : public ImportTest {
 protected:
  absl::StatusOr<Teacher> Create(const Teacher& row, const call::v1::Caller& caller = Clerk()) {
    teachers::v1::CreateTeacherRequest request;
    request.set_parent(ParentOf(row.name()));
    request.set_teacher_id(row.name().substr(row.name().rfind('/') + 1));
    *request.mutable_teacher() = row;
    Teacher made;
    RETURN_IF_ERROR(teachers_.writer().Create(CallOf(caller, TeachersMethod("CreateTeacher")), request, &made));
    return made;
  }
  absl::Status Update(const Teacher& row, const std::string& field) {
    teachers::v1::UpdateTeacherRequest request;
    *request.mutable_teacher() = row;
    request.mutable_update_mask()->add_paths(field);
    Teacher changed;
    return teachers_.writer().Update(CallOf(Clerk(), TeachersMethod("UpdateTeacher")), request, &changed);
  }
  absl::Status BatchCreate(const std::vector<Teacher>& rows, const call::v1::Caller& caller) {
    teachers::v1::BatchCreateTeachersRequest request;
    request.set_parent("districts/310114");
    for (const Teacher& row : rows) {
      auto* one = request.add_requests();
      one->set_teacher_id(row.name().substr(row.name().rfind('/') + 1));
      *one->mutable_teacher() = row;
    }
    teachers::v1::BatchCreateTeachersResponse made;
    return teachers_.writer().BatchCreate(CallOf(caller, TeachersMethod("BatchCreateTeachers")), request, &made);
  }
  Teacher Shared(const std::string& id, int number) {
    Teacher row = Row(id, number);
    row.set_shared(true);
    return row;
  }
  // A teacher in post, at one school.
  Teacher Own(const std::string& id, int number) {
    Teacher row = Row(id, number);
    row.set_shared(false);
    return row;
  }
  std::string Count() { return service_.Ask("SELECT COUNT(*) FROM teacher"); }
};

TEST_F(UniqueTest, RefusesASecondRowOfAPerson) {
  ASSERT_THAT(Create(Own("a", 1)), IsOk());
  const auto second = Create(Own("b", 1));
  EXPECT_THAT(second, HasReason("TEACHER_EXISTS"));
  EXPECT_EQ(FieldOf(second.status()), "identity_number");
  EXPECT_THAT(BatchCreate({Own("b", 2), Own("c", 1)}, Clerk()), HasReason("TEACHER_EXISTS"));
  EXPECT_THAT(BatchCreate({Own("b", 2), Own("c", 2)}, Clerk()), HasReason("TEACHER_EXISTS"));
  EXPECT_EQ(Count(), "1");
  Teacher abroad = Own("b", 1);
  abroad.set_name("districts/310115/teachers/b");
  abroad.set_school("districts/310115/schools/2131000003");
  service_.Run(
      "INSERT INTO ref_school VALUES ('districts/310115/schools/2131000003', '310115', '三小', '211', 1, NOW(6))");
  EXPECT_THAT(Create(abroad, CallerOf("users/p", {{options::v1::ROLE_BUREAU_CLERK, "districts/310115"}})), IsOk())
      << "every district has its register";
}

TEST_F(UniqueTest, RefusesACorrectionToAnothersNumber) {
  ASSERT_THAT(Create(Own("a", 1)), IsOk());
  ASSERT_THAT(Create(Own("b", 2)), IsOk());
  Teacher wrong = Own("b", 1);
  EXPECT_THAT(Update(wrong, "identity_number"), HasReason("TEACHER_EXISTS"));
  const std::string token = Stored("b").person_token();
  EXPECT_THAT(Update(Own("b", 3), "identity_number"), IsOk());
  EXPECT_EQ(Stored("b").person_token(), token) << "still the same person";
  EXPECT_THAT(Create(Own("c", 2)), IsOk()) << "the wrong number is free again";
}

TEST_F(UniqueTest, KnowsSharedPostsAndThoseWhoLeft) {
  ASSERT_THAT(Create(Own("a", 1)), IsOk());
  const std::string token = Stored("a").person_token();
  ASSERT_THAT(Create(Shared("b", 1)), IsOk());
  EXPECT_EQ(Stored("b").person_token(), token) << "one person, one token";
  Teacher own = Own("b", 1);
  EXPECT_THAT(Update(own, "shared"), HasReason("TEACHER_EXISTS"));
  service_.Run("UPDATE teacher SET state = 2 WHERE teacher_id = 'a'");
  ASSERT_THAT(Create(Own("c", 1)), IsOk()) << "who left may come again";
  EXPECT_EQ(Stored("c").person_token(), token);
}

TEST_F(UniqueTest, FindsThemInAFileAndBetweenFiles) {
  ASSERT_EQ(Counts(Import({Own("a", 1)})), "1 made 0 changed 0 same");
  const std::vector<Teacher> rows = {Own("b", 2), Own("c", 1), Own("d", 2), Shared("e", 2), Own("f", 3)};
  const std::string doubles = "; 3 identity_number TEACHER_EXISTS; 4 identity_number TEACHER_EXISTS";
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_VALIDATE_ONLY)), "3 made 0 changed 0 same" + doubles);
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_ATOMIC)), "0 made 0 changed 0 same" + doubles);
  EXPECT_EQ(Count(), "1");
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_PARTIAL, Clerk())), "3 made 0 changed 0 same" + doubles);
  EXPECT_EQ(Stored("e").person_token(), Stored("b").person_token());
  EXPECT_NE(Stored("f").person_token(), Stored("b").person_token());
}

TEST_F(UniqueTest, LetsAFileExchangeNumbers) {
  ASSERT_EQ(Counts(Import({Own("a", 1), Own("b", 3)})), "2 made 0 changed 0 same");
  EXPECT_EQ(Counts(Import({Own("a", 3), Own("b", 1)})), "0 made 2 changed 0 same");
  EXPECT_EQ(Counts(Import({Own("a", 5), Own("c", 3)})), "1 made 1 changed 0 same");
}

// A register that has doubles from earlier can be worked on, and put right.
TEST_F(UniqueTest, LeavesStoredDoublesAlone) {
  const Teacher a = Own("a", 1);
  const Teacher b = Own("b", 1);
  service_.Insert({&a, &b});
  service_.Run("UPDATE teacher SET person_token = teacher_id, state = 1");
  Teacher changed = Own("b", 1);
  changed.set_established(!changed.established());
  EXPECT_THAT(Update(changed, "established"), IsOk());
  EXPECT_EQ(Counts(Import({a, b})), "0 made 1 changed 1 same");
  EXPECT_THAT(Create(Own("c", 1)), HasReason("TEACHER_EXISTS"));
  EXPECT_THAT(Create(Shared("d", 1)), IsOk());
  EXPECT_THAT(Update(Own("b", 2), "identity_number"), IsOk());
}

// Whoever sees masks learns that somebody is registered by registering, and in no other way.
TEST_F(UniqueTest, TellsNothingThatIsNotWritten) {
  ASSERT_EQ(Counts(Import({Own("a", 1), Own("z", 9)})), "2 made 0 changed 0 same");
  Teacher bad = Own("bad", 5);
  bad.set_degree("nonsense");
  for (const ImportMode mode : {v1::IMPORT_MODE_VALIDATE_ONLY, v1::IMPORT_MODE_ATOMIC}) {
    const auto ask = [&](int number) { return Counts(Import({Own("b", number), bad}, mode, Clerk())); };
    EXPECT_EQ(ask(1), ask(2)) << v1::ImportMode_Name(mode);
  }
  const auto validate = [&](int number) {
    return Counts(Import({Own("b", number)}, v1::IMPORT_MODE_VALIDATE_ONLY, Clerk()));
  };
  EXPECT_EQ(validate(1), validate(2));
  // Beside a number that is known to be registered.
  const auto atomic = [&](int number) {
    return Counts(Import({Own("b", number), Own("c", 9)}, v1::IMPORT_MODE_ATOMIC, Clerk()));
  };
  EXPECT_EQ(atomic(1), atomic(2));
  const auto batch = [&](int number) {
    const absl::Status status = BatchCreate({Own("b", number), Own("c", 9)}, Clerk());
    return absl::StrCat(ReasonOf(status), " ", FieldOf(status));
  };
  EXPECT_EQ(batch(1), batch(2));
  EXPECT_EQ(Count(), "2");
  // Nor beside an id that is taken.
  const auto answer = [](const absl::Status& status) {
    return absl::StrCat(ReasonOf(status), " ", FieldOf(status), " ", ChineseOf(status));
  };
  EXPECT_EQ(answer(Create(Own("z", 1)).status()), answer(Create(Own("z", 2)).status()));
}

// A value that everybody sees, of rows that are written one by one.
TEST(UniqueOpenTest, RefusesASecondPlanOfADay) {
  TestService service({safety::v1::PatrolPlan::descriptor()});
  const auto create = [&](const std::string& id, int day) {
    safety::v1::CreatePatrolPlanRequest request;
    request.set_parent("districts/310114");
    request.set_patrol_plan_id(id);
    *request.mutable_patrol_plan()->mutable_start_date() = calendar::ToProto(absl::CivilDay(2026, 9, day));
    safety::v1::PatrolPlan made;
    return service.engine("safety.PatrolPlan")
        .writer()
        .Create(CallOf(Clerk(), "edudelta.safety.v1.SafetyService.CreatePatrolPlan"), request, &made);
  };
  EXPECT_THAT(create("a", 1), IsOk());
  EXPECT_THAT(create("b", 1), HasReason("PATROL_PLAN_EXISTS"));
  EXPECT_THAT(create("b", 2), IsOk());
}

TEST_F(UniqueTest, CountsNobodyWhoIsRefused) {
  service_.Run("UPDATE ref_school SET state = 2 WHERE name = ?", {std::string(kOtherSchool)});
  Teacher refused = Own("a", 1);
  refused.set_school(kOtherSchool);
  EXPECT_EQ(Counts(Import({refused, Own("b", 1)})), "1 made 0 changed 0 same; 2 school PARENT_CLOSED");
}

TEST_F(UniqueTest, HoldsAgainstTwinsAtOnce) {
  for (int round = 0; round < 8; ++round) {
    std::vector<std::thread> clerks;
    std::atomic<int> made = 0;
    for (int i = 0; i < 4; ++i) {
      clerks.emplace_back([&, i] {
        const auto one = Create(Own(absl::StrCat("t", round, "-", i), round + 1));
        const bool lost = absl::IsAlreadyExists(one.status()) || absl::IsAborted(one.status());
        EXPECT_TRUE(one.ok() || lost) << one.status();
        if (one.ok()) ++made;
      });
    }
    for (std::thread& clerk : clerks) clerk.join();
    EXPECT_LE(made, 1);
    const auto late = Create(Own(absl::StrCat("t", round, "-late"), round + 1));
    EXPECT_EQ(late.ok(), made == 0) << "one stands in the end";
  }
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM (SELECT 1 FROM teacher GROUP BY identity_number_index "
                         "HAVING COUNT(*) > 1) doubles"),
            "0");
  EXPECT_NE(Count(), "0");
}

}  // namespace
}  // namespace edudelta::resource
