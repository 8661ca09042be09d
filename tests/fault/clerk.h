#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "edudelta/call/v1/call.pb.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "grpcpp/channel.h"
#include "tests/fault/ledger.h"

namespace edudelta::fault {

// A client that writes schools and grade enrolments of one district at random, sends every request again under its
// request id until it is answered, and keeps the ledger of what it was told. It works on rows of its own and on one
// school that it shares with the others. Not thread-safe.
class Clerk {
 public:
  struct Settings {
    std::string principal;
    // "districts/310114"
    std::string district;
    // Different for clerks of one district.
    int number = 0;
    unsigned seed = 0;
    std::shared_ptr<grpc::Channel> channel;
    // Counts requests put on the wire.
    std::atomic<int>* attempts = nullptr;
  };
  explicit Clerk(Settings settings);

  // The school that all clerks of the district change. Called by one of them, its name is given to the others.
  std::string OpenSharedSchool();
  void Share(const std::string& school) { shared_ = school; }
  void Work(int writes);

  const Ledger& ledger() const { return ledger_; }

 private:
  struct Request {
    const char* method = nullptr;
    const google::protobuf::Message& message;
    google::protobuf::Message* response = nullptr;
    std::vector<Change> changes;
    // An old etag is no mistake.
    bool may_be_refused = false;
    // Nothing that follows depends on it.
    bool may_give_up = false;
  };

  void WriteOnce();
  void CreateSchool();
  void BatchCreateSchools();
  void UpdateOwnSchool();
  void UpdateSharedSchool(bool with_etag);
  void CloseSchool();
  void CreateEnrollment();
  void BatchCreateEnrollments();
  void UpdateEnrollment();
  // And makes it again under the same name.
  void DeleteEnrollment();

  planning::v1::CreateSchoolRequest NewSchool(const std::string& mark);
  planning::v1::CreateGradeEnrollmentRequest NewEnrollment(const std::string& school);
  planning::v1::CreateGradeEnrollmentRequest EnrollmentAgain(const planning::v1::GradeEnrollment& old);
  void Mark(planning::v1::GradeEnrollment* enrollment);

  // Sends until it is answered, compares the answer with `changes` and enters it.
  Answer Do(Request request);
  // Both send the same request at the same time; their answers must be equal.
  Answer SendTwice(const Request& request);
  Answer Send(const Request& request, unsigned seed, google::protobuf::Message* response, Ledger* ledger) const;
  bool OneIn(unsigned n) { return random_() % n == 0; }

  const Settings settings_;
  const call::v1::Caller caller_;
  std::mt19937 random_;
  int schools_made_ = 0;
  int marks_made_ = 0;
  int enrollments_made_ = 0;
  std::string shared_;
  // As last seen.
  std::string shared_etag_;
  std::vector<planning::v1::School> schools_;
  std::vector<planning::v1::GradeEnrollment> enrollments_;
  Ledger ledger_;
};

}  // namespace edudelta::fault
