#include "tests/fault/audit.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/outbox/payload.h"
#include "common/resource/row.h"
#include "common/rpc/client.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "tests/fault/program.h"

namespace edudelta::fault {
namespace {

namespace v1 = planning::v1;
using feed::v1::Event;

constexpr absl::Duration kReadWithin = absl::Seconds(60);

struct Kind {
  const char* dataset;
  const char* table;
  const char* name;
  const char* mark;
};

constexpr Kind kKinds[] = {
    {"planning.School", "school", "CONCAT('districts/', district_id, '/schools/', school_id)",
     "CONCAT(address, '|', state)"},
    {"planning.GradeEnrollment", "grade_enrollment",
     "CONCAT('districts/', district_id, '/schools/', school_id, '/gradeEnrollments/', grade_enrollment_id)",
     "CONCAT(pupil_count, '|', boarder_count)"},
};

struct Version {
  int64_t row = 0;
  int64_t version = 0;
  std::string name;
  std::string mark;
  std::string begin;
  // Empty for the row in the table itself.
  std::string end;

  std::string etag() const { return resource::EtagOf(row, version); }
};

class Audit {
 public:
  Audit(const crypto::FieldCipher& cipher, std::string district, std::string principals)
      : cipher_(cipher), district_(std::move(district)), principals_(std::move(principals)) {}

  absl::Status Run(db::Session& session, const Ledger& ledger) {
    findings_.problems = ledger.problems;
    RETURN_IF_ERROR(ReadLog(session));
    for (const Kind& kind : kKinds) {
      versions_.clear();
      RETURN_IF_ERROR(ReadVersions(session, kind));
      CheckHistory();
      RETURN_IF_ERROR(CheckEvents(session, kind));
      for (const auto& [key, version] : versions_)
        unclaimed_.emplace(absl::StrCat(version.name, " ", version.mark), version);
      findings_.versions += static_cast<int>(versions_.size());
    }
    for (const Sent& sent : ledger.sent) CheckSent(sent);
    for (const auto& [key, version] : unclaimed_) Problem("nobody was told of ", Show(version));
    for (const auto& [name, etag] : ended_) Problem("nobody was told of the end of ", name, " ", etag);
    for (const auto& [key, entry] : log_) Problem("the request log has an entry that nobody was told of: ", key);
    return CheckTransitions(session, ledger);
  }

  Findings Take() { return std::move(findings_); }

 private:
  struct Logged {
    std::string name;
    int64_t version = 0;
  };

  template <typename... Parts>
  void Problem(const Parts&... parts) {
    findings_.problems.push_back(absl::StrCat(parts...));
  }

  static std::string Show(const Version& version) {
    return absl::StrCat(version.name, " version ", version.version, " (", version.mark, ")");
  }

  // Locks what it reads: a client whose transaction is still at its commit holds its entry.
  absl::Status ReadLog(db::Session& session) {
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query("SELECT `principal`, `request_id`, `name`, `version` FROM `request_log` "
                                   "WHERE `principal` LIKE ? FOR UPDATE",
                                   {principals_ + "%"}));
    while (rows.Next()) log_[absl::StrCat(rows.Text(0), " ", rows.Text(1))] = {rows.Text(2), rows.Int(3)};
    return absl::OkStatus();
  }

  absl::Status ReadVersions(db::Session& session, const Kind& kind) {
    const std::string fields = absl::StrCat("`row_id`, `version`, ", kind.name, ", ", kind.mark, ", `update_time`, ");
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query(absl::StrCat("SELECT ", fields, "'' FROM `", kind.table,
                                                "` WHERE `district_id` = ? UNION ALL SELECT ", fields,
                                                "`history_to` FROM `", kind.table, "_history` WHERE `district_id` = ?"),
                                   {district_, district_}));
    while (rows.Next()) {
      Version version{rows.Int(0), rows.Int(1), rows.Text(2), rows.Text(3), rows.Text(4), rows.Text(5)};
      const std::pair<int64_t, int64_t> key{version.row, version.version};
      if (!versions_.emplace(key, version).second) Problem(Show(version), " is both in the table and in the history");
    }
    return absl::OkStatus();
  }

  void CheckHistory() {
    for (auto it = versions_.begin(); it != versions_.end(); ++it) {
      const Version& version = it->second;
      const auto next = std::next(it);
      const bool last = next == versions_.end() || next->second.row != version.row;
      const bool first = it == versions_.begin() || std::prev(it)->second.row != version.row;
      if (first && version.version != 1) Problem(Show(version), " has no first version");
      if (!last && next->second.version != version.version + 1) Problem(Show(version), " has no next version");
      if (!last && version.end != next->second.begin) Problem(Show(version), " does not end when the next one begins");
      if (last && !version.end.empty()) ended_.emplace(version.name, version.etag());
    }
  }

