#pragma once

#include "common/resource/resource.h"
#include "common/service/runtime.h"
#include "edudelta/safety/v1/safety.grpc.pb.h"

namespace edudelta::safety::api {

// One line per method: the index of the service. Methods without a body here are in api.cc.
class SafetyApi final : public v1::SafetyService::CallbackService {
 public:
  // `runtime` outlives this.
  explicit SafetyApi(service::Runtime& runtime);

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* GetInspectionPoint(Context* c, const v1::GetInspectionPointRequest* q, v1::InspectionPoint* r) override {
    return inspection_points_.Get(c, q, r);
  }
  Unary* ListInspectionPoints(Context* c,
                              const v1::ListInspectionPointsRequest* q, v1::ListInspectionPointsResponse* r) override {
    return inspection_points_.List(c, q, r);
  }
  Unary* CreateInspectionPoint(Context* c, const v1::CreateInspectionPointRequest* q, v1::InspectionPoint* r) override {
    return inspection_points_.Create(c, q, r);
  }
  Unary* BatchCreateInspectionPoints(Context* c,
                                     const v1::BatchCreateInspectionPointsRequest* q, v1::BatchCreateInspectionPointsResponse* r) override {
    return inspection_points_.BatchCreate(c, q, r);
  }
  Unary* UpdateInspectionPoint(Context* c, const v1::UpdateInspectionPointRequest* q, v1::InspectionPoint* r) override {
    return inspection_points_.Update(c, q, r);
  }
  Unary* DeleteInspectionPoint(Context* c,
                               const v1::DeleteInspectionPointRequest* q, google::protobuf::Empty* r) override {
    return inspection_points_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportInspectionPointsRequest>* ImportInspectionPoints(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return inspection_points_.Import<v1::ImportInspectionPointsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListInspectionPointsResponse>* ExportInspectionPoints(Context* c,
                                                            const v1::ExportInspectionPointsRequest* q) override {
    return inspection_points_.Export<v1::ListInspectionPointsResponse>(c, q);
  }
  Unary* GetPatrol(Context* c, const v1::GetPatrolRequest* q, v1::Patrol* r) override { return patrols_.Get(c, q, r); }
  Unary* ListPatrols(Context* c, const v1::ListPatrolsRequest* q, v1::ListPatrolsResponse* r) override {
    return patrols_.List(c, q, r);
  }
  Unary* CreatePatrol(Context* c, const v1::CreatePatrolRequest* q, v1::Patrol* r) override {
    return patrols_.Create(c, q, r);
  }
  Unary* BatchCreatePatrols(Context* c,
                            const v1::BatchCreatePatrolsRequest* q, v1::BatchCreatePatrolsResponse* r) override {
    return patrols_.BatchCreate(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportPatrolsRequest>* ImportPatrols(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return patrols_.Import<v1::ImportPatrolsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListPatrolsResponse>* ExportPatrols(Context* c,
                                                            const v1::ExportPatrolsRequest* q) override {
    return patrols_.Export<v1::ListPatrolsResponse>(c, q);
  }
  Unary* GetPatrolPlan(Context* c, const v1::GetPatrolPlanRequest* q, v1::PatrolPlan* r) override {
    return patrol_plans_.Get(c, q, r);
  }
  Unary* ListPatrolPlans(Context* c, const v1::ListPatrolPlansRequest* q, v1::ListPatrolPlansResponse* r) override {
    return patrol_plans_.List(c, q, r);
  }
  Unary* CreatePatrolPlan(Context* c, const v1::CreatePatrolPlanRequest* q, v1::PatrolPlan* r) override {
    return patrol_plans_.Create(c, q, r);
  }
  Unary* UpdatePatrolPlan(Context* c, const v1::UpdatePatrolPlanRequest* q, v1::PatrolPlan* r) override {
    return patrol_plans_.Update(c, q, r);
  }
  Unary* DeletePatrolPlan(Context* c, const v1::DeletePatrolPlanRequest* q, google::protobuf::Empty* r) override {
    return patrol_plans_.Delete(c, q, r);
  }
  Unary* GetHazardTerm(Context* c, const v1::GetHazardTermRequest* q, v1::HazardTerm* r) override {
    return hazard_terms_.Get(c, q, r);
  }
  Unary* ListHazardTerms(Context* c, const v1::ListHazardTermsRequest* q, v1::ListHazardTermsResponse* r) override {
    return hazard_terms_.List(c, q, r);
  }
  Unary* CreateHazardTerm(Context* c, const v1::CreateHazardTermRequest* q, v1::HazardTerm* r) override {
    return hazard_terms_.Create(c, q, r);
  }
  Unary* UpdateHazardTerm(Context* c, const v1::UpdateHazardTermRequest* q, v1::HazardTerm* r) override {
    return hazard_terms_.Update(c, q, r);
  }
  Unary* DeleteHazardTerm(Context* c, const v1::DeleteHazardTermRequest* q, google::protobuf::Empty* r) override {
    return hazard_terms_.Delete(c, q, r);
  }
  Unary* GetHazard(Context* c, const v1::GetHazardRequest* q, v1::Hazard* r) override { return hazards_.Get(c, q, r); }
  Unary* ListHazards(Context* c, const v1::ListHazardsRequest* q, v1::ListHazardsResponse* r) override {
    return hazards_.List(c, q, r);
  }
  Unary* CreateHazard(Context* c, const v1::CreateHazardRequest* q, v1::Hazard* r) override {
    return hazards_.Create(c, q, r);
  }
  Unary* UpdateHazard(Context* c, const v1::UpdateHazardRequest* q, v1::Hazard* r) override {
    return hazards_.Update(c, q, r);
  }
  grpc::ServerWriteReactor<v1::ListHazardsResponse>* ExportHazards(Context* c,
                                                            const v1::ExportHazardsRequest* q) override {
    return hazards_.Export<v1::ListHazardsResponse>(c, q);
  }
  Unary* GradeHazard(Context* c, const v1::GradeHazardRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* AssignHazard(Context* c, const v1::AssignHazardRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* StartHazardRectification(Context* c, const v1::StartHazardRectificationRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* RequestHazardExtension(Context* c, const v1::RequestHazardExtensionRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* RejectHazardExtension(Context* c, const v1::RejectHazardExtensionRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* ExtendHazard(Context* c, const v1::ExtendHazardRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* RequestHazardRecheck(Context* c, const v1::RequestHazardRecheckRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* PassHazardRecheck(Context* c, const v1::PassHazardRecheckRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* RejectHazardRecheck(Context* c, const v1::RejectHazardRecheckRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* CloseHazard(Context* c, const v1::CloseHazardRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* ArchiveHazard(Context* c, const v1::ArchiveHazardRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* ListHazardForSupervision(Context* c, const v1::ListHazardForSupervisionRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* LiftHazardSupervision(Context* c, const v1::LiftHazardSupervisionRequest* q, v1::Hazard* r) override {
    return hazards_.Take(c, q, r);
  }
  Unary* SummarizePatrols(Context* c, const v1::SummarizePatrolsRequest* q, v1::SummarizePatrolsResponse* r) override;

 private:
  service::Runtime& runtime_;
  resource::Resource<v1::InspectionPoint> inspection_points_;
  resource::Resource<v1::Patrol> patrols_;
  resource::Resource<v1::PatrolPlan> patrol_plans_;
  resource::Resource<v1::HazardTerm> hazard_terms_;
  resource::Resource<v1::Hazard> hazards_;
};

}  // namespace edudelta::safety::api
