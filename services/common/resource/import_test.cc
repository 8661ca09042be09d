#include <thread>

#include "absl/strings/match.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "common/resource/importing.h"
#include "common/resource/test_import.h"
#include "edudelta/safety/v1/safety.pb.h"
#include "google/protobuf/field_mask.pb.h"

namespace edudelta::resource {
namespace {

using resource::v1::ImportResponse;
using testing::HasReason;
using testing::IsOk;

TEST_F(ImportTest, MakesThenLeavesThenChanges) {
  std::vector<Teacher> rows;
  for (int i = 0; i < 130; ++i) rows.push_back(Row(absl::StrCat("t", i), i));
  EXPECT_EQ(Counts(Import(rows)), "130 made 0 changed 0 same");
  const Teacher first = Stored("t7");
  EXPECT_EQ(first.full_name(), rows[7].full_name());
  EXPECT_EQ(first.state(), Teacher::STATE_ACTIVE);
  EXPECT_EQ(Counts(Import(rows)), "0 made 0 changed 130 same");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox"), "130");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher_history"), "0");
  rows[7].set_established(!rows[7].established());
  EXPECT_EQ(Counts(Import(rows)), "0 made 1 changed 129 same");
  EXPECT_EQ(Stored("t7").person_token(), first.person_token()) << "what the service keeps stays";
  EXPECT_EQ(Stored("t7").create_time().seconds(), first.create_time().seconds());
  EXPECT_NE(Stored("t7").etag(), first.etag());
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox"), "131");
}

TEST_F(ImportTest, KeepsPersonalFieldsThatTheFileLeavesEmpty) {
  ASSERT_EQ(Counts(Import({Row("a")})), "1 made 0 changed 0 same");
  Teacher bare = Row("a");
  bare.clear_full_name();
  bare.clear_identity_number();
  bare.clear_phone();
  bare.set_degree("4");
  bare.clear_degree();
  EXPECT_EQ(Counts(Import({bare})), "0 made 1 changed 0 same");
  EXPECT_EQ(Stored("a").full_name(), Row("a").full_name());
  EXPECT_EQ(Stored("a").phone(), Row("a").phone());
  EXPECT_EQ(Stored("a").degree(), "") << "other fields come from the file";
  bare.set_name("districts/310114/teachers/new");
  EXPECT_EQ(Counts(Import({bare})), "0 made 0 changed 0 same; 2 full_name FIELD_REQUIRED");
}

TEST_F(ImportTest, KeepsWhatTheFileHasNoColumnFor) {
  Teacher stored = Row("a");
  stored.set_subject("13");
  ASSERT_EQ(Counts(Import({stored})), "1 made 0 changed 0 same");
  Teacher narrow;
  narrow.set_name(stored.name());
  narrow.set_school(kSchool);
  narrow.set_education("14");
  const ImportColumns columns = {"school", "education"};
  EXPECT_EQ(Counts(Land({&narrow}, {2}, "districts/310114", v1::IMPORT_MODE_PARTIAL, Clerk(), teachers_, &columns)),
            "0 made 1 changed 0 same");
  EXPECT_EQ(Stored("a").education(), "14");
  EXPECT_EQ(Stored("a").subject(), "13");
}

// Rows that say themselves what they carry.
class OwnMasks : public ImportTest {
 protected:
  void SetUp() override {
    ImportTest::SetUp();
    Teacher stored = Row("a");
    stored.set_subject("13");
    stored.set_shared(true);
    ASSERT_EQ(Counts(Import({stored, Row("b", 2)})), "2 made 0 changed 0 same");
    request_.set_mode(v1::IMPORT_MODE_PARTIAL);
    request_.set_last(true);
  }
  Teacher* Add(const std::string& id, const std::vector<std::string>& says) {
    google::protobuf::FieldMask mask;
    for (const std::string& path : says) mask.add_paths(path);
    int place = 0;
    while (place < request_.masks_size() && request_.masks(place).SerializeAsString() != mask.SerializeAsString())
      ++place;
    if (place == request_.masks_size()) *request_.add_masks() = mask;
    request_.add_mask_of_row(place);
    Teacher* row = request_.add_teachers();
    row->set_name("districts/310114/teachers/" + id);
    return row;
  }
  absl::StatusOr<ImportResponse> Send() {
    const rpc::Call call = CallOf(Clerk(), "edudelta.teachers.v1.TeachersService.ImportTeachers");
    Importing importing(teachers_.importer());
    ImportResponse response;
    RETURN_IF_ERROR(importing.Add(call, request_));
    RETURN_IF_ERROR(importing.Finish(call, &response));
    return response;
  }
  teachers::v1::ImportTeachersRequest request_;
};

