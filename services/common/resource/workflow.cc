// Declared workflow steps.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/check.h"
#include "common/resource/engine.h"

namespace edudelta::resource {
namespace {

// Characters, as the log's column counts them.
constexpr int kLongestNote = 2000;

int Characters(absl::string_view utf8) {
  return static_cast<int>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
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

absl::Status Engine::Decide(const rpc::Call& call, db::Tx& tx, const Transition& transition, const Message& old,
                            const Message& request, Message* next) const {
  const auto rule = rules_.steps.find(transition.method->input_type());
  if (rule == rules_.steps.end()) return absl::OkStatus();
  std::shared_ptr<const void> facts;
  if (rule->second.facts) {
    ASSIGN_OR_RETURN(facts, rule->second.facts(call, tx, old, request));
  }
  const bool from_above = HoldsRoleFromAbove(call.caller, transition.options->role(), TextOf(old, "name"));
  const StepContext context{call.caller, context_.clock.Now(), Today(), from_above};
  return rule->second.decide(context, old, request, facts.get(), next);
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
  // What the request brings is checked like any input, although the fields are OUTPUT_ONLY for Create and Update.
  std::unique_ptr<Message> given = table_.New();
  CopyRequest(request, transition, given.get());
  RETURN_IF_ERROR(CheckSetFields(*given, table_, context_.codes, Today()));
  std::vector<absl::Status> each(1);
  RETURN_IF_ERROR(CheckRemote(call, {given.get()}, &each));
  RETURN_IF_ERROR(each[0]);
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
        RETURN_IF_ERROR(CheckEtag(TextOf(request, "etag"), old));
        RETURN_IF_ERROR(CheckTransition(call, tx, transition, old));
        response->CopyFrom(*old.message);
        CopyRequest(request, transition, response);
        const int from = old.message->GetReflection()->GetEnumValue(*old.message, transition.field);
        response->GetReflection()->SetEnumValue(response, transition.field, transition.to);
        RETURN_IF_ERROR(Decide(call, tx, transition, *old.message, request, response));
        RETURN_IF_ERROR(CheckImmutable(*old.message, *response, table_));
        RETURN_IF_ERROR(CheckRow(response));
        RETURN_IF_ERROR(CheckLocal(tx, {response}, &each));
        RETURN_IF_ERROR(each[0]);
        RETURN_IF_ERROR(
            tx.Execute("INSERT INTO `transition_log` (`resource`, `field`, `method`, `from_state`, `to_state`, "
                       "`actor`, `note`, `request_id`, `create_time`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       {name, transition.field->name(), transition.method->name(), int64_t{from},
                        int64_t{transition.to}, call.caller.principal(), note, RequestIdOf(request), now})
                .status());
        return ReplaceRow(call, tx, now, old, response);
      },
      [&](db::Tx& tx, const Written& written) -> absl::Status {
        RETURN_IF_ERROR(Replay(tx, written, response));
        return may(*response);
      }));
  PresentWritten(response);
  return absl::OkStatus();
}

}  // namespace edudelta::resource
