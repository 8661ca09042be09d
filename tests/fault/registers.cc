#include "tests/fault/registers.h"

#include <algorithm>
#include <stdexcept>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/calendar/days.h"
#include "common/crypto/canonical.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "google/type/date.pb.h"
#include "tests/contract/apis.h"
#include "tests/contract/fit.h"

namespace edudelta::fault {
namespace {

using describe::MethodKind;
using options::v1::Field;

struct Told {
  const char* dataset;
  // Where no text that everybody may see can hold it.
  std::vector<const char*> mark;
  struct Step {
    const char* method;
    const char* fields;
    int actor;
  };
  std::vector<Step> steps;
};

// What clerks write, and the ways through its workflow. The first of each service is the one that all clerks change.
const std::vector<Told>& WrittenKinds() {
  static const std::vector<Told> kinds = {
      {"planning.School", {}, {{"CloseSchool", "{}", 0}}},
      {"planning.GradeEnrollment", {"pupil_count", "boarder_count"}, {}},
      {"teachers.Teacher", {"school_start_date"}, {{"CloseTeacher", R"({"post_state": "05"})", 0}}},
      {"teachers.StaffingQuota", {}, {}},
      {"facilities.Building", {}, {}},
      {"facilities.Room", {}, {}},
      {"facilities.SportsGround", {}, {}},
      {"facilities.EquipmentHolding", {}, {}},
      {"safety.InspectionPoint", {}, {}},
      {"safety.Patrol", {}, {}},
      {"safety.PatrolPlan", {}, {}},
      {"safety.Hazard",
       {},
       {{"GradeHazard", R"({"grade": "HAZARD_GRADE_GENERAL"})", 0},
        {"AssignHazard", R"({"rectifier": "总务处"})", 0},
        {"StartHazardRectification", R"({"measures": "更换", "funds": "100.00"})", 0},
        {"RequestHazardRecheck", "{}", 0},
        {"RejectHazardRecheck", R"({"recheck_opinion": "仍有松动"})", 1},
        {"RequestHazardRecheck", "{}", 0},
        {"PassHazardRecheck", R"({"recheck_opinion": "合格"})", 1},
        {"CloseHazard", "{}", 0},
        {"ArchiveHazard", "{}", 0}}},
      {"exchange.Organization", {}, {}},
      {"exchange.Client", {}, {{"DisableClient", "{}", 0}, {"EnableClient", "{}", 1}, {"DisableClient", "{}", 0}}},
      {"exchange.User", {}, {{"DisableUser", "{}", 0}, {"EnableUser", "{}", 1}}},
      {"exchange.Agreement",
       {},
       {{"ProposeAgreement", "{}", 0},
        {"SignAgreement", "{}", 0},
        {"CountersignAgreement", "{}", 1},
        {"SuspendAgreement", "{}", 1},
        {"ResumeAgreement", "{}", 1},
        {"RevokeAgreement", "{}", 0}}},
  };
  return kinds;
}

// Marks that are dates count back from here.
constexpr absl::CivilDay kLatest(2024, 1, 1);

// Free text of one's own that takes any mark and may be changed.
bool TakesMark(const resource::Column& column) {
  const Field& options = *column.options;
  return column.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !column.field->is_repeated() &&
         !describe::Has(options, Field::OUTPUT_ONLY) && !describe::Has(options, Field::IMMUTABLE) &&
         options.format() == Field::FORMAT_UNSPECIFIED && options.code_set().empty() && !options.has_decimal() &&
         options.reference().empty() && !column.personal() && options.max_length() >= 50;
}

std::unique_ptr<Kind> MakeKind(const Descriptor* type, const codes::CodeSets& codes) {
  auto kind = std::make_unique<Kind>();
  kind->type = type;
  kind->service = describe::ServiceOf(type->file());
  auto table = resource::Table::Build(type, codes);
  if (!table.ok()) throw std::runtime_error(type->full_name());
  kind->table = *std::move(table);
  kind->transitions = *resource::TransitionsOf(*kind->table);
  for (int i = 0; i <= static_cast<int>(MethodKind::kExport); ++i) {
    const auto method = static_cast<MethodKind>(i);
    kind->methods[method] = contract::FindMethod(type, method);
  }
  return kind;
}

void Tell(const Told& told, Kind* kind) {
  kind->written = true;
  for (const char* field : told.mark) kind->mark.push_back(kind->type->FindFieldByName(field));
  for (const resource::Column& column : kind->table->columns()) {
    if (kind->mark.empty() && TakesMark(column)) kind->mark.push_back(column.field);
  }
  if (kind->mark.empty()) throw std::runtime_error(absl::StrCat(told.dataset, " can hold no mark"));
  for (const Told::Step& step : told.steps) {
    const auto it = std::find_if(kind->transitions.begin(), kind->transitions.end(),
                                 [&](const auto& one) { return one.method->name() == step.method; });
    if (it == kind->transitions.end()) throw std::runtime_error(step.method);
    kind->steps.push_back({&*it, step.actor, step.fields});
  }
}

void FitAgreement(exchange::v1::Agreement* agreement) {
  agreement->set_provider("organizations/jiading");
  agreement->set_consumer("organizations/kunshan");
  agreement->clear_provider_districts();
  agreement->add_provider_districts("310114");
  agreement->clear_datasets();
  exchange::v1::DatasetGrant* grant = agreement->add_datasets();
  grant->set_dataset("planning.School");
  grant->add_fields("display_name");
  agreement->clear_purposes();
  agreement->add_purposes("BALANCE_EVALUATION");
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  agreement->mutable_start_time()->set_seconds(now - 60);
  agreement->mutable_end_time()->set_seconds(now + 30 * 86400);
  agreement->clear_smallest_cell();
  agreement->clear_supersedes();
  agreement->set_delivery(exchange::v1::Agreement::DELIVERY_QUERY);
}

}  // namespace

MessagePtr NewMessage(const Descriptor* type) {
  return MessagePtr(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string TextOf(const Message& message, const std::string& field) {
  const auto* found = message.GetDescriptor()->FindFieldByName(field);
  return found == nullptr ? "" : message.GetReflection()->GetString(message, found);
}

void SetText(Message* message, const std::string& field, const std::string& text) {
  const auto* found = message->GetDescriptor()->FindFieldByName(field);
  if (found != nullptr) message->GetReflection()->SetString(message, found, text);
}

const MethodDescriptor* Kind::Method(MethodKind kind) const {
  const auto found = methods.find(kind);
  return found == methods.end() ? nullptr : found->second;
}

std::string Kind::MarkOf(const Message& row) const {
  std::string text;
  const auto* reflection = row.GetReflection();
  for (const FieldDescriptor* field : mark) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      absl::StrAppend(&text, reflection->GetString(row, field), "|");
    } else if (field->message_type() != nullptr) {
      absl::StrAppend(&text, reflection->GetMessage(row, field).ShortDebugString(), "|");
    } else {
      absl::StrAppend(&text, reflection->GetInt32(row, field), "|");
    }
  }
  const FieldDescriptor* last = nullptr;
  for (const resource::Transition& transition : transitions) {
    if (transition.field != last)
      absl::StrAppend(&text, transition.field->name(), reflection->GetEnumValue(row, transition.field));
    last = transition.field;
  }
  return text;
}

void Kind::SetMark(int number, Message* row) const {
  for (const FieldDescriptor* field : mark) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      row->GetReflection()->SetString(row, field, absl::StrCat("演练", number));
    } else if (field->message_type() != nullptr) {
      static_cast<google::type::Date&>(*row->GetReflection()->MutableMessage(row, field)) =
          calendar::ToProto(kLatest - number);
    } else {
      // A part of the pupils, and the rest of the number.
      const bool first = field == mark.front();
      row->GetReflection()->SetInt32(row, field, first ? 10000 + number / 10000 : number % 10000);
    }
  }
}