TEST_F(OwnMasks, KeepWhatARowDoesNotSay) {
  for (const auto mode : {v1::IMPORT_MODE_PARTIAL, v1::IMPORT_MODE_ATOMIC}) {
    request_.Clear();
    request_.set_mode(mode);
    request_.set_last(true);
    const std::string education = mode == v1::IMPORT_MODE_ATOMIC ? "14" : "21";
    Add("a", {"name", "education"})->set_education(education);
    Add("b", {"name", "shared"})->set_shared(false);
    EXPECT_EQ(Counts(Send()), mode == v1::IMPORT_MODE_PARTIAL ? "0 made 2 changed 0 same" : "0 made 1 changed 1 same");
    EXPECT_EQ(Stored("a").education(), education);
    EXPECT_EQ(Stored("a").subject(), "13");
    EXPECT_TRUE(Stored("a").shared());
    EXPECT_EQ(Stored("a").full_name(), Row("a").full_name());
    EXPECT_FALSE(Stored("b").shared());
    EXPECT_EQ(Stored("b").education(), Row("b", 2).education());
  }
}

TEST_F(OwnMasks, ClearWhatARowSaysIsEmpty) {
  Add("a", {"subject", "shared", "phone"});
  EXPECT_EQ(Counts(Send()), "0 made 1 changed 0 same");
  EXPECT_EQ(Stored("a").subject(), "");
  EXPECT_FALSE(Stored("a").shared());
  EXPECT_EQ(Stored("a").phone(), "") << "personal fields too, when they are named";
  request_.Clear();
  Add("a", {"full_name"});
  Add("b", {"name"});
  EXPECT_EQ(Counts(Send()), "0 made 0 changed 1 same; 1 full_name FIELD_REQUIRED");
}

// In one piece or several: nothing of it is landed.
TEST_F(ImportTest, IsRefusedWhenItIsTooLargeOrNotComplete) {
  const auto import = [&](int chunks, int rows, bool last) -> absl::StatusOr<ImportResponse> {
    const rpc::Call call = CallOf(Clerk(), "edudelta.teachers.v1.TeachersService.ImportTeachers");
    Importing importing(teachers_.importer());
    for (int chunk = 1; chunk <= chunks; ++chunk) {
      teachers::v1::ImportTeachersRequest request;
      request.set_mode(v1::IMPORT_MODE_ATOMIC);
      request.set_last(last && chunk == chunks);
      for (int i = 0; i < rows; ++i) *request.add_teachers() = Row(absl::StrCat("t", chunk, "-", i), chunk * 1000 + i);
      RETURN_IF_ERROR(importing.Add(call, request));
    }
    ImportResponse response;
    RETURN_IF_ERROR(importing.Finish(call, &response));
    return response;
  };
  EXPECT_THAT(import(1, 1001, true), HasReason("BATCH_SIZE"));
  EXPECT_THAT(import(3, 667, true), HasReason("IMPORT_TOO_LARGE"));
  EXPECT_THAT(import(2, 2, false), HasReason("IMPORT_INCOMPLETE"));
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher"), "0");
  EXPECT_EQ(Counts(import(2, 2, true)), "4 made 0 changed 0 same");
}

TEST_F(OwnMasks, AreRefusedWhenTheyAreNone) {
  Add("a", {"nothing"});
  EXPECT_THAT(Send(), HasReason("MASK_PATH_UNKNOWN"));
  for (const int place : {-1, 1}) {
    request_.Clear();
    Add("a", {"subject"});
    request_.set_mask_of_row(0, place);
    EXPECT_THAT(Send(), HasReason("MASK_OF_ROW_INVALID"));
  }
  request_.clear_mask_of_row();
  EXPECT_THAT(Send(), HasReason("MASK_OF_ROW_INVALID"));
  EXPECT_EQ(Stored("a").subject(), "13");
}

TEST_F(ImportTest, ReplacesNoOtherVersionThanTheRowNames) {
  ASSERT_EQ(Counts(Import({Row("a", 1), Row("b", 2)})), "2 made 0 changed 0 same");
  const std::string stale = Stored("a").etag();
  Teacher others = Row("a", 1);
  others.set_shared(!others.shared());
  ASSERT_EQ(Counts(Import({others})), "0 made 1 changed 0 same");
  Teacher mine = Row("a", 1), b = Row("b", 2), gone = Row("gone", 3);
  mine.set_established(!mine.established());
  mine.set_etag(stale);
  b.set_etag(Stored("b").etag());
  b.set_established(!b.established());
  gone.set_etag(stale);
  EXPECT_EQ(Counts(Import({mine, b, gone})), "0 made 1 changed 0 same; 2  ETAG_MISMATCH; 4  ETAG_MISMATCH");
  EXPECT_EQ(Stored("a").shared(), others.shared()) << "the other's change stands";
  EXPECT_EQ(Counts(Import({mine, Row("c", 4)}, v1::IMPORT_MODE_ATOMIC)), "0 made 0 changed 0 same; 2  ETAG_MISMATCH");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher"), "2");
  mine.set_etag(Stored("a").etag());
  EXPECT_EQ(Counts(Import({mine})), "0 made 1 changed 0 same");
  EXPECT_EQ(Counts(Import({Row("a", 1)})), "0 made 1 changed 0 same") << "no etag, no condition";
}