  absl::Status CheckEvents(db::Session& session, const Kind& kind) {
    std::vector<std::string> expected;
    for (const auto& [key, version] : versions_) {
      const std::string before = version.version == 1 ? "" : resource::EtagOf(version.row, version.version - 1);
      expected.push_back(absl::StrCat(version.name, ": ", before, " -> ", version.etag()));
      const bool last = versions_.count({version.row, version.version + 1}) == 0;
      if (last && !version.end.empty()) expected.push_back(absl::StrCat(version.name, ": ", version.etag(), " -> "));
    }
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query("SELECT `event_id`, `name`, `kind`, `payload` FROM `outbox` WHERE `dataset` = ? "
                                   "AND `district` = ?",
                                   {std::string(kind.dataset), district_}));
    std::vector<std::string> found;
    while (rows.Next()) {
      ASSIGN_OR_RETURN(const Event event, outbox::DecodePayload(rows.Text(0), rows.Text(3), cipher_));
      const std::string before = EtagIn(event.before(), kind);
      const std::string after = EtagIn(event.after(), kind);
      found.push_back(absl::StrCat(rows.Text(1), ": ", before, " -> ", after));
      const Event::Kind right = before.empty()  ? Event::KIND_CREATED
                                : after.empty() ? Event::KIND_DELETED
                                                : Event::KIND_UPDATED;
      if (rows.Int(2) != right || event.kind() != right) Problem("an event of the wrong kind: ", found.back());
    }
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    std::vector<std::string> difference;
    std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(difference));
    for (const std::string& one : difference) Problem("no event for ", one);
    difference.clear();
    std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(difference));
    for (const std::string& one : difference) Problem("an event without its version: ", one);
    return absl::OkStatus();
  }

  static std::string EtagIn(const google::protobuf::Any& any, const Kind& kind) {
    if (any.type_url().empty()) return "";
    if (kind.table == kKinds[0].table) {
      v1::School school;
      return school.ParseFromString(any.value()) ? school.etag() : "unreadable";
    }
    v1::GradeEnrollment enrollment;
    return enrollment.ParseFromString(any.value()) ? enrollment.etag() : "unreadable";
  }

  void CheckSent(const Sent& sent) {
    const std::string key = absl::StrCat(sent.principal, " ", sent.request_id);
    const auto entry = log_.find(key);
    const bool done = entry != log_.end();
    if (sent.answer == Answer::kNone) {
      ++findings_.given_up;
      findings_.given_up_done += done;
    }
    if (sent.answer == Answer::kAcknowledged && !done)
      Problem(sent.method, " was acknowledged but is not in the request log: ", key);
    if (sent.answer == Answer::kRefused && done) Problem(sent.method, " was refused but is in the request log: ", key);
    // What is not in the log may have claimed nothing: its versions stay unclaimed and are reported.
    if (!done) return;
    for (size_t i = 0; i < sent.changes.size(); ++i) {
      const int64_t version =
          sent.changes[i].kind == Event::KIND_DELETED ? ClaimEnd(sent, sent.changes[i]) : Claim(sent, sent.changes[i]);
      if (i == 0 && (entry->second.name != sent.changes[i].name || entry->second.version != version)) {
        Problem(sent.method, " of ", sent.changes[i].name, " made version ", version, ", the request log says ",
                entry->second.name, " version ", entry->second.version);
      }
    }
    log_.erase(entry);
  }

  int64_t Claim(const Sent& sent, const Change& change) {
    const auto found = unclaimed_.find(absl::StrCat(change.name, " ", change.mark));
    if (found == unclaimed_.end()) {
      Problem("lost: ", sent.method, " of ", change.name, " (", change.mark, "), request ", sent.request_id);
      return -1;
    }
    const Version version = found->second;
    unclaimed_.erase(found);
    if (!change.etag.empty() && change.etag != version.etag())
      Problem(Show(version), " was acknowledged as ", change.etag);
    if ((change.kind == Event::KIND_CREATED) != (version.version == 1)) Problem(sent.method, " made ", Show(version));
    return version.version;
  }

  int64_t ClaimEnd(const Sent& sent, const Change& change) {
    if (ended_.erase({change.name, change.etag}) == 0)
      Problem("lost: ", sent.method, " of ", change.name, " ", change.etag);
    return 0;
  }

  absl::Status CheckTransitions(db::Session& session, const Ledger& ledger) {
    std::map<std::string, int> expected;
    for (const Sent& sent : ledger.sent) {
      if (sent.method == "CloseSchool" && sent.answer == Answer::kAcknowledged) ++expected[sent.request_id];
    }
    ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT `request_id` FROM `transition_log` WHERE `resource` LIKE ?",
                                                  {absl::StrCat("districts/", district_, "/%")}));
    while (rows.Next()) --expected[rows.Text(0)];
    for (const auto& [id, missing] : expected) {
      if (missing != 0) Problem("the transition log misses ", missing, " entries of request ", id);
    }
    return absl::OkStatus();
  }

  const crypto::FieldCipher& cipher_;
  const std::string district_;
  const std::string principals_;
  std::map<std::string, Logged> log_;
  std::map<std::pair<int64_t, int64_t>, Version> versions_;
  std::multimap<std::string, Version> unclaimed_;
  std::set<std::pair<std::string, std::string>> ended_;
  Findings findings_;
};

