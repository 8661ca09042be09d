#include "tests/fault/clerk.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/rpc/client.h"
#include "google/protobuf/empty.pb.h"
#include "tests/fault/program.h"

namespace edudelta::fault {
namespace {

namespace v1 = planning::v1;
using feed::v1::Event;
using google::protobuf::Message;

constexpr absl::Duration kAnsweredWithin = absl::Seconds(60);
constexpr int kBatch = 3;

call::v1::Caller CallerOf(const Clerk::Settings& settings) {
  call::v1::Caller caller;
  caller.set_principal(settings.principal);
  caller.set_kind(call::v1::Caller::KIND_USER);
  auto* binding = caller.add_bindings();
  binding->set_role(options::v1::ROLE_BUREAU_CLERK);
  binding->set_prefix(settings.district);
  return caller;
}

std::string TextOf(const Message& message, const char* field) {
  return message.GetReflection()->GetString(message, message.GetDescriptor()->FindFieldByName(field));
}

// The rows of an answer: itself, or those of a batch.
std::vector<const Message*> RowsOf(const Message& response) {
  if (response.GetDescriptor()->field_count() == 0) return {};
  if (response.GetDescriptor()->FindFieldByName("etag") != nullptr) return {&response};
  const auto* field = response.GetDescriptor()->field(0);
  std::vector<const Message*> rows;
  for (int i = 0; i < response.GetReflection()->FieldSize(response, field); ++i) {
    rows.push_back(&response.GetReflection()->GetRepeatedMessage(response, field, i));
  }
  return rows;
}

// Worth sending again: it was done or not, the client cannot know.
bool IsTransient(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || reason == "DATABASE_OUTCOME_UNKNOWN" ||
         reason == "DATABASE_CONFLICT" || reason == "REQUEST_IN_PROGRESS";
}

Change Created(const std::string& name, const Message& row) { return {Event::KIND_CREATED, name, MarkOf(row), ""}; }
Change Updated(const std::string& name, const Message& row) { return {Event::KIND_UPDATED, name, MarkOf(row), ""}; }

}  // namespace

Clerk::Clerk(Settings settings)
    : settings_(std::move(settings)), caller_(CallerOf(settings_)), random_(settings_.seed) {}

Answer Clerk::Send(const Request& request, unsigned seed, Message* response, Ledger* ledger) const {
  const auto& method = *v1::School::descriptor()->file()->service(0)->FindMethodByName(request.method);
  std::mt19937 random(seed);
  const absl::Time until = absl::Now() + kAnsweredWithin;
  bool may_still_run = false;
  unsigned pause = 200;
  while (true) {
    // Some clients lose patience while the service is at work.
    const bool impatient = random() % 12 == 0;
    const absl::Duration patience = impatient ? absl::Milliseconds(3 + random() % 30) : absl::Seconds(10);
    response->Clear();
    rpc::Context context(caller_, absl::Now() + patience, "");
    ++ledger->attempts;
    settings_.attempts->fetch_add(1);
    const absl::Status status = rpc::Invoke(*settings_.channel, method, context, request.message, response);
    if (status.ok()) return Answer::kAcknowledged;
    if (request.may_be_refused && ReasonOf(status) == "ETAG_MISMATCH") return Answer::kRefused;
    if (!IsTransient(status) || absl::Now() > until) {
      ledger->problems.push_back(
          absl::StrCat(request.method, " was answered ", ReasonOf(status), ": ", status.message()));
      return Answer::kNone;
    }
    may_still_run |= absl::IsDeadlineExceeded(status);
    if (request.may_give_up && !may_still_run && random() % 3 == 0) return Answer::kNone;
    pause = std::min<unsigned>(2 * pause, 20000);
    Pause(absl::Microseconds(pause + random() % pause));
  }
}

Answer Clerk::SendTwice(const Request& request) {
  std::unique_ptr<Message> other(request.response->New());
  Ledger other_ledger;
  const unsigned seed = random_();
  std::future<Answer> twin =
      std::async(std::launch::async, [&] { return Send(request, seed, other.get(), &other_ledger); });
  const Answer answer = Send(request, random_(), request.response, &ledger_);
  if (twin.get() != answer || other->SerializeAsString() != request.response->SerializeAsString()) {
    ledger_.problems.push_back(absl::StrCat(request.method, " sent twice had two answers: ",
                                            request.response->ShortDebugString(), " and ", other->ShortDebugString()));
  }
  ledger_.Add(std::move(other_ledger));
  return answer;
}

Answer Clerk::Do(Request request) {
  const bool twice = !request.may_be_refused && OneIn(4);
  if (twice) request.may_give_up = false;
  const Answer answer = twice ? SendTwice(request) : Send(request, random_(), request.response, &ledger_);
  if (answer == Answer::kAcknowledged) {
    const std::vector<const Message*> rows = RowsOf(*request.response);
    for (size_t i = 0; i < rows.size() && i < request.changes.size(); ++i) {
      Change& change = request.changes[i];
      change.etag = TextOf(*rows[i], "etag");
      if (TextOf(*rows[i], "name") != change.name || MarkOf(*rows[i]) != change.mark) {
        ledger_.problems.push_back(absl::StrCat(request.method, " of ", change.name, " ", change.mark,
                                                " was answered with another row: ", rows[i]->ShortDebugString()));
      }
    }
  }
  ledger_.sent.push_back(
      {settings_.principal, TextOf(request.message, "request_id"), request.method, std::move(request.changes), answer});
  return answer;
}

v1::CreateSchoolRequest Clerk::NewSchool(const std::string& mark) {
  v1::CreateSchoolRequest request;
  request.set_parent(settings_.district);
  request.set_school_id(absl::StrFormat("2131%02d%04d", settings_.number, ++schools_made_));
  v1::School& school = *request.mutable_school();
  school.set_display_name(absl::StrCat("演练小学", schools_made_));
  school.set_kind("211");
  school.set_holder("831");
  school.set_urban_rural("111");
  school.set_address(mark);
  return request;
}

void Clerk::Mark(v1::GradeEnrollment* enrollment) {
  const int mark = settings_.number * 100000 + ++marks_made_;
  enrollment->set_pupil_count(10000 + mark / 10000);
  enrollment->set_boarder_count(mark % 10000);
}

v1::CreateGradeEnrollmentRequest Clerk::NewEnrollment(const std::string& school) {
  v1::GradeEnrollment enrollment;
  const int number = enrollments_made_++;
  enrollment.set_school_year(1990 + number / 6 % 100);
  enrollment.set_stage("2");
  enrollment.set_grade(1 + number % 6);
  enrollment.set_name(absl::StrCat(school, "/gradeEnrollments/", enrollment.school_year(), "-2-", enrollment.grade()));
  return EnrollmentAgain(enrollment);
}

v1::CreateGradeEnrollmentRequest Clerk::EnrollmentAgain(const v1::GradeEnrollment& old) {
  v1::CreateGradeEnrollmentRequest request;
  const size_t parent = old.name().find("/gradeEnrollments/");
  request.set_parent(old.name().substr(0, parent));
  request.set_grade_enrollment_id(old.name().substr(old.name().rfind('/') + 1));
  v1::GradeEnrollment& next = *request.mutable_grade_enrollment();
  next.set_school_year(old.school_year());
  next.set_stage(old.stage());
  next.set_grade(old.grade());
  Mark(&next);
  request.set_request_id(NewUuid());
  return request;
}

namespace {

std::string NameOf(const v1::CreateSchoolRequest& request) {
  return absl::StrCat(request.parent(), "/schools/", request.school_id());
}

std::string NameOf(const v1::CreateGradeEnrollmentRequest& request) {
  return absl::StrCat(request.parent(), "/gradeEnrollments/", request.grade_enrollment_id());
}

// The mark of a school holds its state.
v1::School Open(v1::School school) {
  school.set_state(v1::School::STATE_OPEN);
  return school;
}

}  // namespace

std::string Clerk::OpenSharedSchool() {
  CreateSchool();
  if (schools_.empty()) return "";
  shared_ = schools_[0].name();
  schools_.clear();
  return shared_;
}

void Clerk::CreateSchool() {
  const std::string id = NewUuid();
  v1::CreateSchoolRequest request = NewSchool(id);
  request.set_request_id(id);
  v1::School made;
  const bool given_up = !schools_.empty();
  if (Do({"CreateSchool", request, &made, {Created(NameOf(request), Open(request.school()))}, false, given_up}) ==
      Answer::kAcknowledged) {
    schools_.push_back(made);
  }
}

void Clerk::BatchCreateSchools() {
  v1::BatchCreateSchoolsRequest request;
  request.set_parent(settings_.district);
  request.set_request_id(NewUuid());
  std::vector<Change> changes;
  for (int i = 0; i < kBatch; ++i) {
    *request.add_requests() = NewSchool(absl::StrCat(request.request_id(), "/", i));
    changes.push_back(Created(NameOf(request.requests(i)), Open(request.requests(i).school())));
  }
  v1::BatchCreateSchoolsResponse made;
  if (Do({"BatchCreateSchools", request, &made, changes, false, true}) == Answer::kAcknowledged) {
    schools_.insert(schools_.end(), made.schools().begin(), made.schools().end());
  }
}

void Clerk::UpdateOwnSchool() {
  v1::School& school = schools_[random_() % schools_.size()];
  v1::UpdateSchoolRequest request;
  request.set_request_id(NewUuid());
  request.mutable_school()->set_name(school.name());
  request.mutable_school()->set_address(request.request_id());
  if (OneIn(2)) request.mutable_school()->set_etag(school.etag());
  request.mutable_update_mask()->add_paths("address");
  v1::School next;
  if (Do({"UpdateSchool", request, &next, {Updated(school.name(), Open(request.school()))}}) == Answer::kAcknowledged)
    school = next;
}

void Clerk::UpdateSharedSchool(bool with_etag) {
  v1::UpdateSchoolRequest request;
  request.set_request_id(NewUuid());
  request.mutable_school()->set_name(shared_);
  request.mutable_school()->set_address(request.request_id());
  if (with_etag) request.mutable_school()->set_etag(shared_etag_);
  request.mutable_update_mask()->add_paths("address");
  v1::School next;
  const bool can_be_old = with_etag && !shared_etag_.empty();
  if (Do({"UpdateSchool", request, &next, {Updated(shared_, Open(request.school()))}, can_be_old, true}) ==
      Answer::kAcknowledged) {
    shared_etag_ = next.etag();
  }
}

void Clerk::CloseSchool() {
  const size_t which = random_() % schools_.size();
  v1::CloseSchoolRequest request;
  request.set_request_id(NewUuid());
  request.set_name(schools_[which].name());
  request.set_note("演练");
  request.mutable_close_date()->set_year(2025);
  request.mutable_close_date()->set_month(7);
  request.mutable_close_date()->set_day(31);
  v1::School expected = schools_[which];
  expected.set_state(v1::School::STATE_CLOSED);
  v1::School next;
  Do({"CloseSchool", request, &next, {Updated(request.name(), expected)}});
  schools_.erase(schools_.begin() + which);
}

void Clerk::CreateEnrollment() {
  const v1::CreateGradeEnrollmentRequest request = NewEnrollment(schools_[random_() % schools_.size()].name());
  v1::GradeEnrollment made;
  if (Do({"CreateGradeEnrollment",
          request,
          &made,
          {Created(NameOf(request), request.grade_enrollment())},
          false,
          true}) == Answer::kAcknowledged) {
    enrollments_.push_back(made);
  }
}

void Clerk::BatchCreateEnrollments() {
  v1::BatchCreateGradeEnrollmentsRequest request;
  request.set_parent(schools_[random_() % schools_.size()].name());
  request.set_request_id(NewUuid());
  std::vector<Change> changes;
  for (int i = 0; i < kBatch; ++i) {
    v1::CreateGradeEnrollmentRequest& one = *request.add_requests();
    one = NewEnrollment(request.parent());
    one.clear_request_id();
    changes.push_back(Created(NameOf(one), one.grade_enrollment()));
  }
  v1::BatchCreateGradeEnrollmentsResponse made;
  if (Do({"BatchCreateGradeEnrollments", request, &made, changes, false, true}) == Answer::kAcknowledged) {
    enrollments_.insert(enrollments_.end(), made.grade_enrollments().begin(), made.grade_enrollments().end());
  }
}

void Clerk::UpdateEnrollment() {
  v1::GradeEnrollment& enrollment = enrollments_[random_() % enrollments_.size()];
  v1::UpdateGradeEnrollmentRequest request;
  request.set_request_id(NewUuid());
  request.mutable_grade_enrollment()->set_name(enrollment.name());
  if (OneIn(2)) request.mutable_grade_enrollment()->set_etag(enrollment.etag());
  Mark(request.mutable_grade_enrollment());
  request.mutable_update_mask()->add_paths("pupil_count");
  request.mutable_update_mask()->add_paths("boarder_count");
  v1::GradeEnrollment next;
  if (Do({"UpdateGradeEnrollment", request, &next, {Updated(enrollment.name(), request.grade_enrollment())}}) ==
      Answer::kAcknowledged) {
    enrollment = next;
  }
}

void Clerk::DeleteEnrollment() {
  const size_t which = random_() % enrollments_.size();
  const v1::GradeEnrollment old = enrollments_[which];
  enrollments_.erase(enrollments_.begin() + which);
  v1::DeleteGradeEnrollmentRequest request;
  request.set_request_id(NewUuid());
  request.set_name(old.name());
  if (OneIn(2)) request.set_etag(old.etag());
  google::protobuf::Empty none;
  const Change ended{Event::KIND_DELETED, old.name(), "", old.etag()};
  if (Do({"DeleteGradeEnrollment", request, &none, {ended}}) != Answer::kAcknowledged || OneIn(2)) return;
  const v1::CreateGradeEnrollmentRequest again = EnrollmentAgain(old);
  v1::GradeEnrollment made;
  if (Do({"CreateGradeEnrollment", again, &made, {Created(old.name(), again.grade_enrollment())}}) ==
      Answer::kAcknowledged) {
    enrollments_.push_back(made);
  }
}

void Clerk::WriteOnce() {
  if (schools_.empty()) return CreateSchool();
  const unsigned choice = random_() % (enrollments_.empty() ? 11 : 16);
  if (choice == 0) return CreateSchool();
  if (choice == 1) return BatchCreateSchools();
  if (choice <= 3) return UpdateOwnSchool();
  if (choice <= 5) return UpdateSharedSchool(false);
  if (choice <= 6) return UpdateSharedSchool(true);
  if (choice <= 7) return CloseSchool();
  if (choice <= 9) return CreateEnrollment();
  if (choice <= 10) return BatchCreateEnrollments();
  if (choice <= 12) return UpdateEnrollment();
  return DeleteEnrollment();
}

void Clerk::Work(int writes) {
  for (int i = 0; i < writes && ledger_.problems.empty(); ++i) WriteOnce();
}

}  // namespace edudelta::fault