TEST_F(ImportTest, StoresNamesWithTheirMiddleDot) {
  Teacher typed = Row("a");
  typed.set_full_name(" 阿依古丽•试验\u200B");
  Teacher others = Row("b", 2);
  others.set_full_name("Alexxxa Test");
  EXPECT_EQ(Counts(Import({typed, others})), "2 made 0 changed 0 same");
  EXPECT_EQ(Stored("a").full_name(), "阿依古丽·试验");
  EXPECT_EQ(Stored("b").full_name(), "Alexxxa Test");
  EXPECT_EQ(Counts(Import({typed, others})), "0 made 0 changed 2 same");
}

TEST_F(ImportTest, LandsNothingOnceItsClientHasGone) {
  std::atomic<bool> gone = true;
  Rules rules = Tokens();
  bool written = false;
  rules.in_transaction = [&](auto&&...) -> absl::Status {
    written = true;
    gone = true;
    return absl::OkStatus();
  };
  Engine engine(service_.parts(), teachers_.table(), *TransitionsOf(teachers_.table()), rules);
  rpc::Call call = CallOf(Clerk(), "edudelta.teachers.v1.TeachersService.ImportTeachers");
  call.gone = &gone;
  const Teacher row = Row("a");
  for (const bool already : {true, false}) {
    gone = already;
    auto checked = engine.importer().Check(call, "districts/310114", {&row}, {2});
    ASSERT_THAT(checked, IsOk());
    EXPECT_EQ(engine.importer().Land(call, v1::IMPORT_MODE_PARTIAL, nullptr, *checked, {}).code(),
              absl::StatusCode::kCancelled);
    EXPECT_EQ(written, !already);
  }
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher"), "0");
}

// The chunk before one, as the chunk behind it sees it.
class EarlierChunk : public ImportTest {
 protected:
  // Lands the rows on another thread, and waits until its transaction has written one.
  void Begin(const std::vector<Teacher>& rows) {
    landing_ = std::async(std::launch::async, [this, rows] {
      std::vector<const Message*> views;
      std::vector<int64_t> numbers;
      for (const Teacher& row : rows) {
        views.push_back(&row);
        numbers.push_back(static_cast<int64_t>(numbers.size()) + 2);
      }
      return Land(views, numbers, "districts/-", v1::IMPORT_MODE_PARTIAL, Clerk(), teachers_, nullptr, earlier_);
    });
  }
  void AwaitUncommitted(const std::string& rows) {
    const auto seen = [&] {
      std::string count;
      EXPECT_THAT(service_.pool->Read(
                      Soon(),
                      [&](db::Session& session) -> absl::Status {
                        RETURN_IF_ERROR(session.Execute("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED").status());
                        ASSIGN_OR_RETURN(db::Rows found, session.Query("SELECT COUNT(*) FROM outbox"));
                        found.Next();
                        count = found.Text(0);
                        return absl::OkStatus();
                      }),
                  IsOk());
      return count == rows;
    };
    while (!seen()) {
    }
  }
  std::string Count() { return service_.Ask("SELECT COUNT(*) FROM teacher"); }

  std::promise<absl::Status> promise_;
  const std::shared_future<absl::Status> earlier_ = promise_.get_future().share();
  std::future<absl::StatusOr<ImportResponse>> landing_;
};

TEST_F(EarlierChunk, CommitsFirst) {
  Begin({Row("a", 1), Row("b", 2)});
  AwaitUncommitted("2");
  EXPECT_EQ(Count(), "0");
  promise_.set_value(absl::OkStatus());
  EXPECT_EQ(Counts(landing_.get()), "2 made 0 changed 0 same");
  EXPECT_EQ(Count(), "2");
}

TEST_F(EarlierChunk, TakesItsFollowersAlongWhenItFails) {
  Begin({Row("a", 1), Row("b", 2)});
  AwaitUncommitted("2");
  promise_.set_value(Refused("DATABASE_CONFLICT", ""));
  EXPECT_THAT(landing_.get(), HasReason("DATABASE_CONFLICT"));
  EXPECT_EQ(Count(), "0");
}

// The row is locked by the chunk behind; it lets go, and is run again.
TEST_F(EarlierChunk, IsNotKeptWaitingByLocks) {
  Begin({Row("a", 1), Row("b", 2)});
  AwaitUncommitted("2");
  Teacher first = Row("b", 2);
  first.set_established(!first.established());
  EXPECT_EQ(Counts(Import({first})), "1 made 0 changed 0 same");
  promise_.set_value(absl::OkStatus());
  EXPECT_EQ(Counts(landing_.get()), "1 made 1 changed 0 same");
  EXPECT_EQ(Stored("b").established(), Row("b", 2).established()) << "the later row of the file holds";
}