template <typename Request, typename Response, typename Row>
absl::Status ListAll(const std::shared_ptr<grpc::Channel>& channel, const char* method, const std::string& parent,
                     const google::protobuf::RepeatedPtrField<Row>& (Response::*rows)() const,
                     std::vector<std::string>* found) {
  const auto& descriptor = *v1::School::descriptor()->file()->service(0)->FindMethodByName(method);
  Request request;
  request.set_parent(parent);
  request.set_page_size(7);
  do {
    Response response;
    absl::Status status;
    // The service or its database may have been started a moment ago.
    Await(kReadWithin, [&] {
      rpc::Context context(rpc::ServiceCaller("teachers"), absl::Now() + kReadWithin, "");
      status = rpc::Invoke(*channel, descriptor, context, request, &response);
      return !absl::IsUnavailable(status);
    });
    RETURN_IF_ERROR(status);
    for (const Row& row : (response.*rows)()) found->push_back(absl::StrCat(row.name(), " ", row.etag()));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Findings> AuditDistrict(db::Pool& pool, const crypto::FieldCipher& cipher, const std::string& district,
                                       const std::string& principals, const Ledger& ledger) {
  Findings findings;
  RETURN_IF_ERROR(pool.Transact(absl::Now() + kReadWithin, [&](db::Tx& tx) -> absl::Status {
    Audit audit(cipher, district, principals);
    RETURN_IF_ERROR(audit.Run(tx, ledger));
    findings = audit.Take();
    return absl::OkStatus();
  }));
  return findings;
}

absl::StatusOr<std::vector<std::string>> CompareLists(db::Pool& pool, const std::shared_ptr<grpc::Channel>& channel,
                                                      const std::string& district) {
  std::vector<std::string> listed;
  const std::string parent = absl::StrCat("districts/", district);
  RETURN_IF_ERROR((ListAll<v1::ListSchoolsRequest, v1::ListSchoolsResponse>(
      channel, "ListSchools", parent, &v1::ListSchoolsResponse::schools, &listed)));
  RETURN_IF_ERROR((ListAll<v1::ListGradeEnrollmentsRequest, v1::ListGradeEnrollmentsResponse>(
      channel, "ListGradeEnrollments", parent + "/schools/-", &v1::ListGradeEnrollmentsResponse::grade_enrollments,
      &listed)));
  std::vector<std::string> stored;
  RETURN_IF_ERROR(pool.Read(absl::Now() + kReadWithin, [&](db::Session& session) -> absl::Status {
    for (const Kind& kind : kKinds) {
      ASSIGN_OR_RETURN(db::Rows rows, session.Query(absl::StrCat("SELECT ", kind.name, ", `row_id`, `version` FROM `",
                                                                 kind.table, "` WHERE `district_id` = ?"),
                                                    {district}));
      while (rows.Next()) stored.push_back(absl::StrCat(rows.Text(0), " ", resource::EtagOf(rows.Int(1), rows.Int(2))));
    }
    return absl::OkStatus();
  }));
  std::sort(listed.begin(), listed.end());
  std::sort(stored.begin(), stored.end());
  std::vector<std::string> difference;
  std::set_symmetric_difference(listed.begin(), listed.end(), stored.begin(), stored.end(),
                                std::back_inserter(difference));
  for (std::string& one : difference) one = "listed or stored, not both: " + one;
  return difference;
}

absl::StatusOr<std::vector<std::string>> AuditFeed(db::Pool& pool) {
  std::vector<std::string> problems;
  absl::Status read;
  const bool published = Await(kReadWithin, [&] {
    int64_t left = 1;
    read = pool.Read(absl::Now() + kReadWithin, [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT COUNT(*) FROM `outbox` WHERE `position` IS NULL"));
      rows.Next();
      left = rows.Int(0);
      return absl::OkStatus();
    });
    return !read.ok() || left == 0;
  });
  RETURN_IF_ERROR(read);
  if (!published) problems.push_back("some events are not published");
  RETURN_IF_ERROR(pool.Read(absl::Now() + kReadWithin, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(db::Rows gaps,
                     session.Query("SELECT `dataset`, `district`, COUNT(*), MIN(`sequence`), MAX(`sequence`), "
                                   "COUNT(DISTINCT `sequence`) FROM `outbox` GROUP BY `dataset`, `district`"));
    while (gaps.Next()) {
      const int64_t count = gaps.Int(2);
      if (gaps.Int(3) == 1 && gaps.Int(4) == count && gaps.Int(5) == count) continue;
      problems.push_back(absl::StrCat("the sequence of ", gaps.Text(0), " in ", gaps.Text(1), " has gaps"));
    }
    // Row ids of the outbox grow with the versions of a row, because their transactions lock it one after the other.
    ASSIGN_OR_RETURN(db::Rows events, session.Query("SELECT `name`, `position` FROM `outbox` ORDER BY `row_id`"));
    std::map<std::string, int64_t> last;
    while (events.Next()) {
      int64_t& before = last[events.Text(0)];
      if (events.Int(1) <= before) problems.push_back("published out of order: " + events.Text(0));
      before = events.Int(1);
    }
    return absl::OkStatus();
  }));
  return problems;
}

}  // namespace edudelta::fault
