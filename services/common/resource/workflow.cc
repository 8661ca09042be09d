// Declared workflow steps.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/check.h"
#include "common/resource/engine.h"
#include "common/resource/field_mask.h"
#include "google/type/date.pb.h"

namespace edudelta::resource {
namespace {

using google::protobuf::FieldDescriptor;

// Characters, as the log's column counts them.
constexpr int kLongestNote = 2000;

int Characters(absl::string_view utf8) {
  return static_cast<int>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Fields of the request that the resource has too, apart from those that every transition carries.
void CopyRequestFields(const Message& request, const Table& table, Message* next) {
  const auto* descriptor = request.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* from = descriptor->field(i);
    const Column* column = table.Find(from->name());
    if (column == nullptr || from->number() <= 4 || from->is_repeated() || !IsSet(request, from)) continue;
    const auto* reflection = request.GetReflection();
    switch (from->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        next->GetReflection()->SetString(next, column->field, reflection->GetString(request, from));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        next->GetReflection()->SetEnumValue(next, column->field, reflection->GetEnumValue(request, from));
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        next->GetReflection()->SetInt32(next, column->field, reflection->GetInt32(request, from));
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        next->GetReflection()->SetBool(next, column->field, reflection->GetBool(request, from));
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        next->GetReflection()->MutableMessage(next, column->field)->CopyFrom(reflection->GetMessage(request, from));
        break;
      default:
        break;
    }
  }
}

// What the request brought is checked like any input, although the fields are OUTPUT_ONLY for Create and Update.
absl::Status CheckRequestFields(const Message& request, const Table& table, const codes::CodeSets& codes,
                                absl::CivilDay today) {
  std::unique_ptr<Message> given = table.New();
  CopyRequestFields(request, table, given.get());
  return CheckSetFields(*given, table, codes, today);
}

}  // namespace

absl::Status Engine::CheckTransition(const rpc::Call& call, db::Tx& tx, const Transition& transition,
                                     const Row& old) const {
  const int state = old.message->GetReflection()->GetEnumValue(*old.message, transition.field);
  if (!transition.from.empty() &&
      std::find(transition.from.begin(), transition.from.end(), state) == transition.from.end()) {
    const auto* value = transition.field->enum_type()->FindValueByNumber(state);
    return Refused("STATE_NOT_ALLOWED",
                   absl::StrCat("当前状态为“", value == nullptr ? "未知" : describe::LabelOf(value), "”,不能办理此步"),
                   {{"state", value == nullptr ? "" : value->name()}, {"method", transition.method->name()}});
  }
  for (const std::string& other : transition.not_same_actor_as) {
    ASSIGN_OR_RETURN(
        db::Rows rows,
        tx.Query("SELECT `actor` FROM `transition_log` WHERE `resource` = ? AND `method` = ? ORDER BY `row_id` "
                 "DESC LIMIT 1",
                 {TextOf(*old.message, "name"), other}));
    if (rows.Next() && rows.Text(0) == call.caller.principal()) {
      return Refused("SAME_ACTOR", "不能由办理前面步骤的同一人办理", {{"method", other}});
    }
  }
  return absl::OkStatus();
}

absl::Status Engine::Take(const rpc::Call& call, const Message& request, Message* response) {
  const std::string name = TextOf(request, "name");
  const auto it = std::find_if(transitions_.begin(), transitions_.end(),
                               [&](const Transition& one) { return one.method == call.method; });
  if (it == transitions_.end()) return Error(absl::StatusCode::kInternal, "TRANSITION_UNKNOWN", "没有这一步");
  const Transition& transition = *it;
  const Roles& roles = transition.options->role();
  auto may = [&](const Message& row) -> absl::Status {
    if (call.caller.has_scope()) return Denied("METHOD_NOT_SHARED", "协议只允许读取");
    if (transition.options->upper_level() ? HoldsRoleFromAbove(call.caller, roles, name)
                                          : HoldsRole(call.caller, roles, table_, row)) {
      return absl::OkStatus();
    }
    return transition.options->upper_level() ? Denied("UPPER_LEVEL_REQUIRED", "须由上级办理")
                                             : Denied("ROLE_MISSING", "没有办理此事的权限");
  };
  std::unique_ptr<Message> named = table_.New();
  named->GetReflection()->SetString(named.get(), table_.name_field(), name);
  if (table_.options().within().empty()) RETURN_IF_ERROR(may(*named));
  RETURN_IF_ERROR(CheckRequestFields(request, table_, context_.codes, Today()));
  const std::string note = TextOf(request, "note");
  if (Characters(note) > kLongestNote) return Invalid("note", "FIELD_TOO_LONG", "备注太长");
  RETURN_IF_ERROR(WriteOnce(
      call, request,
      [&](db::Tx& tx, const std::string& now) -> absl::StatusOr<Written> {
        auto locked = LockRow(tx, name);
        if (absl::IsNotFound(locked.status())) RETURN_IF_ERROR(may(*named));
        if (!locked.ok()) return locked.status();
        const Row& old = *locked;
        RETURN_IF_ERROR(may(*old.message));
        const std::string etag = TextOf(request, "etag");
        if (!etag.empty() && etag != EtagOf(old.row_id, old.version)) {
          return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH", "记录已被他人修改，请刷新后再试");
        }
        RETURN_IF_ERROR(CheckTransition(call, tx, transition, old));
        response->CopyFrom(*old.message);
        CopyRequestFields(request, table_, response);
        Normalize(response, table_);
        const int from = old.message->GetReflection()->GetEnumValue(*old.message, transition.field);
        response->GetReflection()->SetEnumValue(response, transition.field, transition.to);
        if (const auto rule = rules_.may_take.find(transition.method->name()); rule != rules_.may_take.end()) {
          const TransitionFacts facts{Today(), HoldsRoleFromAbove(call.caller, roles, name)};
          RETURN_IF_ERROR(rule->second(facts, *old.message, request, response));
        }
        RETURN_IF_ERROR(
            tx.Execute("INSERT INTO `transition_log` (`resource`, `field`, `method`, `from_state`, `to_state`, "
                       "`actor`, `note`, `request_id`, `create_time`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       {name, transition.field->name(), transition.method->name(), int64_t{from},
                        int64_t{transition.to}, call.caller.principal(), note, RequestIdOf(request), now})
                .status());
        return ReplaceRow(call, tx, now, transition.method->name(), old, response);
      },
      [&](db::Tx& tx, const Written& written) -> absl::Status {
        RETURN_IF_ERROR(Replay(tx, written, response));
        return may(*response);
      }));
  PresentWritten(response);
  return absl::OkStatus();
}

}  // namespace edudelta::resource