TEST_F(ImportTest, TakesOnlyRowsBelowItsParent) {
  const Teacher row = Row("a");
  EXPECT_EQ(Counts(Land({&row}, {2}, "districts/320583", v1::IMPORT_MODE_PARTIAL, Clerk(), teachers_)),
            "0 made 0 changed 0 same; 2 name NAME_NOT_BELOW_PARENT");
  EXPECT_EQ(Counts(Land({&row}, {2}, "districts/310114", v1::IMPORT_MODE_PARTIAL, Clerk(), teachers_)),
            "1 made 0 changed 0 same");
}

// The answer that nothing was to be done must wait for the disk, as a write does.
TEST_F(ImportTest, WritesWhenItAnswersWithWhatItFound) {
  const auto logged = [&] { return service_.Ask("SELECT COUNT(*) FROM request_log"); };
  ASSERT_EQ(Counts(Import({Row("a")})), "1 made 0 changed 0 same");
  EXPECT_EQ(logged(), "0");
  EXPECT_EQ(Counts(Import({Row("a")})), "0 made 0 changed 1 same");
  EXPECT_EQ(logged(), "1");
  const auto drop_old = [](db::Session& session) { return RequestLog::DropOld(session); };
  const absl::Time soon = testing::Soon();
  ASSERT_THAT(service_.pool->Read(soon, drop_old), IsOk());
  EXPECT_EQ(logged(), "1");
  service_.Run("UPDATE request_log SET create_time = create_time - INTERVAL 8 DAY");
  ASSERT_THAT(service_.pool->Read(soon, drop_old), IsOk());
  EXPECT_EQ(logged(), "0");
}

// A file that says what is stored changes nothing, also where rules of today would not take it.
TEST_F(ImportTest, LeavesAloneWhatIsThereAlready) {
  ASSERT_EQ(Counts(Import({Row("a", 1), Row("b", 2)})), "2 made 0 changed 0 same");
  service_.Run("UPDATE teacher SET subject = 'zz' WHERE teacher_id = 'a'");
  for (const auto mode : {v1::IMPORT_MODE_PARTIAL, v1::IMPORT_MODE_ATOMIC}) {
    EXPECT_EQ(Counts(Import({Stored("a"), Row("b", 2)}, mode)), "0 made 0 changed 2 same");
  }
  Teacher old = Stored("a");
  old.set_established(!old.established());
  EXPECT_EQ(Counts(Import({old})), "0 made 0 changed 0 same; 2 subject CODE_UNKNOWN");
}

// What a new row begins with takes no stored value's place.
TEST_F(ImportTest, ANewRowAloneBegins) {
  Rules rules = Tokens();
  rules.start = [start = rules.start](Message* next) {
    start(next);
    auto* teacher = static_cast<Teacher*>(next);
    if (teacher->identity_kind().empty()) teacher->set_identity_kind("1");
  };
  Engine engine(service_.parts(), teachers_.table(), *TransitionsOf(teachers_.table()), rules);
  const auto import = [&](const std::string& kind) {
    Teacher row = Row("a");
    row.set_identity_kind(kind);
    return Counts(Import({row}, v1::IMPORT_MODE_PARTIAL, SeeingClerk(), &engine));
  };
  EXPECT_EQ(import(""), "1 made 0 changed 0 same");
  EXPECT_EQ(Stored("a").identity_kind(), "1");
  EXPECT_EQ(import("9"), "0 made 1 changed 0 same");
  EXPECT_EQ(import(""), "0 made 0 changed 1 same");
  EXPECT_EQ(Stored("a").identity_kind(), "9");
}

TEST_F(ImportTest, ReportsBadRowsAndLandsTheOthers) {
  ASSERT_EQ(Counts(Import({Row("old")})), "1 made 0 changed 0 same");
  std::vector<Teacher> rows = {Row("a", 11), Row("b", 2),   Row("a", 3), Row("d", 4), Row("e", 5),
                               Row("f", 6),  Row("old", 1), Row("g", 7), Row("h", 8)};
  rows[1].set_full_name("张*");
  rows[3].set_phone("123");
  rows[4].set_school("districts/310114/schools/none");
  rows[5].set_name("districts/310115/teachers/f");
  rows[6].set_generated(!rows[6].generated());
  rows[7].set_name("nonsense");
  rows[8].set_school("districts/320583/schools/2132000001");
  EXPECT_EQ(Counts(Import(rows)),
            "1 made 0 changed 0 same; 3 full_name VALUE_MASKED; 4 name ROW_REPEATED; 5 phone "
            "PHONE_NUMBER_FORMAT; "
            "6 school REFERENCE_NOT_FOUND; 7  ROLE_MISSING; 8 generated FIELD_IMMUTABLE; 9  ROLE_MISSING; "
            "10 school REFERENCE_OTHER_DISTRICT");
  EXPECT_EQ(service_.Ask("SELECT GROUP_CONCAT(teacher_id ORDER BY teacher_id) FROM teacher"), "a,old");
}

