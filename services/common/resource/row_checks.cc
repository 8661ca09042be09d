#include "common/resource/row_checks.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/codes/mask.h"
#include "common/resource/check.h"
#include "common/resource/field_mask.h"
#include "common/resource/fields.h"
#include "common/resource/permission.h"
#include "common/resource/row.h"

namespace edudelta::resource {

using google::protobuf::FieldDescriptor;

absl::CivilDay RowChecks::Today() const { return calendar::Today(clock_); }

absl::Status RowChecks::MayWrite(const rpc::Call& call, const Message& row) const {
  if (call.caller.has_scope()) return Denied("METHOD_NOT_SHARED", "协议只允许读取");
  if (table_.options().read_only()) return Denied("RESOURCE_READ_ONLY", "此类记录不能直接修改");
  if (HoldsRole(call.caller, table_.options().write(), table_, row)) return absl::OkStatus();
  return RoleMissing();
}

absl::Status RowChecks::CheckUnlocked(const Message& row) const {
  if (table_.locked().empty()) return absl::OkStatus();
  const FieldDescriptor* field = table_.Find(kStateField)->field;
  const int state = row.GetReflection()->GetEnumValue(row, field);
  if (!absl::c_linear_search(table_.locked(), state)) return absl::OkStatus();
  const auto* value = field->enum_type()->FindValueByNumber(state);
  return Refused(absl::StrCat(ReasonWord(table_.type()->name()), "_", absl::StripPrefix(value->name(), "STATE_")),
                 absl::StrCat(table_.options().label(), "“", describe::LabelOf(value), "”，不能再修改"));
}

absl::Status RowChecks::MayChange(const Message& old, const Message& next) const {
  RETURN_IF_ERROR(CheckUnlocked(old));
  return rules_.may_change ? rules_.may_change(old, next) : absl::OkStatus();
}

absl::Status RowChecks::MayDelete(db::Tx& tx, const Message& old) const {
  RETURN_IF_ERROR(CheckUnlocked(old));
  return rules_.may_delete ? rules_.may_delete(tx, old) : absl::OkStatus();
}

void RowChecks::Begin(Message* next) const {
  StartStates(next, transitions_);
  if (rules_.start) rules_.start(next);
}

void RowChecks::Start(Message* next) const {
  ClearOutputOnly(next, table_);
  Begin(next);
}

absl::Status RowChecks::CheckId(absl::string_view id) const { return resource::CheckId(id, table_, Today()); }

absl::Status RowChecks::CheckGiven(const Message& given) const {
  RETURN_IF_ERROR(CheckSetFields(given, table_, codes_, Today()));
  return CheckTogether(given);
}

absl::Status RowChecks::CheckTogether(const Message& given) const {
  return rules_.check_given ? rules_.check_given(given, Today()) : absl::OkStatus();
}

absl::Status RowChecks::CheckWhole(Message* next) const {
  RETURN_IF_ERROR(CheckFields(*next, table_, codes_, Today()));
  Normalize(next, table_);
  return rules_.check ? rules_.check(*next, Today()) : absl::OkStatus();
}

absl::Status RowChecks::CheckChanged(const Message& old, Message* next) const {
  std::vector<const FieldDescriptor*> changed;
  for (const Column& column : table_.columns()) {
    if (!FieldEquals(old, *next, column.field)) changed.push_back(column.field);
  }
  const std::unique_ptr<Message> set = table_.New();
  CopyFields(*next, changed, set.get());
  RETURN_IF_ERROR(CheckGiven(*set));
  const absl::Status whole = CheckFields(*next, table_, codes_, Today());
  const auto* field = whole.ok() ? nullptr : next->GetDescriptor()->FindFieldByName(FieldOf(whole));
  if (field != nullptr && absl::c_linear_search(changed, field)) return whole;
  Normalize(next, table_);
  if (!rules_.check) return absl::OkStatus();
  const absl::Status rule = rules_.check(*next, Today());
  return ReasonOf(rule) == ReasonOf(rules_.check(old, Today())) ? absl::OkStatus() : rule;
}

absl::StatusOr<std::vector<absl::Status>> RowChecks::CheckElsewhere(db::Tx& tx,
                                                                    const std::vector<const Message*>& rows) const {
  if (!rules_.check_elsewhere || rows.empty()) return std::vector<absl::Status>(rows.size());
  return rules_.check_elsewhere(tx, rows);
}

absl::Status RowChecks::CheckElsewhere(db::Tx& tx, const Message& row) const {
  ASSIGN_OR_RETURN(const std::vector<absl::Status> each, CheckElsewhere(tx, std::vector<const Message*>{&row}));
  return each.front();
}

void Presenter::Read(const rpc::Call& call, Message* row) const {
  if (rules_.derive) rules_.derive(row, calendar::Today(clock_));
  const bool scoped = call.caller.has_scope();
  if (scoped) Scope(call.caller.scope(), row);
  if (!table_.has_personal()) return;
  if (!scoped && !SeesPersonal(call.caller, table_, *row)) return Mask(call, row);
  call.Show(HasPersonal(*row) ? rpc::Shown::kClear : rpc::Shown::kMasked);
}

void Presenter::Scope(const call::v1::Scope& scope, Message* row) const {
  const auto* reflection = row->GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection->ListFields(*row, &set);
  for (const FieldDescriptor* field : set) {
    if (field == table_.name_field()) continue;
    if (!absl::c_linear_search(scope.fields(), field->name())) reflection->ClearField(row, field);
  }
}

bool Presenter::HasPersonal(const Message& row) const {
  return absl::c_any_of(table_.columns(),
                        [&](const Column& column) { return column.personal() && IsSet(row, column.field); });
}

void Presenter::Written(const rpc::Call& call, Message* row) const {
  if (rules_.derive) rules_.derive(row, calendar::Today(clock_));
  Mask(call, row);
}

void Presenter::Mask(const rpc::Call& call, Message* row) const {
  if (!table_.has_personal()) return;
  call.Show(rpc::Shown::kMasked);
  const auto* reflection = row->GetReflection();
  for (const Column& column : table_.columns()) {
    if (!column.personal() || !IsSet(*row, column.field)) continue;
    reflection->SetString(row, column.field,
                          codes::Mask(column.options->mask(), reflection->GetString(*row, column.field)));
  }
}

}  // namespace edudelta::resource
