#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/db/migrator.h"
#include "common/resource/engine.h"
#include "common/resource/fields.h"
#include "common/testing/ask.h"
#include "common/testing/database.h"
#include "common/testing/fake_clock.h"
#include "common/testing/matchers.h"
#include "common/testing/sample.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/planning/v1/work_plan.pb.h"
#include "gtest/gtest.h"

namespace edudelta::resource {

using testing::Soon;

inline describe::Followed SchoolCopy() {
  return {"planning.School", "planning", planning::v1::School::descriptor(), {"display_name", "kind"}, "ref_school"};
}

// A service with a schema of its own that keeps these resources.
class TestService {
 public:
  explicit TestService(const std::vector<const google::protobuf::Descriptor*>& types,
                       const std::map<std::string, Rules>& rules = {},
                       absl::Duration transaction_limit = db::Options().transaction_limit) {
    db::Options options = testing::Database::Shared().CreateSchema();
    options.connections = 8;
    options.transaction_limit = transaction_limit;
    pool = *db::Pool::Create(options, registry);
    copies.push_back(*Copy::Build(SchoolCopy(), codes));
    std::vector<db::Migration> migrations = db::CommonMigrations();
    migrations.push_back({"209901010000_create_ref_school", copies.back()->Ddl()});
    for (const auto* type : types) {
      auto table = Table::Build(type, codes);
      EXPECT_THAT(table, testing::IsOk());
      tables.push_back(*std::move(table));
      migrations.push_back({"209901010000_create_" + tables.back()->name(), tables.back()->Ddl()});
    }
    EXPECT_THAT(db::Migrate(*pool, migrations), testing::IsOk());
    references = std::make_unique<References>(
        *pool, *pool, clock, copies,
        [this](const std::string&, absl::Time deadline) { return catch_up ? catch_up(deadline) : absl::OkStatus(); },
        3);
    for (const auto& table : tables) {
      const auto own = rules.find(table->dataset());
      engines[table->dataset()] =
          std::make_unique<Engine>(parts(), *table, *TransitionsOf(*table), own == rules.end() ? Rules{} : own->second);
    }
  }

  Parts parts() { return {*pool, *pool, cipher, codes, clock, writer, *references, chunk_slots, nullptr}; }
  Engine& engine(const std::string& dataset) { return *engines.at(dataset); }

  void Run(const std::string& sql, const std::vector<db::Value>& values = {}) {
    ASSERT_THAT(pool->Read(Soon(), [&](db::Session& session) { return session.Execute(sql, values).status(); }),
                testing::IsOk())
        << sql;
  }

  // Rows of one resource, as if made when 2026 began; no rule is asked.
  void Insert(const std::vector<const Message*>& rows) {
    const Store& store = engine(describe::DatasetOf(rows.front()->GetDescriptor())).store();
    ASSERT_THAT(
        pool->Transact(Soon(), [&](db::Tx& tx) { return store.Insert(tx, "2026-01-01 00:00:00.000000", rows); }),
        testing::IsOk());
  }

  // First columns, joined by a space.
  std::string Ask(const std::string& sql) {
    const auto answer = testing::Ask(*pool, sql);
    EXPECT_THAT(answer, testing::IsOk()) << sql;
    return answer.value_or("");
  }

  // Everything that was written so far was written a minute earlier.
  void Age() {
    for (const auto& table : tables) {
      const std::string back = " - INTERVAL 60 SECOND";
      Run(absl::StrCat("UPDATE `", table->name(), "` SET create_time = create_time", back,
                       ", update_time = update_time", back));
      if (!table->keeps_history()) continue;
      Run(absl::StrCat("UPDATE `", table->name(), "_history` SET create_time = create_time", back,
                       ", update_time = update_time", back, ", history_to = history_to", back));
    }
  }

