#pragma once

#include "common/resource/resource.h"
#include "common/service/runtime.h"
#include "edudelta/teachers/v1/teachers.grpc.pb.h"

namespace edudelta::teachers::api {

// One line per method: the index of the service. Methods without a body here are in api.cc.
class TeachersApi final : public v1::TeachersService::CallbackService {
 public:
  // `runtime` outlives this.
  explicit TeachersApi(service::Runtime& runtime);

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* GetTeacher(Context* c, const v1::GetTeacherRequest* q, v1::Teacher* r) override {
    return teachers_.Get(c, q, r);
  }
  Unary* ListTeachers(Context* c, const v1::ListTeachersRequest* q, v1::ListTeachersResponse* r) override {
    return teachers_.List(c, q, r);
  }
  Unary* SearchTeachers(Context* c, const v1::SearchTeachersRequest* q, v1::ListTeachersResponse* r) override {
    return teachers_.List(c, q, r);
  }
  Unary* CreateTeacher(Context* c, const v1::CreateTeacherRequest* q, v1::Teacher* r) override {
    return teachers_.Create(c, q, r);
  }
  Unary* BatchCreateTeachers(Context* c,
                             const v1::BatchCreateTeachersRequest* q, v1::BatchCreateTeachersResponse* r) override {
    return teachers_.BatchCreate(c, q, r);
  }
  Unary* UpdateTeacher(Context* c, const v1::UpdateTeacherRequest* q, v1::Teacher* r) override {
    return teachers_.Update(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportTeachersRequest>* ImportTeachers(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return teachers_.Import<v1::ImportTeachersRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListTeachersResponse>* ExportTeachers(Context* c,
                                                            const v1::ExportTeachersRequest* q) override {
    return teachers_.Export<v1::ListTeachersResponse>(c, q);
  }
  Unary* GetStaffingQuota(Context* c, const v1::GetStaffingQuotaRequest* q, v1::StaffingQuota* r) override {
    return staffing_quotas_.Get(c, q, r);
  }
  Unary* ListStaffingQuotas(Context* c,
                            const v1::ListStaffingQuotasRequest* q, v1::ListStaffingQuotasResponse* r) override {
    return staffing_quotas_.List(c, q, r);
  }
  Unary* CreateStaffingQuota(Context* c, const v1::CreateStaffingQuotaRequest* q, v1::StaffingQuota* r) override {
    return staffing_quotas_.Create(c, q, r);
  }
  Unary* BatchCreateStaffingQuotas(Context* c,
                                   const v1::BatchCreateStaffingQuotasRequest* q, v1::BatchCreateStaffingQuotasResponse* r) override {
    return staffing_quotas_.BatchCreate(c, q, r);
  }
  Unary* UpdateStaffingQuota(Context* c, const v1::UpdateStaffingQuotaRequest* q, v1::StaffingQuota* r) override {
    return staffing_quotas_.Update(c, q, r);
  }
  Unary* DeleteStaffingQuota(Context* c, const v1::DeleteStaffingQuotaRequest* q, google::protobuf::Empty* r) override {
    return staffing_quotas_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportStaffingQuotasRequest>* ImportStaffingQuotas(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return staffing_quotas_.Import<v1::ImportStaffingQuotasRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListStaffingQuotasResponse>* ExportStaffingQuotas(Context* c,
                                                            const v1::ExportStaffingQuotasRequest* q) override {
    return staffing_quotas_.Export<v1::ListStaffingQuotasResponse>(c, q);
  }
  Unary* CloseTeacher(Context* c, const v1::CloseTeacherRequest* q, v1::Teacher* r) override {
    return teachers_.Take(c, q, r);
  }
  Unary* SummarizeStaff(Context* c, const v1::SummarizeStaffRequest* q, v1::SummarizeStaffResponse* r) override;

 private:
  service::Runtime& runtime_;
  resource::Resource<v1::Teacher> teachers_;
  resource::Resource<v1::StaffingQuota> staffing_quotas_;
};

}  // namespace edudelta::teachers::api
