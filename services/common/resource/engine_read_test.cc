#include <deque>
#include <random>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/timestamp.h"
#include "common/codes/identifiers.h"
#include "common/resource/check.h"
#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/plan_target.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"
#include "edudelta/teachers/v1/teachers.pb.h"
#include "prometheus/histogram.h"

namespace edudelta::resource {
namespace {

using planning::v1::PlanTarget;
using planning::v1::School;
using teachers::v1::Teacher;
using testing::HasReason;
using testing::IsOk;
using testing::StatusIs;

constexpr char kTeachers[] = "edudelta.teachers.v1.TeachersService.";

class ReadTest : public ::testing::Test {
 protected:
  // Schools with few distinct values in two districts.
  void InsertSchools(int count) {
    std::mt19937 random(11);
    for (int i = 0; i < count; ++i) {
      School school =
          SchoolOf(absl::StrCat("districts/", random() % 2 == 0 ? "310114" : "310115", "/schools/", 2131000000 + i));
      school.set_display_name(std::vector<std::string>{"一小", "100%_!中学", "二小分校", "A'B\\\"C"}[random() % 4]);
      school.set_kind(std::vector<std::string>{"211", "311", "312"}[random() % 3]);
      if (random() % 2 == 0) school.set_town_code(absl::StrCat("31011400", random() % 3));
      school.set_state(random() % 4 == 0 ? School::STATE_CLOSED : School::STATE_OPEN);
      schools_.push_back(school);
    }
    std::vector<const Message*> views;
    for (const School& school : schools_) views.push_back(&school);
    service_.Insert(views);
  }