  SystemClock clock;
  metrics::Registry registry;
  codes::CodeSets codes = codes::CodeSets::Embedded();
  crypto::FieldCipher cipher = *crypto::FieldCipher::FromJson(crypto::FieldCipher::GenerateKeyJson());
  outbox::Writer writer{cipher};
  std::unique_ptr<db::Pool> pool;
  std::vector<std::unique_ptr<Table>> tables;
  // One of planning's schools, as if kept by another service.
  std::vector<std::unique_ptr<Copy>> copies;
  std::function<absl::Status(absl::Time deadline)> catch_up;
  std::unique_ptr<References> references;
  ChunkSlots chunk_slots;
  std::map<std::string, std::unique_ptr<Engine>> engines;
};

inline call::v1::Caller CallerOf(const std::string& principal,
                                 const std::vector<std::pair<options::v1::Role, std::string>>& bindings) {
  call::v1::Caller caller;
  caller.set_principal(principal);
  caller.set_kind(call::v1::Caller::KIND_USER);
  for (const auto& [role, prefix] : bindings) {
    auto* binding = caller.add_bindings();
    binding->set_role(role);
    binding->set_prefix(prefix);
  }
  return caller;
}

inline call::v1::Caller Clerk() {
  return CallerOf("users/clerk", {{options::v1::ROLE_BUREAU_CLERK, "districts/310114"}});
}
inline call::v1::Caller SchoolClerk(const std::string& school) {
  return CallerOf("users/school", {{options::v1::ROLE_SCHOOL_CLERK, school}});
}
inline call::v1::Caller Partner(const std::string& dataset, const std::vector<std::string>& fields,
                                const std::vector<std::string>& districts, const std::string& row_filter = "") {
  call::v1::Caller caller;
  caller.set_principal("organizations/x/clients/y");
  caller.set_kind(call::v1::Caller::KIND_CLIENT);
  auto* scope = caller.mutable_scope();
  scope->set_agreement("agreements/a");
  scope->set_agreement_hash("hash");
  scope->set_dataset(dataset);
  for (const auto& field : fields) scope->add_fields(field);
  for (const auto& district : districts) scope->add_districts(district);
  scope->set_row_filter(row_filter);
  return caller;
}

inline rpc::Call CallOf(const call::v1::Caller& caller, const std::string& method) {
  rpc::Call call;
  call.caller = caller;
  call.deadline = Soon();
  call.method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(method);
  EXPECT_NE(call.method, nullptr) << method;
  return call;
}

inline const char kSchool[] = "districts/310114/schools/2131000001";
inline const char kOtherSchool[] = "districts/310114/schools/2131000002";

// Schools, plans, targets, measurements, buildings and rooms.
inline std::string PlanningMethod(const std::string& method) {
  return "edudelta.planning.v1.PlanningService." + method;
}

inline planning::v1::School SchoolOf(const std::string& name) {
  planning::v1::School school;
  school.set_name(name);
  school.set_display_name("第一小学");
  school.set_kind("211");
  school.set_holder("811");
  school.set_urban_rural("111");
  return school;
}

inline planning::v1::CreateSchoolRequest CreateSchoolOf(const std::string& id, const std::string& district = "310114") {
  planning::v1::CreateSchoolRequest request;
  request.set_parent("districts/" + district);
  request.set_school_id(id);
  *request.mutable_school() = SchoolOf("");
  return request;
}

// A work plan of the year 2026.
inline absl::StatusOr<planning::v1::WorkPlan> CreatePlan(TestService& service, const std::string& id,
                                                         const std::string& request_id = "") {
  planning::v1::CreateWorkPlanRequest request;
  request.set_parent("districts/310114");
  request.set_work_plan_id(id);
  request.set_request_id(request_id);
  request.mutable_work_plan()->set_display_name("计划" + id);
  *request.mutable_work_plan()->mutable_start_date() = calendar::ToProto(absl::CivilDay(2026, 1, 1));
  *request.mutable_work_plan()->mutable_end_date() = calendar::ToProto(absl::CivilDay(2026, 12, 31));
  planning::v1::WorkPlan made;
  RETURN_IF_ERROR(service.engine("planning.WorkPlan")
                      .writer()
                      .Create(CallOf(Clerk(), PlanningMethod("CreateWorkPlan")), request, &made));
  return made;
}

inline absl::Status DeletePlan(TestService& service, const std::string& name, const std::string& etag = "",
                               const std::string& request_id = "") {
  planning::v1::DeleteWorkPlanRequest request;
  request.set_name(name);
  request.set_etag(etag);
  request.set_request_id(request_id);
  return service.engine("planning.WorkPlan")
      .writer()
      .Delete(CallOf(Clerk(), PlanningMethod("DeleteWorkPlan")), request);
}

}  // namespace edudelta::resource