std::string Kind::ContentOf(const Message& row) const {
  const MessagePtr stored = NewMessage(type);
  stored->CopyFrom(row);
  for (const FieldDescriptor* field : table->derived()) stored->GetReflection()->ClearField(stored.get(), field);
  for (const resource::Column& column : table->columns()) {
    if (column.personal()) stored->GetReflection()->ClearField(stored.get(), column.field);
  }
  SetText(stored.get(), "etag", "");
  return absl::BytesToHexString(crypto::CanonicalSm3(*stored));
}

Registers::Registers() {
  for (const Descriptor* type : contract::Resources()) {
    if (!describe::ResourceOf(type)->read_only()) owned_[describe::DatasetOf(type)] = MakeKind(type, codes_);
  }
  for (const Told& told : WrittenKinds()) {
    Kind* kind = owned_.at(told.dataset).get();
    Tell(told, kind);
    kinds_[kind->service].push_back(kind);
  }
  for (const auto& [dataset, kind] : owned_) {
    if (!kind->written) kinds_[kind->service].push_back(kind.get());
  }
}

const Kind& Registers::Find(const std::string& dataset) const { return *owned_.at(dataset); }

void FitRow(int number, Message* row) {
  contract::SampleFits().Fit(number, row);
  if (describe::ServiceOf(row->GetDescriptor()->file()) != "exchange") return;
  if (auto* agreement = dynamic_cast<exchange::v1::Agreement*>(row)) return FitAgreement(agreement);
  // Districts and roles are nobody's to give here.
  std::vector<const FieldDescriptor*> set;
  row->GetReflection()->ListFields(*row, &set);
  for (const FieldDescriptor* field : set) {
    if (field->is_repeated()) row->GetReflection()->ClearField(row, field);
  }
}

}  // namespace edudelta::fault
