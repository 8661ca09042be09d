#include <thread>

#include "common/db/sql_time.h"
#include "common/outbox/payload.h"
#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"

namespace edudelta::resource {
namespace {

using planning::v1::School;
using testing::HasReason;
using testing::IsOk;
using testing::StatusIs;

int UnknownFields(const Message& message) { return message.GetReflection()->GetUnknownFields(message).field_count(); }

class WriteTest : public ::testing::Test {
 protected:
  absl::StatusOr<School> Create(const planning::v1::CreateSchoolRequest& request,
                                const call::v1::Caller& caller = Clerk()) {
    School made;
    RETURN_IF_ERROR(schools_.writer().Create(CallOf(caller, PlanningMethod("CreateSchool")), request, &made));
    return made;
  }
  absl::StatusOr<School> Update(const planning::v1::UpdateSchoolRequest& request,
                                const call::v1::Caller& caller = Clerk()) {
    School made;
    RETURN_IF_ERROR(schools_.writer().Update(CallOf(caller, PlanningMethod("UpdateSchool")), request, &made));
    return made;
  }
  absl::StatusOr<School> Get(const std::string& name, absl::Duration ago = absl::ZeroDuration()) {
    planning::v1::GetSchoolRequest request;
    request.set_name(name);
    if (ago != absl::ZeroDuration()) request.mutable_read_time()->set_seconds(absl::ToUnixSeconds(absl::Now() - ago));
    School found;
    RETURN_IF_ERROR(schools_.reader().Get(CallOf(Clerk(), PlanningMethod("GetSchool")), request, &found));
    return found;
  }
  static planning::v1::UpdateSchoolRequest Change(const School& school, const std::vector<std::string>& mask) {
    planning::v1::UpdateSchoolRequest request;
    *request.mutable_school() = school;
    for (const auto& path : mask) request.mutable_update_mask()->add_paths(path);
    return request;
  }
  TestService service_{{School::descriptor(), planning::v1::WorkPlan::descriptor()}};
  Engine& schools_ = service_.engine("planning.School");
};

TEST_F(WriteTest, CreatesWhatIsThenRead) {
  auto request = CreateSchoolOf("2131000001");
  request.mutable_school()->set_longitude("121.5");
  request.mutable_school()->set_latitude("31.25");
  request.mutable_school()->set_etag("x");
  request.mutable_school()->set_state(School::STATE_CLOSED);
  request.mutable_school()->mutable_create_time()->set_seconds(5);
  const auto made = Create(request);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->longitude(), "121.500000");
  EXPECT_EQ(made->state(), School::STATE_OPEN);
  EXPECT_GT(made->create_time().seconds(), 1000);
  EXPECT_EQ(Get(kSchool)->SerializeAsString(), made->SerializeAsString());
  EXPECT_THAT(Create(request), HasReason("SCHOOL_EXISTS"));
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox"), "1");
}

TEST_F(WriteTest, KeepsTextsAsTheyLook) {
  auto request = CreateSchoolOf("2131000001");
  request.mutable_school()->set_display_name("\u3000第一 小学\u200B ");
  request.mutable_school()->set_address(" \u00A0");
  const auto made = Create(request);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->display_name(), "第一 小学");
  EXPECT_EQ(made->address(), "") << "blanks are nothing";
  planning::v1::CreateWorkPlanRequest plan;
  plan.set_parent("districts/310114");
  plan.set_work_plan_id("p");
  plan.mutable_work_plan()->set_display_name("计划");
  plan.mutable_work_plan()->set_note("第一行\r\n\t第二行\n");
  *plan.mutable_work_plan()->mutable_start_date() = calendar::ToProto(absl::CivilDay(2026, 1, 1));
  *plan.mutable_work_plan()->mutable_end_date() = calendar::ToProto(absl::CivilDay(2026, 12, 31));
  planning::v1::WorkPlan stored;
  const auto create = [&] {
    return service_.engine("planning.WorkPlan")
        .writer()
        .Create(CallOf(Clerk(), PlanningMethod("CreateWorkPlan")), plan, &stored);
  };
  ASSERT_THAT(create(), IsOk());
  EXPECT_EQ(stored.note(), "第一行\r\n\t第二行") << "a note has lines";
  plan.set_work_plan_id("q");
  plan.mutable_work_plan()->set_note("a\u202E");
  EXPECT_THAT(create(), HasReason("FIELD_CHARACTERS"));
}

