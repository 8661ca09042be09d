#pragma once

#include "common/resource/resource.h"
#include "common/service/runtime.h"
#include "edudelta/planning/v1/planning.grpc.pb.h"
#include "planning/api/balance.h"
#include "planning/api/targets.h"

namespace edudelta::planning::api {

// One line per method: the index of the service. What is not generic stands in balance.h and targets.h.
class PlanningApi final : public v1::PlanningService::CallbackService {
 public:
  // `runtime` outlives this.
  explicit PlanningApi(service::Runtime& runtime);

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* GetDistrict(Context* c, const v1::GetDistrictRequest* q, v1::District* r) override {
    return districts_.Get(c, q, r);
  }
  Unary* ListDistricts(Context* c, const v1::ListDistrictsRequest* q, v1::ListDistrictsResponse* r) override {
    return districts_.List(c, q, r);
  }
  grpc::ServerWriteReactor<v1::ListDistrictsResponse>* ExportDistricts(Context* c,
                                                            const v1::ExportDistrictsRequest* q) override {
    return districts_.Export<v1::ListDistrictsResponse>(c, q);
  }
  Unary* GetSchool(Context* c, const v1::GetSchoolRequest* q, v1::School* r) override { return schools_.Get(c, q, r); }
  Unary* ListSchools(Context* c, const v1::ListSchoolsRequest* q, v1::ListSchoolsResponse* r) override {
    return schools_.List(c, q, r);
  }
  Unary* CreateSchool(Context* c, const v1::CreateSchoolRequest* q, v1::School* r) override {
    return schools_.Create(c, q, r);
  }
  Unary* BatchCreateSchools(Context* c,
                            const v1::BatchCreateSchoolsRequest* q, v1::BatchCreateSchoolsResponse* r) override {
    return schools_.BatchCreate(c, q, r);
  }
  Unary* UpdateSchool(Context* c, const v1::UpdateSchoolRequest* q, v1::School* r) override {
    return schools_.Update(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportSchoolsRequest>* ImportSchools(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return schools_.Import<v1::ImportSchoolsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListSchoolsResponse>* ExportSchools(Context* c,
                                                            const v1::ExportSchoolsRequest* q) override {
    return schools_.Export<v1::ListSchoolsResponse>(c, q);
  }
  Unary* GetGradeEnrollment(Context* c, const v1::GetGradeEnrollmentRequest* q, v1::GradeEnrollment* r) override {
    return grade_enrollments_.Get(c, q, r);
  }
  Unary* ListGradeEnrollments(Context* c,
                              const v1::ListGradeEnrollmentsRequest* q, v1::ListGradeEnrollmentsResponse* r) override {
    return grade_enrollments_.List(c, q, r);
  }
  Unary* CreateGradeEnrollment(Context* c, const v1::CreateGradeEnrollmentRequest* q, v1::GradeEnrollment* r) override {
    return grade_enrollments_.Create(c, q, r);
  }
  Unary* BatchCreateGradeEnrollments(Context* c,
                                     const v1::BatchCreateGradeEnrollmentsRequest* q, v1::BatchCreateGradeEnrollmentsResponse* r) override {
    return grade_enrollments_.BatchCreate(c, q, r);
  }
  Unary* UpdateGradeEnrollment(Context* c, const v1::UpdateGradeEnrollmentRequest* q, v1::GradeEnrollment* r) override {
    return grade_enrollments_.Update(c, q, r);
  }
  Unary* DeleteGradeEnrollment(Context* c,
                               const v1::DeleteGradeEnrollmentRequest* q, google::protobuf::Empty* r) override {
    return grade_enrollments_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportGradeEnrollmentsRequest>* ImportGradeEnrollments(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return grade_enrollments_.Import<v1::ImportGradeEnrollmentsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListGradeEnrollmentsResponse>* ExportGradeEnrollments(Context* c,
                                                            const v1::ExportGradeEnrollmentsRequest* q) override {
    return grade_enrollments_.Export<v1::ListGradeEnrollmentsResponse>(c, q);
  }
  Unary* GetWorkPlan(Context* c, const v1::GetWorkPlanRequest* q, v1::WorkPlan* r) override {
    return work_plans_.Get(c, q, r);
  }
  Unary* ListWorkPlans(Context* c, const v1::ListWorkPlansRequest* q, v1::ListWorkPlansResponse* r) override {
    return work_plans_.List(c, q, r);
  }
  Unary* CreateWorkPlan(Context* c, const v1::CreateWorkPlanRequest* q, v1::WorkPlan* r) override {
    return work_plans_.Create(c, q, r);
  }
  Unary* UpdateWorkPlan(Context* c, const v1::UpdateWorkPlanRequest* q, v1::WorkPlan* r) override {
    return work_plans_.Update(c, q, r);
  }
  Unary* DeleteWorkPlan(Context* c, const v1::DeleteWorkPlanRequest* q, google::protobuf::Empty* r) override {
    return work_plans_.Delete(c, q, r);
  }
  grpc::ServerWriteReactor<v1::ListWorkPlansResponse>* ExportWorkPlans(Context* c,
                                                            const v1::ExportWorkPlansRequest* q) override {
    return work_plans_.Export<v1::ListWorkPlansResponse>(c, q);
  }
  Unary* GetPlanSection(Context* c, const v1::GetPlanSectionRequest* q, v1::PlanSection* r) override {
    return plan_sections_.Get(c, q, r);
  }
  Unary* ListPlanSections(Context* c, const v1::ListPlanSectionsRequest* q, v1::ListPlanSectionsResponse* r) override {
    return plan_sections_.List(c, q, r);
  }
  Unary* CreatePlanSection(Context* c, const v1::CreatePlanSectionRequest* q, v1::PlanSection* r) override {
    return plan_sections_.Create(c, q, r);
  }
  Unary* BatchCreatePlanSections(Context* c,
                                 const v1::BatchCreatePlanSectionsRequest* q, v1::BatchCreatePlanSectionsResponse* r) override {
    return plan_sections_.BatchCreate(c, q, r);
  }
  Unary* UpdatePlanSection(Context* c, const v1::UpdatePlanSectionRequest* q, v1::PlanSection* r) override {
    return plan_sections_.Update(c, q, r);
  }
  Unary* DeletePlanSection(Context* c, const v1::DeletePlanSectionRequest* q, google::protobuf::Empty* r) override {
    return plan_sections_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportPlanSectionsRequest>* ImportPlanSections(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return plan_sections_.Import<v1::ImportPlanSectionsRequest>(c, r);
  }
  Unary* GetPlanTask(Context* c, const v1::GetPlanTaskRequest* q, v1::PlanTask* r) override {
    return plan_tasks_.Get(c, q, r);
  }
  Unary* ListPlanTasks(Context* c, const v1::ListPlanTasksRequest* q, v1::ListPlanTasksResponse* r) override {
    return plan_tasks_.List(c, q, r);
  }
  Unary* CreatePlanTask(Context* c, const v1::CreatePlanTaskRequest* q, v1::PlanTask* r) override {
    return plan_tasks_.Create(c, q, r);
  }
  Unary* BatchCreatePlanTasks(Context* c,
                              const v1::BatchCreatePlanTasksRequest* q, v1::BatchCreatePlanTasksResponse* r) override {
    return plan_tasks_.BatchCreate(c, q, r);
  }
  Unary* UpdatePlanTask(Context* c, const v1::UpdatePlanTaskRequest* q, v1::PlanTask* r) override {
    return plan_tasks_.Update(c, q, r);
  }
  Unary* DeletePlanTask(Context* c, const v1::DeletePlanTaskRequest* q, google::protobuf::Empty* r) override {
    return plan_tasks_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportPlanTasksRequest>* ImportPlanTasks(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return plan_tasks_.Import<v1::ImportPlanTasksRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListPlanTasksResponse>* ExportPlanTasks(Context* c,
                                                            const v1::ExportPlanTasksRequest* q) override {
    return plan_tasks_.Export<v1::ListPlanTasksResponse>(c, q);
  }
  Unary* GetPlanTarget(Context* c, const v1::GetPlanTargetRequest* q, v1::PlanTarget* r) override {
    return plan_targets_.Get(c, q, r);
  }
  Unary* ListPlanTargets(Context* c, const v1::ListPlanTargetsRequest* q, v1::ListPlanTargetsResponse* r) override {
    return plan_targets_.List(c, q, r);
  }
  Unary* CreatePlanTarget(Context* c, const v1::CreatePlanTargetRequest* q, v1::PlanTarget* r) override {
    return plan_targets_.Create(c, q, r);
  }
  Unary* BatchCreatePlanTargets(Context* c,
                                const v1::BatchCreatePlanTargetsRequest* q, v1::BatchCreatePlanTargetsResponse* r) override {
    return plan_targets_.BatchCreate(c, q, r);
  }
  Unary* UpdatePlanTarget(Context* c, const v1::UpdatePlanTargetRequest* q, v1::PlanTarget* r) override {
    return plan_targets_.Update(c, q, r);
  }
  Unary* DeletePlanTarget(Context* c, const v1::DeletePlanTargetRequest* q, google::protobuf::Empty* r) override {
    return plan_targets_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportPlanTargetsRequest>* ImportPlanTargets(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return plan_targets_.Import<v1::ImportPlanTargetsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListPlanTargetsResponse>* ExportPlanTargets(Context* c,
                                                            const v1::ExportPlanTargetsRequest* q) override {
    return plan_targets_.Export<v1::ListPlanTargetsResponse>(c, q);
  }
  Unary* GetPlanProject(Context* c, const v1::GetPlanProjectRequest* q, v1::PlanProject* r) override {
    return plan_projects_.Get(c, q, r);
  }
  Unary* ListPlanProjects(Context* c, const v1::ListPlanProjectsRequest* q, v1::ListPlanProjectsResponse* r) override {
    return plan_projects_.List(c, q, r);
  }
  Unary* CreatePlanProject(Context* c, const v1::CreatePlanProjectRequest* q, v1::PlanProject* r) override {
    return plan_projects_.Create(c, q, r);
  }
  Unary* BatchCreatePlanProjects(Context* c,
                                 const v1::BatchCreatePlanProjectsRequest* q, v1::BatchCreatePlanProjectsResponse* r) override {
    return plan_projects_.BatchCreate(c, q, r);
  }
  Unary* UpdatePlanProject(Context* c, const v1::UpdatePlanProjectRequest* q, v1::PlanProject* r) override {
    return plan_projects_.Update(c, q, r);
  }
  Unary* DeletePlanProject(Context* c, const v1::DeletePlanProjectRequest* q, google::protobuf::Empty* r) override {
    return plan_projects_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportPlanProjectsRequest>* ImportPlanProjects(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return plan_projects_.Import<v1::ImportPlanProjectsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListPlanProjectsResponse>* ExportPlanProjects(Context* c,
                                                            const v1::ExportPlanProjectsRequest* q) override {
    return plan_projects_.Export<v1::ListPlanProjectsResponse>(c, q);
  }
  Unary* GetReportDuty(Context* c, const v1::GetReportDutyRequest* q, v1::ReportDuty* r) override {
    return report_duties_.Get(c, q, r);
  }
  Unary* ListReportDuties(Context* c, const v1::ListReportDutiesRequest* q, v1::ListReportDutiesResponse* r) override {
    return report_duties_.List(c, q, r);
  }
  Unary* CreateReportDuty(Context* c, const v1::CreateReportDutyRequest* q, v1::ReportDuty* r) override {
    return report_duties_.Create(c, q, r);
  }
  Unary* BatchCreateReportDuties(Context* c,
                                 const v1::BatchCreateReportDutiesRequest* q, v1::BatchCreateReportDutiesResponse* r) override {
    return report_duties_.BatchCreate(c, q, r);
  }
  Unary* UpdateReportDuty(Context* c, const v1::UpdateReportDutyRequest* q, v1::ReportDuty* r) override {
    return report_duties_.Update(c, q, r);
  }
  Unary* DeleteReportDuty(Context* c, const v1::DeleteReportDutyRequest* q, google::protobuf::Empty* r) override {
    return report_duties_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportReportDutiesRequest>* ImportReportDuties(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return report_duties_.Import<v1::ImportReportDutiesRequest>(c, r);
  }
  Unary* GetMeasurement(Context* c, const v1::GetMeasurementRequest* q, v1::Measurement* r) override {
    return measurements_.Get(c, q, r);
  }
  Unary* ListMeasurements(Context* c, const v1::ListMeasurementsRequest* q, v1::ListMeasurementsResponse* r) override {
    return measurements_.List(c, q, r);
  }
  Unary* CreateMeasurement(Context* c, const v1::CreateMeasurementRequest* q, v1::Measurement* r) override {
    return measurements_.Create(c, q, r);
  }
  Unary* BatchCreateMeasurements(Context* c,
                                 const v1::BatchCreateMeasurementsRequest* q, v1::BatchCreateMeasurementsResponse* r) override {
    return measurements_.BatchCreate(c, q, r);
  }
  Unary* UpdateMeasurement(Context* c, const v1::UpdateMeasurementRequest* q, v1::Measurement* r) override {
    return measurements_.Update(c, q, r);
  }
  Unary* DeleteMeasurement(Context* c, const v1::DeleteMeasurementRequest* q, google::protobuf::Empty* r) override {
    return measurements_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportMeasurementsRequest>* ImportMeasurements(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return measurements_.Import<v1::ImportMeasurementsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListMeasurementsResponse>* ExportMeasurements(Context* c,
                                                            const v1::ExportMeasurementsRequest* q) override {
    return measurements_.Export<v1::ListMeasurementsResponse>(c, q);
  }
  Unary* GetIndicatorSet(Context* c, const v1::GetIndicatorSetRequest* q, v1::IndicatorSet* r) override {
    return indicator_sets_.Get(c, q, r);
  }
  Unary* ListIndicatorSets(Context* c,
                           const v1::ListIndicatorSetsRequest* q, v1::ListIndicatorSetsResponse* r) override {
    return indicator_sets_.List(c, q, r);
  }
  Unary* CreateIndicatorSet(Context* c, const v1::CreateIndicatorSetRequest* q, v1::IndicatorSet* r) override {
    return indicator_sets_.Create(c, q, r);
  }
  Unary* UpdateIndicatorSet(Context* c, const v1::UpdateIndicatorSetRequest* q, v1::IndicatorSet* r) override {
    return indicator_sets_.Update(c, q, r);
  }
  Unary* GetBalanceReport(Context* c, const v1::GetBalanceReportRequest* q, v1::BalanceReport* r) override {
    return balance_reports_.Get(c, q, r);
  }
  Unary* ListBalanceReports(Context* c,
                            const v1::ListBalanceReportsRequest* q, v1::ListBalanceReportsResponse* r) override {
    return balance_reports_.List(c, q, r);
  }
  grpc::ServerWriteReactor<v1::ListBalanceReportsResponse>* ExportBalanceReports(Context* c,
                                                            const v1::ExportBalanceReportsRequest* q) override {
    return balance_reports_.Export<v1::ListBalanceReportsResponse>(c, q);
  }
  Unary* GetSchoolFinding(Context* c, const v1::GetSchoolFindingRequest* q, v1::SchoolFinding* r) override {
    return school_findings_.Get(c, q, r);
  }
  Unary* ListSchoolFindings(Context* c,
                            const v1::ListSchoolFindingsRequest* q, v1::ListSchoolFindingsResponse* r) override {
    return school_findings_.List(c, q, r);
  }
  grpc::ServerWriteReactor<v1::ListSchoolFindingsResponse>* ExportSchoolFindings(Context* c,
                                                            const v1::ExportSchoolFindingsRequest* q) override {
    return school_findings_.Export<v1::ListSchoolFindingsResponse>(c, q);
  }
  Unary* CloseSchool(Context* c, const v1::CloseSchoolRequest* q, v1::School* r) override {
    return schools_.Take(c, q, r);
  }
  Unary* ApproveWorkPlan(Context* c, const v1::ApproveWorkPlanRequest* q, v1::WorkPlan* r) override {
    return work_plans_.Take(c, q, r);
  }
  Unary* PublishWorkPlan(Context* c, const v1::PublishWorkPlanRequest* q, v1::WorkPlan* r) override {
    return work_plans_.Take(c, q, r);
  }
  Unary* CloseWorkPlan(Context* c, const v1::CloseWorkPlanRequest* q, v1::WorkPlan* r) override {
    return work_plans_.Take(c, q, r);
  }
  Unary* EvaluateTargets(Context* c, const v1::EvaluateTargetsRequest* q, v1::EvaluateTargetsResponse* r) override {
    return runtime_.frame().Unary(c, q, r, [=, this](const rpc::Call& call) { return targets_.Evaluate(call, *q, r); });
  }
  Unary* EvaluateBalance(Context* c, const v1::EvaluateBalanceRequest* q, v1::BalanceReport* r) override {
    return runtime_.frame().Unary(c, q, r, [=, this](const rpc::Call& call) { return balance_.Evaluate(call, *q, r); });
  }
  Unary* RecomputeBalance(Context* c, const v1::RecomputeBalanceRequest* q, v1::RecomputeBalanceResponse* r) override {
    return runtime_.frame().Unary(c, q, r, [=, this](const rpc::Call& call) { return balance_.Recompute(call, *q, r); });
  }

 private:
  Balance balance_;
  Targets targets_;
  service::Runtime& runtime_;
  resource::Resource<v1::District> districts_;
  resource::Resource<v1::School> schools_;
  resource::Resource<v1::GradeEnrollment> grade_enrollments_;
  resource::Resource<v1::WorkPlan> work_plans_;
  resource::Resource<v1::PlanSection> plan_sections_;
  resource::Resource<v1::PlanTask> plan_tasks_;
  resource::Resource<v1::PlanTarget> plan_targets_;
  resource::Resource<v1::PlanProject> plan_projects_;
  resource::Resource<v1::ReportDuty> report_duties_;
  resource::Resource<v1::Measurement> measurements_;
  resource::Resource<v1::IndicatorSet> indicator_sets_;
  resource::Resource<v1::BalanceReport> balance_reports_;
  resource::Resource<v1::SchoolFinding> school_findings_;
};

}  // namespace edudelta::planning::api