TEST_F(ImportTest, IsAllOrNothingWhenAsked) {
  std::vector<Teacher> rows = {Row("a", 1), Row("b", 2)};
  rows[1].clear_full_name();
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_ATOMIC)), "0 made 0 changed 0 same; 3 full_name FIELD_REQUIRED");
  rows[1] = Row("b", 2);
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher"), "0");
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_VALIDATE_ONLY)), "2 made 0 changed 0 same");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher"), "0");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox"), "0");
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_ATOMIC)), "2 made 0 changed 0 same");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher"), "2");
}

// Before a row is looked at, or that there is none.
TEST_F(ImportTest, IsRefusedAsAWholeToWhoCanHaveNoRowThere) {
  using options::v1::Role;
  const auto begin = [&](const call::v1::Caller& caller) {
    Importing importing(teachers_.importer());
    teachers::v1::ImportTeachersRequest request;
    request.set_parent("districts/310114");
    return importing.Add(CallOf(caller, "edudelta.teachers.v1.TeachersService.ImportTeachers"), request);
  };
  EXPECT_THAT(begin(CallerOf("users/x", {})), HasReason("ROLE_MISSING"));
  EXPECT_THAT(begin(CallerOf("users/x", {{Role::ROLE_AUDITOR, "*"}})), HasReason("ROLE_MISSING"));
  EXPECT_THAT(begin(CallerOf("users/x", {{Role::ROLE_BUREAU_CLERK, "districts/320583"}})), HasReason("ROLE_MISSING"));
  EXPECT_THAT(begin(Clerk()), IsOk());
  EXPECT_THAT(begin(SchoolClerk(kSchool)), IsOk()) << "teachers of the school";
}

// A unique key of the table's own: the bad row is found, the others land.
TEST_F(ImportTest, FindsTheRowThatTheDatabaseRefuses) {
  service_.Run("ALTER TABLE teacher ADD UNIQUE KEY uk_teacher_start (school_start_date)");
  ASSERT_EQ(Counts(Import({Row("old", 1)})), "1 made 0 changed 0 same");
  std::vector<Teacher> rows = {Row("a", 2), Row("b", 4), Row("c", 3)};
  *rows[1].mutable_school_start_date() = Row("old", 1).school_start_date();
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_ATOMIC)).substr(0, 27), "0 made 0 changed 0 same; 2 ");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM teacher"), "1");
  EXPECT_EQ(Counts(Import(rows)), "2 made 0 changed 0 same; 3  TEACHER_EXISTS");
  EXPECT_EQ(service_.Ask("SELECT GROUP_CONCAT(teacher_id ORDER BY teacher_id) FROM teacher"), "a,c,old");
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox"), "3");
}

// The first run is rolled back after it has merged the stored row; the second begins with the file again.
TEST_F(ImportTest, MergesAnewWhenRunAgain) {
  service_.Run("ALTER TABLE teacher ADD UNIQUE KEY uk_teacher_start (school_start_date)");
  ASSERT_EQ(Counts(Import({Row("a", 1), Row("z", 9)})), "2 made 0 changed 0 same");
  Teacher changed = Row("a", 1);
  changed.clear_phone();
  changed.set_shared(!changed.shared());
  Teacher refused = Row("dup", 8);
  *refused.mutable_school_start_date() = Row("z", 9).school_start_date();
  int runs = 0;
  Rules rules = Tokens();
  rules.in_transaction = [&](const rpc::Call&, db::Tx&, const Message* old, Message* next) -> absl::Status {
    if (old != nullptr) {
      ++runs;
      EXPECT_EQ(static_cast<Teacher*>(next)->subject(), Row("a", 1).subject()) << "not what the first run made of it";
      static_cast<Teacher*>(next)->set_subject("13");
    }
    return absl::OkStatus();
  };
  Engine engine(service_.parts(), teachers_.table(), *TransitionsOf(teachers_.table()), rules);
  EXPECT_EQ(Counts(Import({changed, refused}, v1::IMPORT_MODE_PARTIAL, Clerk(), &engine)),
            "0 made 1 changed 0 same; 3  TEACHER_EXISTS");
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Stored("a").phone(), Row("a", 1).phone());
}