TEST_F(WriteTest, TellsOfRowsAlikeHoweverTheyCame) {
  const auto made = Create(CreateSchoolOf("2131000001"));
  ASSERT_THAT(made, IsOk());
  School imported = *made;
  imported.set_name("districts/310114/schools/2131000002");
  imported.clear_etag();
  const rpc::Call call = CallOf(Clerk(), PlanningMethod("ImportSchools"));
  auto rows = schools_.importer().Check(call, "districts/310114", {&imported}, {2});
  ASSERT_THAT(rows, IsOk());
  ASSERT_THAT(schools_.importer().Land(call, v1::IMPORT_MODE_PARTIAL, nullptr, *rows, {}), IsOk());
  School next = *made;
  next.set_display_name("改名小学");
  ASSERT_THAT(Update(Change(next, {"display_name"})), IsOk());
  std::vector<feed::v1::Event> events;
  ASSERT_THAT(service_.pool->Read(Soon(),
                                  [&](db::Session& session) -> absl::Status {
                                    ASSIGN_OR_RETURN(
                                        db::Rows found,
                                        session.Query("SELECT `event_id`, `payload` FROM `outbox` ORDER BY `row_id`"));
                                    while (found.Next()) {
                                      ASSIGN_OR_RETURN(auto event, outbox::DecodePayload(found.Text(0), found.Text(1),
                                                                                         service_.cipher));
                                      events.push_back(std::move(event));
                                    }
                                    return absl::OkStatus();
                                  }),
              IsOk());
  ASSERT_EQ(events.size(), 3u);
  School created, landed, before;
  ASSERT_TRUE(events[0].after().UnpackTo(&created));
  ASSERT_TRUE(events[1].after().UnpackTo(&landed));
  ASSERT_TRUE(events[2].before().UnpackTo(&before));
  EXPECT_EQ(before.SerializeAsString(), created.SerializeAsString());
  landed.set_name(created.name());
  *landed.mutable_create_time() = created.create_time();
  *landed.mutable_update_time() = created.update_time();
  EXPECT_EQ(landed.SerializeAsString(), created.SerializeAsString());
}