  absl::StatusOr<std::vector<School>> ListAll(const call::v1::Caller& caller, const std::string& filter,
                                              const std::string& parent, int page_size) {
    planning::v1::ListSchoolsRequest request;
    request.set_parent(parent);
    request.set_filter(filter);
    request.set_page_size(page_size);
    std::vector<School> found;
    do {
      planning::v1::ListSchoolsResponse response;
      RETURN_IF_ERROR(service_.engine("planning.School")
                          .reader()
                          .List(CallOf(caller, PlanningMethod("ListSchools")), request, &response));
      EXPECT_LE(response.schools_size(), page_size);
      found.insert(found.end(), response.schools().begin(), response.schools().end());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return found;
  }

  TestService service_{{School::descriptor(), PlanTarget::descriptor(), Teacher::descriptor()}};
  std::vector<School> schools_;
};

// One condition and whether a school meets it, said twice: in the API's language and in C++.
struct Condition2 {
  std::string text;
  std::string field;
  std::function<bool(const School&)> holds;
};

Condition2 RandomCondition(std::mt19937& random) {
  const std::vector<std::string> fields = {"display_name", "kind", "town_code"};
  const std::vector<std::string> literals = {"一小", "100%_!中学", "%", "_",        "!", "311",
                                             "211",  "310114001",  "",  "A'B\\\"C", "小"};
  if (random() % 4 == 0) {
    const auto state = random() % 2 == 0 ? School::STATE_OPEN : School::STATE_CLOSED;
    const bool equal = random() % 2 == 0;
    return {absl::StrCat("state ", equal ? "=" : "!=", " ", School::State_Name(state)), "state",
            [=](const School& school) { return (school.state() == state) == equal; }};
  }
  const std::string field = fields[random() % fields.size()];
  auto value = [field](const School& school) {
    return school.GetReflection()->GetString(school, School::descriptor()->FindFieldByName(field));
  };
  auto quoted = [](const std::string& text) {
    return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
  };
  const bool ascii = field != "display_name";
  // What no town code can be is refused, not looked for.
  const bool formed = field == "town_code";
  auto pick = [&] {
    while (true) {
      const std::string& one = literals[random() % literals.size()];
      if (formed && !one.empty() && one.size() != 9) continue;
      if (!ascii || std::all_of(one.begin(), one.end(), absl::ascii_isascii)) return one;
    }
  };
  const std::string literal = pick();
  switch (random() % 8) {
    case 0: {
      const std::string other = pick();
      return {absl::StrCat(field, " IN (", quoted(literal), ", ", quoted(other), ")"), field,
              [=](const School& school) { return value(school) == literal || value(school) == other; }};
    }
    case 1:
      return {absl::StrCat(field, ":", quoted(literal)), field,
              [=](const School& school) { return absl::StrContains(value(school), literal); }};
    case 2:
      return {absl::StrCat(field, " != ", quoted(literal)), field,
              [=](const School& school) { return value(school) != literal; }};
    case 3:
      return {absl::StrCat(field, " < ", quoted(literal)), field,
              [=](const School& school) { return value(school) < literal; }};
    case 4:
      return {absl::StrCat(field, " >= ", quoted(literal)), field,
              [=](const School& school) { return value(school) >= literal; }};
    default:
      return {absl::StrCat(field, " = ", quoted(literal)), field,
              [=](const School& school) { return value(school) == literal; }};
  }
}

TEST_F(ReadTest, FiltersAsAnOracleDoes) {
  InsertSchools(150);
  std::mt19937 random(3);
  const auto caller = CallerOf("users/u", {{options::v1::ROLE_EVALUATOR, "districts/310100"}});
  int hits = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<Condition2> conditions;
    for (int i = random() % 3; i >= 0; --i) conditions.push_back(RandomCondition(random));
    const std::string filter = absl::StrJoin(
        conditions, " AND ", [](std::string* out, const Condition2& one) { absl::StrAppend(out, one.text); });
    const std::string parent = random() % 2 == 0 ? "districts/-" : "districts/310114";
    std::vector<std::string> expected;
    for (const School& school : schools_) {
      bool holds = parent == "districts/-" || absl::StartsWith(school.name(), parent + "/");
      for (const auto& one : conditions) holds = holds && one.holds(school);
      if (holds) expected.push_back(school.name());
    }
    std::sort(expected.begin(), expected.end());
    hits += !expected.empty();
    const auto found = ListAll(caller, filter, parent, 1 + static_cast<int>(random() % 40));
    ASSERT_THAT(found, IsOk()) << filter;
    std::vector<std::string> names;
    for (const School& school : *found) names.push_back(school.name());
    ASSERT_EQ(names, expected) << filter;
  }
  EXPECT_GT(hits, 100);
}

// Random agreements: a partner sees the granted fields of the granted rows, in Get, List and filters, and nothing else.
TEST_F(ReadTest, KeepsPartnersWithinTheirScope) {
  InsertSchools(80);
  std::mt19937 random(5);
  const std::vector<std::string> fields = {"display_name", "kind", "holder",      "town_code",
                                           "state",        "etag", "create_time", "built_year"};
  for (int round = 0; round < 150; ++round) {
    std::vector<std::string> granted;
    for (const auto& field : fields) {
      if (random() % 2 == 0) granted.push_back(field);
    }
    const Condition2 rows = RandomCondition(random);
    const std::vector<std::string> districts =
        random() % 2 == 0 ? std::vector<std::string>{"310114"} : std::vector<std::string>{"310114", "310115"};
    const auto partner = Partner("planning.School", granted, districts, rows.text);
    auto in_scope = [&](const School& school) {
      return rows.holds(school) &&
             std::find(districts.begin(), districts.end(), describe::DistrictOf(school.name())) != districts.end();
    };
    const Condition2 own = RandomCondition(random);
    const auto found = ListAll(partner, own.text, "districts/-", 7);
    if (std::find(granted.begin(), granted.end(), own.field) == granted.end()) {
      ASSERT_THAT(found, HasReason("FILTER_FIELD_UNKNOWN")) << own.text;
    } else {
      ASSERT_THAT(found, IsOk()) << own.text;
      size_t expected = 0;
      for (const School& school : schools_) expected += in_scope(school) && own.holds(school);
      ASSERT_EQ(found->size(), expected) << rows.text << " / " << own.text;
      for (const School& school : *found) {
        std::vector<const google::protobuf::FieldDescriptor*> set;
        school.GetReflection()->ListFields(school, &set);
        for (const auto* field : set) {
          ASSERT_TRUE(field->name() == "name" ||
                      std::find(granted.begin(), granted.end(), field->name()) != granted.end())
              << field->name();
        }
      }
    }
    const School& one = schools_[random() % schools_.size()];
    planning::v1::GetSchoolRequest request;
    request.set_name(one.name());
    School got;
    const absl::Status status =
        service_.engine("planning.School").reader().Get(CallOf(partner, PlanningMethod("GetSchool")), request, &got);
    if (in_scope(one)) {
      ASSERT_THAT(status, IsOk());
      const bool kind = std::find(granted.begin(), granted.end(), "kind") != granted.end();
      ASSERT_EQ(got.kind(), kind ? one.kind() : "");
      ASSERT_EQ(got.etag().empty(), std::find(granted.begin(), granted.end(), "etag") == granted.end());
    } else {
      ASSERT_THAT(status, HasReason("OUTSIDE_AGREEMENT_ROWS"));
    }
  }
  planning::v1::GetSchoolRequest request;
  request.set_name("districts/310114/schools/9999999999");
  School got;
  const rpc::Call call = CallOf(Partner("planning.School", {"kind"}, {"310114"}), PlanningMethod("GetSchool"));
  EXPECT_THAT(service_.engine("planning.School").reader().Get(call, request, &got),
              HasReason("OUTSIDE_AGREEMENT_ROWS"));
  EXPECT_THAT(ListAll(Partner("planning.School", {"kind"}, {"310114"}), "", "districts/310115", 5),
              HasReason("OUTSIDE_AGREEMENT_ROWS"));
  EXPECT_THAT(ListAll(Partner("teachers.Teacher", {"kind"}, {"310114"}), "", "districts/-", 5),
              HasReason("METHOD_NOT_SHARED"));
  EXPECT_THAT(ListAll(Partner("planning.School", {"kind"}, {}), "", "districts/-", 5), HasReason("NO_AGREEMENT"));
}

TEST_F(ReadTest, RefusesParentsThatAreNoDistricts) {
  for (const char* none : {"districts/null", "districts/31011", "districts/3101140"}) {
    EXPECT_THAT(ListAll(CallerOf("users/u", {{options::v1::ROLE_EVALUATOR, "*"}}), "", none, 5),
                HasReason("NAME_INVALID"));
  }
}

// Gets that are answered together.
class BatchTest : public ReadTest {
 protected:
  struct One {
    rpc::Call call;
    std::unique_ptr<Message> request;
    std::unique_ptr<Message> response;
    absl::Status status;
  };