TEST_F(ImportTest, AsksHowThingsStandElsewhereOnceAChunk) {
  Rules rules = Tokens();
  std::vector<size_t> asked;
  rules.check_elsewhere = [&](db::Tx&, const std::vector<const Message*>& rows) {
    asked.push_back(rows.size());
    std::vector<absl::Status> each;
    for (const Message* row : rows) {
      each.push_back(absl::EndsWith(NameOf(*row), "/b") ? Refused("NOT_NOW", "现在不行") : absl::OkStatus());
    }
    return absl::StatusOr<std::vector<absl::Status>>(each);
  };
  Engine engine(service_.parts(), teachers_.table(), *TransitionsOf(teachers_.table()), rules);
  ASSERT_EQ(Counts(Import({Row("old", 9)})), "1 made 0 changed 0 same");
  const std::vector<Teacher> rows = {Row("a", 1), Row("b", 2), Row("c", 3), Row("old", 9)};
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_PARTIAL, SeeingClerk(), &engine)),
            "2 made 0 changed 1 same; 3  NOT_NOW");
  EXPECT_EQ(asked, std::vector<size_t>{3}) << "not about what is there";
}

TEST_F(ImportTest, CountsForTheCallersSchool) {
  ASSERT_EQ(Counts(Import({Row("own", 1)})), "1 made 0 changed 0 same");
  Teacher other = Row("other", 2);
  other.set_school(kOtherSchool);
  ASSERT_EQ(Counts(Import({other})), "1 made 0 changed 0 same");
  Teacher taken = Row("other", 2);
  Teacher given = Row("own", 1);
  given.set_school(kOtherSchool);
  EXPECT_EQ(Counts(Import({taken, given, Row("new", 3)}, v1::IMPORT_MODE_PARTIAL, SchoolClerk(kSchool))),
            "1 made 0 changed 0 same; 2  ROLE_MISSING; 3  ROLE_MISSING");
  // The register of another district, by naming one's own school in it.
  Teacher abroad = Row("x", 4);
  abroad.set_name("districts/310115/teachers/x");
  EXPECT_EQ(Counts(Import({abroad}, v1::IMPORT_MODE_PARTIAL, SchoolClerk(kSchool))),
            "0 made 0 changed 0 same; 2  ROLE_MISSING");
  EXPECT_EQ(Counts(Import({Row("y")}, v1::IMPORT_MODE_PARTIAL, Partner("teachers.Teacher", {"school"}, {"310114"}))),
            "0 made 0 changed 0 same; 2  METHOD_NOT_SHARED");
}

TEST_F(ImportTest, AddsNobodyToAClosedSchool) {
  ASSERT_EQ(Counts(Import({Row("a")})), "1 made 0 changed 0 same");
  service_.Run("UPDATE ref_school SET state = 2 WHERE name = ?", {std::string(kSchool)});
  Teacher known = Row("a");
  known.set_established(!known.established());
  EXPECT_EQ(Counts(Import({known, Row("b", 2)})), "0 made 1 changed 0 same; 3 school PARENT_CLOSED");
  EXPECT_EQ(Counts(Import({Row("b", 2)}, v1::IMPORT_MODE_ATOMIC)), "0 made 0 changed 0 same; 2 school PARENT_CLOSED");
  teachers::v1::CreateTeacherRequest request;
  request.set_parent("districts/310114");
  *request.mutable_teacher() = Row("b", 2);
  Teacher made;
  EXPECT_THAT(
      teachers_.writer().Create(CallOf(Clerk(), "edudelta.teachers.v1.TeachersService.CreateTeacher"), request, &made),
      HasReason("PARENT_CLOSED"));
  // Nor does one come from another school, one by one or with a file.
  Teacher elsewhere = Row("c", 3);
  elsewhere.set_school(kOtherSchool);
  ASSERT_EQ(Counts(Import({elsewhere})), "1 made 0 changed 0 same");
  elsewhere.set_school(kSchool);
  EXPECT_EQ(Counts(Import({elsewhere})), "0 made 0 changed 0 same; 2 school PARENT_CLOSED");
  teachers::v1::UpdateTeacherRequest update;
  update.mutable_teacher()->set_name(elsewhere.name());
  update.mutable_teacher()->set_school(kSchool);
  EXPECT_THAT(
      teachers_.writer().Update(CallOf(Clerk(), "edudelta.teachers.v1.TeachersService.UpdateTeacher"), update, &made),
      HasReason("PARENT_CLOSED"));
}