TEST_F(WriteTest, ChecksBeforeItWrites) {
  auto request = CreateSchoolOf("2131000001");
  EXPECT_THAT(Create(request, CallerOf("users/x", {{options::v1::ROLE_BUREAU_CLERK, "districts/310115"}})),
              HasReason("ROLE_MISSING"));
  EXPECT_THAT(Create(request, SchoolClerk(kSchool)), HasReason("ROLE_MISSING"));
  EXPECT_THAT(Create(request, Partner("planning.School", {"display_name"}, {"310114"})),
              HasReason("METHOD_NOT_SHARED"));
  auto with = [&](auto change) {
    auto copy = request;
    change(*copy.mutable_school());
    return Create(copy);
  };
  EXPECT_THAT(with([](School& s) { s.clear_kind(); }), HasReason("FIELD_REQUIRED"));
  const absl::Status unknown = with([](School& s) { s.set_kind("\u200B9.99999"); }).status();
  EXPECT_THAT(unknown, HasReason("CODE_UNKNOWN"));
  EXPECT_EQ(ChineseOf(unknown).find("办学类型“U+200B9.99999”不是有效代码，可用的有：111 幼儿园、"), 0u)
      << ChineseOf(unknown);
  for (const char* personal : {"王小明", "Wang", "13800138000", "11010519491231002X"}) {
    const absl::Status other = with([&](School& s) { s.set_kind(personal); }).status();
    EXPECT_THAT(other, HasReason("CODE_UNKNOWN"));
    EXPECT_EQ(ChineseOf(other).find("办学类型不是有效代码"), 0u) << ChineseOf(other);
  }
  EXPECT_THAT(with([](School& s) { s.set_display_name(std::string(121, 'x')); }), HasReason("FIELD_TOO_LONG"));
  EXPECT_THAT(with([](School& s) { s.set_address(std::string(5 << 20, 'x')); }), HasReason("FIELD_TOO_LONG"));
  EXPECT_THAT(with([](School& s) { s.set_address(std::string("a\0b", 3)); }), HasReason("FIELD_CHARACTERS"));
  for (const char* blank : {"   ", "　　", "\u200B", "\u00A0"}) {
    EXPECT_THAT(with([&](School& s) { s.set_display_name(blank); }), HasReason("FIELD_REQUIRED")) << blank;
  }
  for (const char* bad : {"一小\n二小", "a\tb", "a\x1b", "a\a", "a\u202E", "a\uFFFD", "a\uFFFF", "\uFEFF一小"}) {
    EXPECT_THAT(with([&](School& s) { s.set_display_name(bad); }), HasReason("FIELD_CHARACTERS")) << bad;
    EXPECT_THAT(with([&](School& s) { s.set_address(bad); }), HasReason("FIELD_CHARACTERS")) << bad;
  }
  EXPECT_THAT(with([](School& s) { s.set_longitude("nan"); }), HasReason("DECIMAL_INVALID"));
  EXPECT_THAT(with([](School& s) { s.set_longitude("1e2"); }), HasReason("DECIMAL_INVALID"));
  EXPECT_THAT(with([](School& s) { s.set_longitude("200"); }), HasReason("NUMBER_OUT_OF_RANGE"));
  EXPECT_THAT(with([](School& s) { s.set_built_year(1700); }), HasReason("NUMBER_OUT_OF_RANGE"));
  for (int i = 0; i < 120; ++i)
    request.mutable_school()->set_display_name(absl::StrCat(request.school().display_name(), i == 0 ? "" : "学"));
  request.mutable_school()->set_display_name(request.school().display_name().substr(0, 360));
  EXPECT_THAT(Create(request), IsOk());
  EXPECT_THAT(Create(CreateSchoolOf("-")), HasReason("ID_INVALID"));
  EXPECT_THAT(Create(CreateSchoolOf("1/2")), HasReason("ID_INVALID"));
  EXPECT_THAT(Create(CreateSchoolOf("12")), HasReason("SCHOOL_CODE_FORMAT"));
  const auto everywhere = CallerOf("users/x", {{options::v1::ROLE_BUREAU_CLERK, "*"}});
  EXPECT_THAT(Create(CreateSchoolOf("2131000009", "31011"), everywhere), HasReason("NAME_INVALID"));
  EXPECT_THAT(Create(CreateSchoolOf("2131000009", "-"), everywhere), HasReason("NAME_INVALID"));
  planning::v1::CreateSchoolRequest empty;
  EXPECT_THAT(Create(empty), StatusIs(absl::StatusCode::kPermissionDenied));
  empty.set_parent("districts/310114");
  EXPECT_THAT(Create(empty), HasReason("FIELD_REQUIRED"));
}

TEST_F(WriteTest, RepeatsAnAnswer) {
  auto request = CreateSchoolOf("2131000001");
  request.set_request_id(NewUuid());
  const auto first = Create(request);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(Create(request)->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM school"), "1");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox"), "1");
  auto other = request;
  other.mutable_school()->set_display_name("另一所");
  EXPECT_THAT(Create(other), HasReason("REQUEST_ID_REUSED"));
  for (const char* nonsense : {"nonsense", "无", "\xC2\x84"}) {
    other.set_request_id(nonsense);
    EXPECT_THAT(Create(other), HasReason("REQUEST_ID_FORMAT"));
  }
  // Another principal's request id is its own.
  auto stranger = Clerk();
  stranger.set_principal("users/other");
  EXPECT_THAT(Create(request, stranger), HasReason("SCHOOL_EXISTS"));

  School changed = *first;
  changed.set_address("新地址");
  auto update = Change(changed, {"address"});
  update.set_request_id(NewUuid());
  const auto second = Update(update);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(Update(update)->SerializeAsString(), second->SerializeAsString()) << "the etag is old by now";
  // The first answer again, though the row has changed.
  EXPECT_EQ(Create(request)->SerializeAsString(), first->SerializeAsString());
}

TEST_F(WriteTest, MakesTheSameIdForTheSameRequest) {
  const std::string id = NewUuid();
  const auto first = CreatePlan(service_, "", id);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(CreatePlan(service_, "", id)->name(), first->name());
  EXPECT_NE(CreatePlan(service_, "")->name(), CreatePlan(service_, "")->name());
}