  void Ask(const rpc::Call& call, const Message& request, const Message& row) {
    One& one = calls_.emplace_back(One{call, nullptr, nullptr, absl::UnknownError("not ended")});
    one.request.reset(request.New());
    one.request->CopyFrom(request);
    one.response.reset(row.New());
  }
  void Together(Reader& reader) {
    std::vector<rpc::DescribedService::WaitingCall> batch;
    for (One& one : calls_) {
      batch.emplace_back(&one.call, one.request.get(), one.response.get(),
                         [&one](const absl::Status& status) { one.status = status; });
    }
    reader.Get(absl::MakeSpan(batch));
  }
  // Each as it is answered alone; the reasons that were given.
  std::set<std::string> Compare(Reader& reader) {
    Together(reader);
    std::set<std::string> reasons;
    for (const One& one : calls_) {
      const std::unique_ptr<Message> alone(one.response->New());
      const absl::Status status = reader.Get(one.call, *one.request, alone.get());
      EXPECT_EQ(one.status.code(), status.code()) << one.request->ShortDebugString();
      EXPECT_EQ(ReasonOf(one.status), ReasonOf(status)) << one.request->ShortDebugString();
      EXPECT_EQ(ChineseOf(one.status), ChineseOf(status)) << one.request->ShortDebugString();
      if (status.ok()) {
        EXPECT_EQ(one.response->SerializeAsString(), alone->SerializeAsString());
      }
      reasons.insert(status.ok() ? "OK" : ReasonOf(status));
    }
    calls_.clear();
    return reasons;
  }

