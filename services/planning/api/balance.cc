#include "planning/api/balance.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/decimal.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/calendar/days.h"
#include "common/crypto/digest.h"
#include "common/db/sql_time.h"
#include "common/resource/check.h"
#include "common/service/runtime.h"
#include "edudelta/facilities/v1/facilities_summary.pb.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "edudelta/planning/v1/school_finding.pb.h"
#include "edudelta/teachers/v1/staff_summary.pb.h"
#include "planning/store/figures.h"

namespace edudelta::planning::api {
namespace {

using SchoolIndex = absl::flat_hash_map<std::string, domain::SchoolFigures*>;

SchoolIndex IndexOf(std::vector<domain::SchoolFigures>* schools) {
  SchoolIndex index;
  for (domain::SchoolFigures& school : *schools) index[school.name] = &school;
  return index;
}

template <typename Request>
Request SummaryRequest(const std::string& district, int school_year, const std::string& read_time) {
  Request request;
  request.set_name(absl::StrCat("districts/", district));
  resource::SetTime(&request, Request::descriptor()->FindFieldByName("read_time"), read_time);
  // A school that was closed later was a school of that year.
  *request.mutable_as_of() = calendar::ToProto(calendar::FirstDayOfSchoolYear(school_year));
  return request;
}

std::string MakeReportId(const rpc::Call& call, const v1::EvaluateBalanceRequest& request) {
  const std::string unique =
      request.request_id().empty()
          ? RandomHex(4)
          : absl::BytesToHexString(crypto::Sm3(absl::StrCat(call.caller.principal(), "\n", request.request_id())))
                .substr(0, 8);
  return absl::StrCat(request.school_year(), "-", unique);
}

// What a stored report or finding has and a computed one has not.
template <typename T>
T Bare(T message) {
  message.clear_name();
  message.clear_etag();
  message.clear_create_time();
  message.clear_update_time();
  return message;
}

bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

absl::Status Balance::AddStaff(const rpc::Call& call, const std::string& district, int school_year,
                               const std::string& read_time, std::vector<domain::SchoolFigures>* schools) {
  teachers::v1::SummarizeStaffResponse staff;
  RETURN_IF_ERROR(
      runtime_.CallPeer(call, "teachers", "SummarizeStaff",
                        SummaryRequest<teachers::v1::SummarizeStaffRequest>(district, school_year, read_time), &staff));
  const SchoolIndex index = IndexOf(schools);
  for (const auto& one : staff.schools()) {
    const auto it = index.find(one.school());
    if (it == index.end()) continue;
    it->second->staff.push_back({one.stage(), one.teacher_count(), one.above_primary_count(), one.above_junior_count(),
                                 one.backbone_count(), one.sports_art_count(), one.shared_sports_art_count()});
  }
  return absl::OkStatus();
}

absl::Status Balance::AddFacilities(const rpc::Call& call, const std::string& district, int school_year,
                                    const std::string& read_time, std::vector<domain::SchoolFigures>* schools) {
  facilities::v1::SummarizeFacilitiesResponse facilities;
  RETURN_IF_ERROR(runtime_.CallPeer(
      call, "facilities", "SummarizeFacilities",
      SummaryRequest<facilities::v1::SummarizeFacilitiesRequest>(district, school_year, read_time), &facilities));
  const SchoolIndex index = IndexOf(schools);
  for (const auto& one : facilities.schools()) {
    const auto it = index.find(one.school());
    if (it == index.end()) continue;
    domain::FacilityFigures& figures = it->second->facilities;
    auto amount = [](bool known, const std::string& text, std::optional<int64_t>* value) -> absl::Status {
      if (!known) return absl::OkStatus();
      ASSIGN_OR_RETURN(*value, ParseDecimal(text, 2));
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(amount(one.has_teaching_area(), one.teaching_area(), &figures.teaching_area));
    RETURN_IF_ERROR(amount(one.has_indoor_sports_area(), one.indoor_sports_area(), &figures.indoor_sports_area));
    RETURN_IF_ERROR(amount(one.has_outdoor_sports_area(), one.outdoor_sports_area(), &figures.outdoor_sports_area));
    RETURN_IF_ERROR(amount(one.has_extra_sports_area(), one.extra_sports_area(), &figures.extra_sports_area));
    RETURN_IF_ERROR(amount(one.has_equipment_value(), one.equipment_value(), &figures.equipment_value));
    if (one.has_multimedia_room_count()) figures.multimedia_room_count = one.multimedia_room_count();
  }
  return absl::OkStatus();
}

absl::StatusOr<domain::BalanceEvaluation> Balance::Compute(const rpc::Call& call, const std::string& district,
                                                           int school_year, const std::string& read_time,
                                                           const std::string& set_name) {
  std::vector<domain::SchoolFigures> schools;
  std::vector<v1::IndicatorSet> sets;
  RETURN_IF_ERROR(runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(schools, store::ReadSchools(session, runtime_.engine("planning.School").store(),
                                                 runtime_.engine("planning.GradeEnrollment").table(), district,
                                                 school_year, read_time));
    ASSIGN_OR_RETURN(
        sets, store::ReadIndicatorSets(session, runtime_.engine("planning.IndicatorSet").store(), district, read_time));
    return absl::OkStatus();
  }));
  const v1::IndicatorSet* set = nullptr;
  if (set_name.empty()) {
    set = domain::ChooseIndicatorSet(sets, describe::Jurisdictions(district),
                                     calendar::FirstDayOfSchoolYear(school_year));
  } else {
    const auto it = std::find_if(sets.begin(), sets.end(), [&](const auto& one) { return one.name() == set_name; });
    if (it != sets.end()) set = &*it;
  }
  if (set == nullptr) return Refused("INDICATOR_SET_MISSING", "没有适用的指标集", {{"indicator_set", set_name}});
  RETURN_IF_ERROR(AddStaff(call, district, school_year, read_time, &schools));
  RETURN_IF_ERROR(AddFacilities(call, district, school_year, read_time, &schools));
  ASSIGN_OR_RETURN(domain::BalanceEvaluation evaluation,
                   domain::EvaluateBalance(*set, school_year, std::move(schools)));
  resource::SetTime(&evaluation.report, v1::BalanceReport::descriptor()->FindFieldByName("read_time"), read_time);
  return evaluation;
}

absl::StatusOr<domain::BalanceEvaluation> Balance::ComputeAsOfNow(const rpc::Call& call, const std::string& district,
                                                                  int school_year, std::string read_time,
                                                                  const std::string& set_name) {
  // Each service that is asked may be behind the one before it.
  for (int peers = 2;; --peers) {
    absl::StatusOr<domain::BalanceEvaluation> evaluation = Compute(call, district, school_year, read_time, set_name);
    std::string safe = resource::SafeTimeOf(evaluation.status());
    if (peers == 0 || safe.empty() || safe >= read_time) return evaluation;
    read_time = std::move(safe);
  }
}

absl::Status Balance::Evaluate(const rpc::Call& call, const v1::EvaluateBalanceRequest& request,
                               v1::BalanceReport* response) {
  RETURN_IF_ERROR(service::Authorize(call, request.name()));
  const std::string district(describe::DistrictOf(request.name()));
  if (request.school_year() < 1990 || request.school_year() > 2100) {
    return Invalid("school_year", "NUMBER_OUT_OF_RANGE", "学年应写四位数字，如2025");
  }
  resource::Engine& reports = runtime_.engine("planning.BalanceReport");
  resource::Engine& findings = runtime_.engine("planning.SchoolFinding");
  std::string read_time;
  RETURN_IF_ERROR(runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(read_time, resource::ReadTimeOr5SecondsAgo(call, session, request));
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(domain::BalanceEvaluation evaluation,
                   request.has_read_time()
                       ? Compute(call, district, request.school_year(), read_time, request.indicator_set())
                       : ComputeAsOfNow(call, district, request.school_year(), read_time, request.indicator_set()));
  const std::string name = absl::StrCat(request.name(), "/balanceReports/", MakeReportId(call, request));
  evaluation.report.set_name(name);
  std::vector<google::protobuf::Message*> rows;
  for (v1::SchoolFinding& finding : evaluation.findings) {
    finding.set_name(absl::StrCat(name, "/findings/", domain::FindingId(finding)));
    rows.push_back(&finding);
  }
  return reports.once().Run(
      call, request,
      [&](db::Tx& tx, const std::string& now) -> absl::StatusOr<resource::Written> {
        RETURN_IF_ERROR(reports.writer().InsertAll(call, tx, now, {&evaluation.report}));
        RETURN_IF_ERROR(findings.writer().InsertAll(call, tx, now, rows));
        *response = evaluation.report;
        return resource::Written{name, 1};
      },
      [&](db::Tx& tx, const resource::Written& written) { return reports.writer().Replay(tx, written, response); });
}

absl::Status Balance::Recompute(const rpc::Call& call, const v1::RecomputeBalanceRequest& request,
                                v1::RecomputeBalanceResponse* response) {
  RETURN_IF_ERROR(service::Authorize(call, request.name()));
  resource::Engine& reports = runtime_.engine("planning.BalanceReport");
  ASSIGN_OR_RETURN(resource::Row row, reports.reader().Load(call, request.name()));
  const auto& stored = static_cast<const v1::BalanceReport&>(*row.message);
  const auto ids = *describe::ParseName(reports.table().pattern(), request.name());
  const std::string district(ids[0]);
  std::vector<v1::SchoolFinding> stored_findings;
  RETURN_IF_ERROR(runtime_.pool().Read(call.deadline, [&](db::Session& session) -> absl::Status {
    resource::Where where;
    where.And("`district_id` = ? AND `balance_report_id` = ?", {district, std::string(ids[1])});
    ASSIGN_OR_RETURN(stored_findings, store::ReadAll<v1::SchoolFinding>(
                                          session, runtime_.engine("planning.SchoolFinding").store(), where));
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(
      domain::BalanceEvaluation evaluation,
      Compute(call, district, stored.school_year(), db::SqlTime(TimeOf(stored.read_time())), stored.indicator_set()));
  absl::flat_hash_map<std::string, const v1::SchoolFinding*> by_id;
  for (const v1::SchoolFinding& finding : stored_findings) by_id[domain::FindingId(finding)] = &finding;
  for (const v1::SchoolFinding& finding : evaluation.findings) {
    const auto it = by_id.find(domain::FindingId(finding));
    if (it == by_id.end() || !Same(Bare(*it->second), Bare(finding))) *response->add_differences() = finding;
  }
  *response->mutable_report() = evaluation.report;
  response->set_equal(Same(Bare(stored), Bare(evaluation.report)) && response->differences().empty() &&
                      stored_findings.size() == evaluation.findings.size());
  return absl::OkStatus();
}

}  // namespace edudelta::planning::api