TEST_F(WriteTest, RepeatsTheAnswerOfARowThatIsGone) {
  const std::string id = NewUuid();
  const auto first = CreatePlan(service_, "p", id);
  ASSERT_THAT(first, IsOk());
  const std::string deletion = NewUuid();
  ASSERT_THAT(DeletePlan(service_, first->name(), "", deletion), IsOk());
  EXPECT_THAT(DeletePlan(service_, first->name(), "", deletion), IsOk());
  EXPECT_EQ(CreatePlan(service_, "p", id)->SerializeAsString(), first->SerializeAsString());
  const auto second = CreatePlan(service_, "p");
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(second->etag(), first->etag());
  EXPECT_THAT(first->etag(), ::testing::MatchesRegex("\"[0-9a-f]{32}\"")) << "neither row nor version";
  EXPECT_EQ(CreatePlan(service_, "p", id)->SerializeAsString(), first->SerializeAsString()) << "not the row made later";
  EXPECT_THAT(DeletePlan(service_, first->name(), first->etag()), HasReason("ETAG_MISMATCH"));
  EXPECT_THAT(DeletePlan(service_, first->name(), absl::StrCat("W/", second->etag())), HasReason("ETAG_MISMATCH"));
  EXPECT_THAT(DeletePlan(service_, first->name(), "\"\""), HasReason("ETAG_MISMATCH")) << "empty, but given";
  EXPECT_THAT(DeletePlan(service_, first->name(), absl::StrCat(first->etag(), ", ", second->etag())), IsOk());
  EXPECT_THAT(DeletePlan(service_, first->name()), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(WriteTest, AnswersConcurrentTwinsAlike) {
  for (int round = 0; round < 20; ++round) {
    auto request = CreateSchoolOf(absl::StrCat(2131000000 + round));
    request.set_request_id(NewUuid());
    std::vector<absl::StatusOr<School>> answers(4, absl::UnknownError(""));
    std::vector<std::thread> threads;
    for (auto& answer : answers) threads.emplace_back([&] { answer = Create(request); });
    for (auto& thread : threads) thread.join();
    for (const auto& answer : answers) {
      ASSERT_THAT(answer, IsOk());
      EXPECT_EQ(answer->SerializeAsString(), answers[0]->SerializeAsString());
    }
    auto update = Change(*answers[0], {"address"});
    update.mutable_school()->set_address("新");
    update.set_request_id(NewUuid());
    threads.clear();
    for (auto& answer : answers) threads.emplace_back([&] { answer = Update(update); });
    for (auto& thread : threads) thread.join();
    for (const auto& answer : answers) {
      ASSERT_THAT(answer, IsOk());
      EXPECT_EQ(answer->SerializeAsString(), answers[0]->SerializeAsString());
    }
  }
  EXPECT_EQ(service_.Ask("SELECT DISTINCT version FROM school"), "2");
}

TEST_F(WriteTest, UpdatesByMask) {
  const auto made = Create(CreateSchoolOf("2131000001"));
  ASSERT_THAT(made, IsOk());
  School given;
  given.set_name(kSchool);
  given.set_address("一号");
  given.set_display_name("改名");
  given.set_kind("999");
  const auto by_mask = Update(Change(given, {"address"}));
  ASSERT_THAT(by_mask, IsOk());
  EXPECT_EQ(by_mask->address(), "一号");
  EXPECT_EQ(by_mask->display_name(), "第一小学");
  EXPECT_THAT(Update(Change(given, {})), HasReason("CODE_UNKNOWN")) << "without a mask, what is set";
  EXPECT_THAT(Update(Change(given, {"nothing"})), HasReason("MASK_PATH_UNKNOWN"));
  EXPECT_THAT(Update(Change(given, {"address.street"})), HasReason("MASK_PATH_UNKNOWN"));
  given.clear_address();
  EXPECT_EQ(Update(Change(given, {"address"}))->address(), "");
  EXPECT_THAT(Update(Change(given, {"*"})), HasReason("CODE_UNKNOWN"));
  given.clear_kind();
  EXPECT_THAT(Update(Change(given, {"*"})), HasReason("FIELD_REQUIRED"));
  School whole = *Get(kSchool);
  whole.set_town_code("310114001");
  EXPECT_EQ(Update(Change(whole, {"*"}))->town_code(), "310114001");
  // OUTPUT_ONLY fields and those of the row itself are ignored.
  whole = *Get(kSchool);
  whole.set_state(School::STATE_CLOSED);
  whole.mutable_create_time()->set_seconds(1);
  const auto ignored = Update(Change(whole, {"state", "create_time", "name", "etag"}));
  EXPECT_EQ(ignored->SerializeAsString(), Get(kSchool)->SerializeAsString());
  EXPECT_EQ(ignored->etag(), whole.etag()) << "nothing changed, nothing was written";
  whole.set_generated(true);
  EXPECT_THAT(Update(Change(whole, {"generated"})), HasReason("FIELD_IMMUTABLE"));
  whole.set_etag("\"1-1\"");
  EXPECT_THAT(Update(Change(whole, {"address"})), HasReason("ETAG_MISMATCH"));
  whole.set_name(kOtherSchool);
  EXPECT_THAT(Update(Change(whole, {"address"})), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Update(Change(whole, {"address"}), SchoolClerk(kOtherSchool)), HasReason("ROLE_MISSING"));
}

TEST_F(WriteTest, DropsUnknownFields) {
  auto request = CreateSchoolOf("2131000001");
  request.mutable_school()->GetReflection()->MutableUnknownFields(request.mutable_school())->AddVarint(77, 7);
  EXPECT_EQ(UnknownFields(*Create(request)), 0);
  EXPECT_EQ(UnknownFields(*Get(kSchool)), 0);
  auto update = Change(*Get(kSchool), {"address"});
  update.mutable_school()->set_address("新");
  update.mutable_school()->GetReflection()->MutableUnknownFields(update.mutable_school())->AddVarint(77, 7);
  const auto changed = Update(update);
  EXPECT_EQ(UnknownFields(*changed), 0);
}

TEST_F(WriteTest, RemembersEveryVersion) {
  ASSERT_THAT(Create(CreateSchoolOf("2131000001")), IsOk());
  service_.Age();
  service_.Age();
  School school = *Get(kSchool);
  school.set_address("第二版");
  ASSERT_THAT(Update(Change(school, {"address"})), IsOk());
  service_.Age();
  EXPECT_THAT(Get(kSchool, absl::Seconds(200)), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Get(kSchool, absl::Seconds(100))->address(), "");
  EXPECT_EQ(Get(kSchool, absl::Seconds(50))->address(), "第二版");
  const absl::Status recent = Get(kSchool, absl::Seconds(3)).status();
  EXPECT_THAT(recent, HasReason("READ_TIME_TOO_RECENT"));
  const absl::Time safe = db::ParseSqlTime(SafeTimeOf(recent));
  EXPECT_LT(safe, absl::Now() - absl::Seconds(5));
  EXPECT_THAT(Get(kSchool, absl::Now() - safe), IsOk());
  EXPECT_THAT(Get(kSchool, absl::Hours(-1)), HasReason("READ_TIME_TOO_RECENT"));
  planning::v1::GetSchoolRequest request;
  request.set_name(kSchool);
  for (const int64_t seconds : {int64_t{-1}, INT64_MAX, INT64_MIN}) {
    request.mutable_read_time()->set_seconds(seconds);
    School found;
    EXPECT_THAT(schools_.reader().Get(CallOf(Clerk(), PlanningMethod("GetSchool")), request, &found),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

// A write whose transaction began before the version that it replaces was written: at no time are there two rows.
TEST_F(WriteTest, KeepsRecordTimesApart) {
  ASSERT_THAT(Create(CreateSchoolOf("2131000001")), IsOk());
  service_.Run("UPDATE school SET update_time = update_time + INTERVAL 2 SECOND");
  School school = *Get(kSchool);
  school.set_address("先开始,后写");
  ASSERT_THAT(Update(Change(school, {"address"})), IsOk());
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM school s JOIN school_history h ON h.row_id = s.row_id AND h.history_to "
                         "<= s.update_time AND "
                         "h.update_time <= h.history_to"),
            "1");
}

TEST_F(WriteTest, KeepsNothingOfARunThatWasRepeated) {
  ASSERT_THAT(Create(CreateSchoolOf("2131000001")), IsOk());
  ASSERT_THAT(Create(CreateSchoolOf("2131000002")), IsOk());
  // A deadlock: each transaction holds one school and wants the other.
  std::atomic<int> runs{0};
  std::thread rival;
  const auto meet_rival = [&] {
    if (runs++ > 0) return;
    std::atomic<bool> holds{false};
    rival = std::thread([&] {
      (void)service_.pool->Transact(Soon(), [&](db::Tx& tx) -> absl::Status {
        RETURN_IF_ERROR(tx.Execute("UPDATE school SET address = 'x' WHERE school_id = '2131000002'").status());
        // Heavier than the other, so that the other is the victim.
        for (int i = 0; i < 50; ++i) {
          RETURN_IF_ERROR(tx.Execute("INSERT INTO lease VALUES (?, '', NOW(6), 0)", {absl::StrCat("l", i)}).status());
        }
        holds = true;
        return tx.Execute("UPDATE school SET address = 'x' WHERE school_id = '2131000001'").status();
      });
    });
    while (!holds) std::this_thread::yield();
  };
  planning::v1::BatchCreateSchoolsRequest request;
  request.set_parent("districts/310114");
  *request.add_requests() = CreateSchoolOf("2131000003");
  *request.add_requests() = CreateSchoolOf("2131000004");
  planning::v1::BatchCreateSchoolsResponse response;
  Rules rules;
  rules.in_transaction = [&](const rpc::Call&, db::Tx& tx, const Message*, Message* next) -> absl::Status {
    static_cast<School*>(next)->set_address(static_cast<School*>(next)->address() + "一");
    RETURN_IF_ERROR(tx.Execute("UPDATE school SET address = 'y' WHERE school_id = '2131000001'").status());
    meet_rival();
    return tx.Execute("UPDATE school SET address = 'y' WHERE school_id = '2131000002'").status();
  };
  Engine engine(service_.parts(), schools_.table(), *TransitionsOf(schools_.table()), rules);
  EXPECT_THAT(engine.writer().BatchCreate(CallOf(Clerk(), PlanningMethod("BatchCreateSchools")), request, &response),
              IsOk());
  rival.join();
  EXPECT_EQ(runs, 3) << "one run was repeated";
  ASSERT_EQ(response.schools_size(), 2);
  EXPECT_EQ(response.schools(0).address(), "一");
  EXPECT_EQ(response.schools(1).address(), "一");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM school"), "4");
}

TEST_F(WriteTest, CreatesABatchWhollyOrNotAtAll) {
  planning::v1::BatchCreateSchoolsRequest request;
  request.set_parent("districts/310114");
  request.set_request_id(NewUuid());
  for (int i = 1; i <= 25; ++i)
    *request.add_requests() = CreateSchoolOf(absl::StrCat(2131000000 + i), i % 2 == 0 ? "310114" : "");
  for (auto& one : *request.mutable_requests()) one.clear_parent();
  request.mutable_requests(7)->mutable_school()->set_kind("x");
  planning::v1::BatchCreateSchoolsResponse response;
  const rpc::Call call = CallOf(Clerk(), PlanningMethod("BatchCreateSchools"));
  const absl::Status refused = schools_.writer().BatchCreate(call, request, &response);
  EXPECT_THAT(refused, HasReason("CODE_UNKNOWN"));
  EXPECT_EQ(FieldOf(refused), "requests[7].kind");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM school"), "0");
  request.mutable_requests(7)->mutable_school()->set_kind("211");
  request.mutable_requests(3)->set_request_id("nonsense");
  const absl::Status nonsense = schools_.writer().BatchCreate(call, request, &response);
  EXPECT_THAT(nonsense, HasReason("REQUEST_ID_FORMAT"));
  EXPECT_EQ(FieldOf(nonsense), "requests[3].request_id");
  request.mutable_requests(3)->set_request_id(NewUuid());
  ASSERT_THAT(schools_.writer().BatchCreate(call, request, &response), IsOk());
  EXPECT_EQ(response.schools_size(), 25);
  planning::v1::BatchCreateSchoolsResponse again;
  ASSERT_THAT(schools_.writer().BatchCreate(call, request, &again), IsOk());
  EXPECT_EQ(again.SerializeAsString(), response.SerializeAsString());
  request.set_request_id("");
  EXPECT_THAT(schools_.writer().BatchCreate(call, request, &again), HasReason("SCHOOL_EXISTS"));
}

}  // namespace
}  // namespace edudelta::resource