TEST_F(ImportTest, UpdatesStayWithinTheCallersSchool) {
  Teacher other = Row("other", 2);
  other.set_school(kOtherSchool);
  ASSERT_EQ(Counts(Import({Row("own", 1), other})), "2 made 0 changed 0 same");
  auto update = [&](const std::string& id, const std::string& path, const std::string& school,
                    const call::v1::Caller& caller) {
    teachers::v1::UpdateTeacherRequest request;
    request.mutable_teacher()->set_name("districts/310114/teachers/" + id);
    request.mutable_teacher()->set_school(school);
    request.mutable_teacher()->set_established(!Stored("own").established());
    request.mutable_update_mask()->add_paths(path);
    Teacher changed;
    return teachers_.writer().Update(CallOf(caller, "edudelta.teachers.v1.TeachersService.UpdateTeacher"), request,
                                     &changed);
  };
  const auto clerk = SchoolClerk(kSchool);
  EXPECT_THAT(update("own", "established", kSchool, clerk), IsOk());
  EXPECT_THAT(update("own", "school", kOtherSchool, clerk), HasReason("ROLE_MISSING")) << "given away";
  EXPECT_THAT(update("other", "established", kSchool, clerk), HasReason("ROLE_MISSING"));
  EXPECT_THAT(update("other", "school", kSchool, clerk), HasReason("ROLE_MISSING")) << "taken";
  for (const char* school : {kSchool, kOtherSchool}) {
    EXPECT_THAT(update("none", "established", school, clerk), HasReason("ROLE_MISSING")) << "tells nothing of names";
  }
  EXPECT_THAT(update("own", "school", kOtherSchool, Clerk()), IsOk());
  EXPECT_THAT(update("own", "established", "nonsense", Clerk()), IsOk())
      << "what the mask leaves out need not be right";
}

// However long it takes the machine.
TEST_F(ImportTest, LandsTwoThousandRowsAtOnce) {
  TestService service({Teacher::descriptor()}, {}, absl::Minutes(1));
  AddSchools(service);
  std::vector<Teacher> rows;
  for (int i = 0; i < 2000; ++i) rows.push_back(Row(absl::StrCat("t", i), i));
  EXPECT_EQ(Counts(Import(rows, v1::IMPORT_MODE_ATOMIC, SeeingClerk(), &service.engine("teachers.Teacher"))),
            "2000 made 0 changed 0 same");
}

class PatrolTest : public ImportTest {
 protected:
  void SetUp() override {
    ImportTest::SetUp();
    safety::v1::CreateInspectionPointRequest point;
    point.set_parent(kSchool);
    point.set_inspection_point_id("gate");
    point.mutable_inspection_point()->set_display_name("校门");
    point.mutable_inspection_point()->set_area(safety::v1::InspectionPoint::AREA_GATE);
    point.mutable_inspection_point()->set_monthly_patrols(4);
    safety::v1::InspectionPoint made;
    ASSERT_THAT(service_.engine("safety.InspectionPoint")
                    .writer()
                    .Create(CallOf(Clerk(), "edudelta.safety.v1.SafetyService.CreateInspectionPoint"), point, &made),
                IsOk());
    request_.set_parent(kSchool);
    request_.set_patrol_id("p1");
    auto& patrol = *request_.mutable_patrol();
    patrol.set_point(made.name());
    patrol.mutable_patrol_time()->set_seconds(1790000000);
    patrol.mutable_patrol_time()->set_nanos(123456789);
    patrol.set_result(safety::v1::Patrol::RESULT_NORMAL);
  }
  absl::StatusOr<safety::v1::Patrol> Create() {
    safety::v1::Patrol made;
    const auto inspector = CallerOf("users/i", {{options::v1::ROLE_INSPECTOR, kSchool}});
    RETURN_IF_ERROR(service_.engine("safety.Patrol")
                        .writer()
                        .Create(CallOf(inspector, "edudelta.safety.v1.SafetyService.CreatePatrol"), request_, &made));
    return made;
  }

  safety::v1::CreatePatrolRequest request_;
};

TEST_F(PatrolTest, SentTwiceCountsOnce) {
  const auto first = Create();
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->patrol_time().nanos(), 123456000) << "as the database keeps it";
  const auto again = Create();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM request_log"), "1") << "its commit waits for the disk";
  EXPECT_EQ(service_.Ask("SELECT COUNT(*) FROM outbox WHERE dataset = 'safety.Patrol'"), "1");
  request_.mutable_patrol()->set_result(safety::v1::Patrol::RESULT_ABNORMAL);
  EXPECT_THAT(Create(), HasReason("PATROL_EXISTS"));
}

TEST_F(PatrolTest, IsRunAgainWhenItsPointComesWithTheChunkBefore) {
  safety::v1::Patrol row = request_.patrol();
  row.set_name(absl::StrCat(kSchool, "/patrols/p1"));
  const std::string move = "UPDATE inspection_point SET inspection_point_id = ? WHERE inspection_point_id = ?";
  service_.Run(move, {std::string("elsewhere"), std::string("gate")});
  Rules rules;
  int runs = 0;
  rules.check = [&](const Message&, absl::CivilDay) {
    if (++runs == 2) service_.Run(move, {std::string("gate"), std::string("elsewhere")});
    return absl::OkStatus();
  };
  const Table& table = service_.engine("safety.Patrol").table();
  Engine engine(service_.parts(), table, *TransitionsOf(table), rules);
  std::promise<absl::Status> earlier;
  earlier.set_value(absl::OkStatus());
  const auto inspector = CallerOf("users/i", {{options::v1::ROLE_INSPECTOR, kSchool}});
  EXPECT_EQ(Counts(Land({&row}, {2}, kSchool, v1::IMPORT_MODE_PARTIAL, inspector, engine, nullptr,
                        earlier.get_future().share())),
            "1 made 0 changed 0 same");
}