  std::deque<One> calls_;
};

// Random ones of all kinds of callers, some for the same row.
TEST_F(BatchTest, AnswersEachAsAlone) {
  InsertSchools(40);
  std::mt19937 random(7);
  const std::vector<call::v1::Caller> callers = {
      CallerOf("users/nation", {{options::v1::ROLE_EVALUATOR, "*"}}),
      CallerOf("users/one", {{options::v1::ROLE_EVALUATOR, "districts/310114"}}),
      CallerOf("users/none", {}),
      Partner("planning.School", {"kind", "etag"}, {"310114"}),
      Partner("planning.School", {"display_name"}, {"310114", "310115"}, "kind = \"PRIMARY\""),
      Partner("teachers.Teacher", {"kind"}, {"310114"})};
  std::set<std::string> reasons;
  for (int round = 0; round < 60; ++round) {
    for (size_t left = 1 + random() % 16; left > 0; --left) {
      planning::v1::GetSchoolRequest request;
      request.set_name(random() % 8 == 0 ? "districts/310114/schools/9999999999" : schools_[random() % 8].name());
      if (random() % 16 == 0) request.set_name("schools/1");
      if (random() % 8 == 0) {
        const bool recent = random() % 2 == 0;
        SetTimestamp(recent ? absl::Now() : absl::FromUnixSeconds(1), request.mutable_read_time());
      }
      Ask(CallOf(callers[random() % callers.size()], PlanningMethod("GetSchool")), request, School());
    }
    reasons.merge(Compare(service_.engine("planning.School").reader()));
  }
  EXPECT_THAT(reasons, ::testing::IsSupersetOf({"OK", "ROLE_MISSING", "RESOURCE_NOT_FOUND", "OUTSIDE_AGREEMENT_ROWS",
                                                "METHOD_NOT_SHARED", "NAME_INVALID", "READ_TIME_TOO_RECENT"}));
}

// Who sees personal fields and who sees them masked; who may read by the row's school; and a row that cannot be read.
TEST_F(BatchTest, KeepsPersonalFieldsAndDamageToTheirRows) {
  std::vector<Teacher> teachers;
  for (int i = 0; i < 6; ++i) {
    Teacher& teacher = teachers.emplace_back();
    teacher.set_name(absl::StrCat("districts/310114/teachers/t", i));
    teacher.set_full_name(absl::StrCat("教师", i));
    teacher.set_phone(absl::StrCat("1380013800", i));
    teacher.set_school(absl::StrCat("districts/310114/schools/", i % 2));
  }
  std::vector<const Message*> views;
  for (const Teacher& teacher : teachers) views.push_back(&teacher);
  service_.Insert(views);
  service_.Run("UPDATE teacher SET phone = full_name WHERE teacher_id = 't3'");
  call::v1::Caller clear = CallerOf("users/clear", {{options::v1::ROLE_BUREAU_CLERK, "districts/310114"}});
  clear.set_purpose("年度考核");
  const std::vector<call::v1::Caller> callers = {
      clear, CallerOf("users/masked", {{options::v1::ROLE_EVALUATOR, "*"}}),
      CallerOf("users/school", {{options::v1::ROLE_SCHOOL_CLERK, "districts/310114/schools/1"}})};
  std::set<std::string> reasons;
  for (const Teacher& teacher : teachers) {
    for (const call::v1::Caller& caller : callers) {
      teachers::v1::GetTeacherRequest request;
      request.set_name(teacher.name());
      Ask(CallOf(caller, absl::StrCat(kTeachers, "GetTeacher")), request, Teacher());
    }
    if (calls_.size() < 16) continue;
    reasons.merge(Compare(service_.engine("teachers.Teacher").reader()));
  }
  EXPECT_THAT(reasons, ::testing::IsSupersetOf({"OK", "ROLE_MISSING"}));
  EXPECT_EQ(reasons.size(), 3u) << "and the damaged row's";
}

TEST_F(BatchTest, ReadsRowsThatAreAskedForAlikeByOneStatement) {
  InsertSchools(16);
  auto statements = [&] {
    return service_.registry.Seconds("edudelta_db_statement_seconds", "").Collect().histogram.sample_count;
  };
  for (const School& school : schools_) {
    planning::v1::GetSchoolRequest request;
    request.set_name(school.name());
    Ask(CallOf(CallerOf("users/u", {{options::v1::ROLE_EVALUATOR, "*"}}), PlanningMethod("GetSchool")), request,
        School());
  }
  const auto before = statements();
  Together(service_.engine("planning.School").reader());
  EXPECT_EQ(statements() - before, 1u);
  for (size_t i = 0; i < calls_.size(); ++i) {
    EXPECT_EQ(static_cast<const School&>(*calls_[i].response).name(), schools_[i].name());
  }
}

TEST_F(ReadTest, RefusesTokensOfOtherQueries) {
  InsertSchools(30);
  Engine& engine = service_.engine("planning.School");
  planning::v1::ListSchoolsRequest request;
  request.set_parent("districts/310114");
  request.set_page_size(3);
  planning::v1::ListSchoolsResponse response;
  const auto caller = CallerOf("users/u", {{options::v1::ROLE_EVALUATOR, "*"}});
  auto list = [&](const call::v1::Caller& who, const planning::v1::ListSchoolsRequest& what) {
    planning::v1::ListSchoolsResponse ignored;
    return engine.reader().List(CallOf(who, PlanningMethod("ListSchools")), what, &ignored);
  };
  ASSERT_THAT(engine.reader().List(CallOf(caller, PlanningMethod("ListSchools")), request, &response), IsOk());
  request.set_page_token(response.next_page_token());
  EXPECT_THAT(list(caller, request), IsOk());
  auto other = request;
  other.set_page_size(5);
  EXPECT_THAT(list(caller, other), IsOk()) << "the size may change";
  other.set_filter("kind = \"211\"");
  EXPECT_THAT(list(caller, other), HasReason("PAGE_TOKEN_INVALID"));
  other = request;
  other.set_parent("districts/310115");
  EXPECT_THAT(list(caller, other), HasReason("PAGE_TOKEN_INVALID"));
  other = request;
  other.mutable_read_time()->set_seconds(absl::ToUnixSeconds(absl::Now()) - 100);
  EXPECT_THAT(list(caller, other), HasReason("PAGE_TOKEN_INVALID"));
  auto stranger = caller;
  stranger.set_principal("users/v");
  EXPECT_THAT(list(stranger, request), HasReason("PAGE_TOKEN_INVALID"));
  EXPECT_THAT(list(Partner("planning.School", {"kind"}, {"310114"}), request), HasReason("PAGE_TOKEN_INVALID"));
  other = request;
  other.set_page_size(-1);
  EXPECT_THAT(list(caller, other), HasReason("PAGE_SIZE_NEGATIVE"));
}

TEST_F(ReadTest, ComparesDecimalsAndAbsentValues) {
  PlanTarget target;
  std::vector<PlanTarget> targets;
  for (const char* date : {"2026-01-01", "2026-06-30", ""}) {
    target.set_name(absl::StrCat("districts/310114/workPlans/p/targets/t", targets.size()));
    target.set_role(PlanTarget::TARGET_ROLE_GOAL);
    target.clear_due_date();
    if (date[0] != 0) *target.mutable_due_date() = calendar::ToProto(*calendar::ParseDay(date));
    targets.push_back(target);
  }
  service_.Insert({&targets[0], &targets[1], &targets[2]});
  auto count = [&](const std::string& filter) {
    planning::v1::ListPlanTargetsRequest request;
    request.set_parent("districts/310114/workPlans/p");
    request.set_filter(filter);
    planning::v1::ListPlanTargetsResponse response;
    EXPECT_THAT(service_.engine("planning.PlanTarget")
                    .reader()
                    .List(CallOf(Clerk(), PlanningMethod("ListPlanTargets")), request, &response),
                IsOk());
    return response.plan_targets_size();
  };
  EXPECT_EQ(count("due_date >= 2026-01-01"), 2);
  EXPECT_EQ(count("due_date > 2026-01-01"), 1);
  EXPECT_EQ(count("due_date != 2026-01-01"), 1) << "an absent value meets no comparison";
  EXPECT_EQ(count("due_date IN (2026-01-01, 2026-06-30)"), 2);
  EXPECT_EQ(count("role = TARGET_ROLE_GOAL"), 3);
}

TEST_F(ReadTest, ReadsWithOneStatement) {
  InsertSchools(5);
  ASSERT_THAT(ListAll(Clerk(), "", "districts/310114", 100), IsOk());
  service_.Run("SET GLOBAL log_output = 'TABLE'");
  service_.Run("TRUNCATE mysql.general_log");
  service_.Run("SET GLOBAL general_log = 1");
  ASSERT_THAT(ListAll(Clerk(), "kind = \"211\"", "districts/310114", 100), IsOk());
  service_.Run("SET GLOBAL general_log = 0");
  EXPECT_EQ(
      service_.Ask(
          "SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Execute' AND argument LIKE 'SELECT%`school`%'"),
      "1");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Execute'"), "1");
}

// Locks and reference checks of many rows go through the name's index, not over the table.
TEST_F(ReadTest, FindsManyRowsByIndex) {
  InsertSchools(120);
  std::vector<Ids> ids;
  for (int i = 0; i < 10; ++i)
    ids.push_back({std::string(describe::DistrictOf(schools_[i].name())), absl::StrCat(2131000000 + i)});
  ASSERT_THAT(service_.pool->Transact(
                  Soon(),
                  [&](db::Tx& tx) -> absl::Status {
                    RETURN_IF_ERROR(tx.Query("SELECT 1 FROM lease").status());
                    ASSIGN_OR_RETURN(db::Rows before, tx.Query("SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'"));
                    before.Next();
                    ASSIGN_OR_RETURN(auto found, service_.engine("planning.School").store().Lock(tx, ids));
                    EXPECT_EQ(found.size(), 10u);
                    ASSIGN_OR_RETURN(auto standing, service_.engine("planning.School").store().StandingOf(tx, ids));
                    EXPECT_TRUE(standing.missing.empty());
                    ASSIGN_OR_RETURN(db::Rows after, tx.Query("SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'"));
                    after.Next();
                    EXPECT_LT(std::stoi(after.Text(1)) - std::stoi(before.Text(1)), 100);
                    return absl::OkStatus();
                  }),
              IsOk());
}

class PersonalTest : public ReadTest {
 protected:
  // A resident number with that sequence.
  static std::string NumberOf(int sequence) {
    const std::string head = absl::StrFormat("31011419800101%03d", sequence);
    return absl::StrCat(head, std::string(1, *codes::ResidentIdCheck(head)));
  }
  static std::string IsNumber(int sequence) { return absl::StrCat("identity_number = \"", NumberOf(sequence), "\""); }
  void SetUp() override {
    for (const auto& [id, school] :
         std::vector<std::pair<std::string, std::string>>{{"a", kSchool}, {"b", kOtherSchool}}) {
      Teacher teacher;
      teacher.set_name("districts/310114/teachers/" + id);
      teacher.set_full_name("张三丰");
      teacher.set_identity_number(NumberOf(id[0] - 'a'));
      teacher.set_phone("13812345678");
      teacher.set_school(school);
      service_.Insert({&teacher});
    }
  }
  absl::StatusOr<Teacher> Get(const call::v1::Caller& caller, const std::string& id) {
    teachers::v1::GetTeacherRequest request;
    request.set_name("districts/310114/teachers/" + id);
    Teacher teacher;
    RETURN_IF_ERROR(service_.engine("teachers.Teacher")
                        .reader()
                        .Get(CallOf(caller, absl::StrCat(kTeachers, "GetTeacher")), request, &teacher));
    return teacher;
  }
  absl::StatusOr<std::string> Search(const call::v1::Caller& caller, const std::string& filter) {
    teachers::v1::SearchTeachersRequest request;
    request.set_parent("districts/310114");
    request.set_filter(filter);
    teachers::v1::ListTeachersResponse response;
    RETURN_IF_ERROR(service_.engine("teachers.Teacher")
                        .reader()
                        .List(CallOf(caller, absl::StrCat(kTeachers, "SearchTeachers")), request, &response));
    std::string names;
    for (const auto& one : response.teachers()) absl::StrAppend(&names, one.name(), " ");
    return names;
  }
};

TEST_F(PersonalTest, IsMaskedWithoutRoleAndPurpose) {
  EXPECT_EQ(Get(Clerk(), "a")->full_name(), "张*");
  EXPECT_EQ(Get(Clerk(), "a")->phone(), "138****5678");
  auto reader = Clerk();
  auto* binding = reader.add_bindings();
  binding->set_role(options::v1::ROLE_SENSITIVE_READER);
  binding->set_prefix(kSchool);
  EXPECT_EQ(Get(reader, "a")->full_name(), "张*") << "no purpose";
  reader.set_purpose("01");
  EXPECT_EQ(Get(reader, "a")->full_name(), "张三丰");
  EXPECT_EQ(Get(reader, "b")->full_name(), "张*") << "another school";
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher WHERE INSTR(full_name, '张') > 0 OR INSTR(identity_number, "
                         "'3101') > 0 OR INSTR(phone, '138') > 0"),
            "0");
}

// The evidence log follows what is said here.
TEST_F(PersonalTest, SaysWhatItShows) {
  Reader& teachers = service_.engine("teachers.Teacher").reader();
  auto below = Clerk(), all = Clerk();
  for (auto* reader : {&below, &all}) {
    reader->set_purpose("01");
    auto* binding = reader->add_bindings();
    binding->set_role(options::v1::ROLE_SENSITIVE_READER);
    binding->set_prefix(reader == &below ? kSchool : "districts/000000");
  }
  auto no_purpose = all;
  no_purpose.clear_purpose();
  const auto said = [&](const call::v1::Caller& caller, const std::string& method, auto ask) {
    rpc::Shown shown = rpc::Shown::kUnsaid;
    rpc::Call call = CallOf(caller, absl::StrCat(kTeachers, method));
    call.shown = &shown;
    EXPECT_THAT(ask(call), IsOk());
    return shown;
  };
  const auto get = [&](const call::v1::Caller& caller, const std::string& id) {
    teachers::v1::GetTeacherRequest request;
    request.set_name("districts/310114/teachers/" + id);
    Teacher teacher;
    return said(caller, "GetTeacher", [&](const rpc::Call& call) { return teachers.Get(call, request, &teacher); });
  };
  const auto list = [&](const call::v1::Caller& caller) {
    teachers::v1::ListTeachersRequest request;
    request.set_parent("districts/310114");
    teachers::v1::ListTeachersResponse page;
    return said(caller, "ListTeachers", [&](const rpc::Call& call) { return teachers.List(call, request, &page); });
  };
  const auto search = [&](const call::v1::Caller& caller, const std::string& filter) {
    teachers::v1::SearchTeachersRequest request;
    request.set_parent("districts/310114");
    request.set_filter(filter);
    teachers::v1::ListTeachersResponse page;
    return said(caller, "SearchTeachers", [&](const rpc::Call& call) { return teachers.List(call, request, &page); });
  };
  const auto begin_export = [&](const call::v1::Caller& caller) {
    teachers::v1::ExportTeachersRequest request;
    request.set_parent("districts/310114");
    teachers::v1::ListTeachersResponse page;
    return said(caller, "ExportTeachers",
                [&](const rpc::Call& call) { return teachers.Export(request).Next(call, &page).status(); });
  };
  using rpc::Shown;
  for (const auto& caller : {Clerk(), no_purpose}) {
    EXPECT_EQ(get(caller, "a"), Shown::kMasked);
    EXPECT_EQ(list(caller), Shown::kMasked);
    EXPECT_EQ(begin_export(caller), Shown::kMasked);
  }
  EXPECT_EQ(get(below, "a"), Shown::kClear);
  EXPECT_EQ(get(below, "b"), Shown::kMasked);
  for (const auto& caller : {below, all}) {
    EXPECT_EQ(list(caller), Shown::kClear);
    EXPECT_EQ(begin_export(caller), Shown::kClear);
  }
  EXPECT_EQ(get(all, "b"), Shown::kClear);
  // That nobody has the number is an answer about somebody; that nobody is in a stage is not.
  EXPECT_EQ(search(all, IsNumber(2)), Shown::kClear);
  EXPECT_EQ(search(all, "stage = \"9\""), Shown::kUnsaid);
  EXPECT_EQ(get(Partner("teachers.Teacher", {"full_name"}, {"310114"}), "a"), Shown::kClear);
  EXPECT_EQ(get(Partner("teachers.Teacher", {"school"}, {"310114"}), "a"), Shown::kMasked);
}

TEST_F(PersonalTest, BelongsToItsSchool) {
  EXPECT_THAT(Get(SchoolClerk(kSchool), "a"), IsOk());
  EXPECT_THAT(Get(SchoolClerk(kSchool), "b"), HasReason("ROLE_MISSING"));
  EXPECT_THAT(Get(SchoolClerk(kSchool), "none"), HasReason("ROLE_MISSING")) << "tells nothing of other names";
  EXPECT_THAT(Get(Clerk(), "none"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(*Search(SchoolClerk(kSchool), ""), "districts/310114/teachers/a ");
  EXPECT_THAT(Search(CallerOf("users/x", {}), ""), HasReason("ROLE_MISSING"));
}

TEST_F(PersonalTest, IsFoundByEqualityAFewTimes) {
  auto reader = Clerk();
  auto* binding = reader.add_bindings();
  binding->set_role(options::v1::ROLE_SENSITIVE_READER);
  binding->set_prefix("districts/310114");
  EXPECT_THAT(Search(reader, IsNumber(0)), HasReason("FILTER_FIELD_UNKNOWN")) << "no purpose";
  reader.set_purpose("01");
  EXPECT_EQ(*Search(reader, IsNumber(0)), "districts/310114/teachers/a ");
  EXPECT_EQ(*Search(reader, IsNumber(2)), "");
  // Each value counts.
  std::string many;
  for (int i = 0; i < 57; ++i) absl::StrAppend(&many, i == 0 ? "" : ", ", "\"", NumberOf(i), "\"");
  EXPECT_THAT(Search(reader, absl::StrCat("identity_number IN (", many, ")")), IsOk());
  EXPECT_THAT(Search(reader, ""), IsOk());
  EXPECT_THAT(Search(reader, ""), HasReason("SEARCH_LIMIT"));
}

TEST_F(PersonalTest, IsNotGuessedByWhoMayNotSeeIt) {
  const std::string right = IsNumber(0);
  auto below = Clerk();
  auto* binding = below.add_bindings();
  binding->set_role(options::v1::ROLE_SENSITIVE_READER);
  binding->set_prefix(kSchool);
  below.set_purpose("01");
  for (const auto& caller : {Clerk(), SchoolClerk(kSchool), below}) {
    EXPECT_THAT(Search(caller, right), HasReason("FILTER_FIELD_UNKNOWN"));
  }
  EXPECT_THAT(Search(Clerk(), ""), IsOk());
}

TEST_F(PersonalTest, DoesNotMoveToAnotherRow) {
  service_.Run("UPDATE teacher a JOIN teacher b ON a.teacher_id = 'a' AND b.teacher_id = 'b' SET a.phone = b.phone");
  EXPECT_THAT(Get(Clerk(), "a"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Get(Clerk(), "b"), IsOk());
}

}  // namespace
}  // namespace edudelta::resource