TEST_F(PatrolTest, CatchesUpBeforeItRefusesASchool) {
  service_.Run("DELETE FROM ref_school");
  EXPECT_THAT(Create(), HasReason("REFERENCE_NOT_FOUND"));
  int calls = 0;
  service_.catch_up = [&](absl::Time) {
    ++calls;
    service_.Run("INSERT INTO ref_school VALUES (?, '310114', '一小', '211', 1, NOW(6))", {std::string(kSchool)});
    return absl::OkStatus();
  };
  EXPECT_THAT(Create(), IsOk());
  EXPECT_THAT(Create(), IsOk());
  EXPECT_EQ(calls, 1);
}

// A worker waits for a feed only so long, and a feed that failed is left alone for a while.
TEST_F(PatrolTest, IsNotHeldUpByAFeedThatDoesNotAnswer) {
  service_.Run("DELETE FROM ref_school");
  std::vector<absl::Duration> waits;
  service_.catch_up = [&](absl::Time deadline) {
    waits.push_back(deadline - service_.clock.Now());
    return Error(absl::StatusCode::kDeadlineExceeded, "FEED_TIMEOUT", "");
  };
  for (int i = 0; i < 3; ++i) {
    const absl::Status refused = Create().status();
    EXPECT_THAT(refused, HasReason("REFERENCE_NOT_FOUND"));
    EXPECT_THAT(ChineseOf(refused), ::testing::HasSubstr("请稍后重试"));
  }
  ASSERT_EQ(waits.size(), 1u);
  EXPECT_LE(waits[0], absl::Milliseconds(300));
}

// The others of a service's workers stay free for what needs no feed.
TEST_F(PatrolTest, FewWaitForAServiceThatHangs) {
  service_.Run("DELETE FROM ref_school");
  absl::BlockingCounter waiting(3);
  absl::Notification over;
  service_.catch_up = [&](absl::Time) -> absl::Status {
    waiting.DecrementCount();
    over.WaitForNotification();
    return absl::DeadlineExceededError("");
  };
  std::vector<std::thread> clerks;
  for (int i = 0; i < 3; ++i) clerks.emplace_back([&] { EXPECT_THAT(Create(), HasReason("REFERENCE_NOT_FOUND")); });
  waiting.Wait();
  EXPECT_THAT(Create(), HasReason("REFERENCE_NOT_FOUND")) << "and not after the others";
  over.Notify();
  for (std::thread& clerk : clerks) clerk.join();
}

TEST_F(ImportTest, TellsWhatItDoesNotDo) {
  ASSERT_EQ(Counts(Import({Row("a"), Row("b", 2)})), "2 made 0 changed 0 same");
  Teacher stored = Stored("a"), other = Stored("b");
  const auto told = [](const absl::StatusOr<resource::v1::ImportResponse>& result) {
    std::string text = Counts(result);
    for (const auto& warning : result->warnings()) {
      absl::StrAppend(&text, "; ", warning.row(), " ", warning.column(), " ", warning.reason());
    }
    EXPECT_EQ(result->warning_count(), result->warnings_size());
    return text;
  };
  EXPECT_EQ(told(Import({stored, other})), "0 made 0 changed 2 same") << "as exported";
  stored.set_state(Teacher::STATE_LEFT);
  stored.mutable_leave_date()->set_year(2026);
  stored.mutable_leave_date()->set_month(7);
  stored.mutable_leave_date()->set_day(1);
  other.set_subject(other.subject() == "21" ? "22" : "21");
  other.set_person_token(std::string(32, 'f'));
  for (const auto mode : {v1::IMPORT_MODE_VALIDATE_ONLY, v1::IMPORT_MODE_PARTIAL}) {
    EXPECT_EQ(told(Import({stored, other}, mode)),
              "0 made 1 changed 1 same; 2 state FIELD_NOT_IMPORTED; 2 leave_date FIELD_NOT_IMPORTED; 3 person_token "
              "FIELD_NOT_IMPORTED");
  }
  EXPECT_EQ(Stored("a").state(), Teacher::STATE_ACTIVE);
  Teacher fresh = Row("c", 3);
  fresh.set_state(Teacher::STATE_LEFT);
  EXPECT_EQ(told(Import({fresh})), "1 made 0 changed 0 same; 2 state FIELD_NOT_IMPORTED");
  fresh.clear_state();
  EXPECT_EQ(told(Import({fresh})), "0 made 0 changed 1 same") << "what is not said is not compared";
}

}  // namespace
}  // namespace edudelta::resource
