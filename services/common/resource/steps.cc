#include "common/resource/steps.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/db/now.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"
#include "common/resource/page_token.h"
#include "common/resource/permission.h"

namespace edudelta::resource {
namespace {

// Of the steps that lead to states from which `transition` is taken, the one that led to the present state counts. What
// the others did was taken back since; else in the end nobody might take this one.
bool LedElsewhere(const std::vector<Transition>& all, const Transition& transition, const std::string& other,
                  int state) {
  return std::any_of(all.begin(), all.end(), [&](const Transition& one) {
    return one.method->name() == other && one.field == transition.field && one.to != state &&
           std::find(transition.from.begin(), transition.from.end(), one.to) != transition.from.end();
  });
}

}  // namespace

absl::StatusOr<const Transition*> Steps::Find(const Message& request) const {
  for (const Transition& transition : transitions_) {
    if (transition.method->input_type() == request.GetDescriptor()) return &transition;
  }
  return Error(absl::StatusCode::kInternal, "TRANSITION_UNKNOWN", "没有这一步");
}

absl::Status Steps::MayTake(const rpc::Call& call, const Transition& transition, const Message& row) const {
  if (call.caller.has_scope()) return Denied("METHOD_NOT_SHARED", "协议只允许读取");
  const Roles& roles = transition.options->role();
  if (transition.options->upper_level()) {
    if (HoldsRoleFromAbove(call.caller, roles, NameOf(row))) return absl::OkStatus();
    return Denied("UPPER_LEVEL_REQUIRED", "须由上级办理");
  }
  const bool holds = transition.at == nullptr ? HoldsRole(call.caller, roles, table_, row)
                                              : HoldsRole(call.caller, roles, TextOf(row, transition.at->name));
  return holds ? absl::OkStatus() : RoleMissing();
}

absl::StatusOr<std::unique_ptr<Message>> Steps::CheckRequest(const Transition& transition,
                                                             const Message& request) const {
  RETURN_IF_ERROR(CheckRequired(request, transition));
  // What the request brings is checked like any input, although the fields are OUTPUT_ONLY for Create and Update.
  std::unique_ptr<Message> given = table_.New();
  CopyRequest(request, transition, given.get());
  RETURN_IF_ERROR(checks_.CheckGiven(*given));
  RETURN_IF_ERROR(CheckNote(TextOf(request, "note")));
  return given;
}

absl::Status Steps::CheckState(const rpc::Call& call, db::Tx& tx, const Transition& transition,
                               const Message& old) const {
  const int state = old.GetReflection()->GetEnumValue(old, transition.field);
  if (!transition.from.empty() &&
      std::find(transition.from.begin(), transition.from.end(), state) == transition.from.end()) {
    const auto* value = transition.field->enum_type()->FindValueByNumber(state);
    return Refused("STATE_NOT_ALLOWED",
                   absl::StrCat("当前状态为“", value == nullptr ? "未知" : describe::LabelOf(value), "”,不能办理此步"),
                   {{"state", value == nullptr ? "" : value->name()}, {"method", transition.method->name()}});
  }
  for (const std::string& other : transition.options->not_same_actor_as()) {
    if (LedElsewhere(transitions_, transition, other, state)) continue;
    ASSIGN_OR_RETURN(const std::string actor, log_.LastActor(tx, NameOf(old), other));
    if (actor == call.caller.principal()) {
      return Refused("SAME_ACTOR", "不能由办理前面步骤的同一人办理", {{"method", other}});
    }
  }
  return absl::OkStatus();
}

absl::Status Steps::Decide(const rpc::Call& call, db::Tx& tx, const Transition& transition, const Message& old,
                           const Message& request, Message* next) const {
  const auto rule = rules_.steps.find(transition.method->input_type());
  if (rule == rules_.steps.end()) return absl::OkStatus();
  std::shared_ptr<const void> facts;
  if (rule->second.facts) {
    ASSIGN_OR_RETURN(facts, rule->second.facts(call, tx, old, request));
  }
  const bool from_above = HoldsRoleFromAbove(call.caller, transition.options->role(), NameOf(old));
  const StepContext context{call.caller, clock_.Now(), checks_.Today(), from_above};
  return rule->second.decide(context, old, request, facts.get(), next);
}

absl::StatusOr<Written> Steps::Move(const rpc::Call& call, db::Tx& tx, const std::string& now,
                                    const Transition& transition, const Row& old, const Message& request, Verdict named,
                                    Message* next) {
  RETURN_IF_ERROR(CheckEtag(TextOf(request, "etag"), old));
  RETURN_IF_ERROR(CheckState(call, tx, transition, *old.message));
  next->CopyFrom(*old.message);
  CopyRequest(request, transition, next);
  next->GetReflection()->SetEnumValue(next, transition.field, transition.to);
  RETURN_IF_ERROR(Decide(call, tx, transition, *old.message, request, next));
  RETURN_IF_ERROR(CheckImmutable(*old.message, *next, table_));
  RETURN_IF_ERROR(checks_.CheckChanged(*old.message, next));
  if (transition.due != nullptr && !IsSet(*next, transition.due->field)) {
    return Refused("DUE_MISSING", absl::StrCat("没有确定", transition.due->options->label()),
                   {{"field", transition.due->name}, {"method", transition.method->name()}});
  }
  std::vector<Verdict> each = {std::move(named)};
  RETURN_IF_ERROR(references_.CheckRows(tx, table_, {next}, &each));
  RETURN_IF_ERROR(each[0].OfStep(old.message.get(), *next));
  RETURN_IF_ERROR(log_.Append(call, tx, After(now, old), transition, old.row_id, *old.message, request));
  return writer_.Replace(call, tx, now, old, next);
}

absl::Status Steps::Take(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(const Transition* transition, Find(request));
  const std::string name = TextOf(request, "name");
  const std::unique_ptr<Message> named = table_.Named(name);
  // What a field of the row says of where it belongs decides who may; before that nothing is told.
  const bool by_name = table_.options().within().empty() && transition->at == nullptr;
  if (by_name || call.caller.has_scope()) {
    RETURN_IF_ERROR(MayTake(call, *transition, *named));
  } else if (const auto stored = reader_.Load(call, name); stored.ok() || absl::IsNotFound(stored.status())) {
    RETURN_IF_ERROR(MayTake(call, *transition, stored.ok() ? *stored->message : *named));
  } else {
    return stored.status();
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Message> given, CheckRequest(*transition, request));
  std::vector<Verdict> each(1);
  RETURN_IF_ERROR(references_.CheckCopies(call, table_, {given.get()}, &each, name));
  RETURN_IF_ERROR(each[0].any);
  RETURN_IF_ERROR(once_.Run(
      call, request,
      [&](db::Tx& tx, const std::string& now) -> absl::StatusOr<Written> {
        auto locked = writer_.Lock(tx, name);
        if (absl::IsNotFound(locked.status())) RETURN_IF_ERROR(MayTake(call, *transition, *named));
        if (!locked.ok()) return locked.status();
        RETURN_IF_ERROR(MayTake(call, *transition, *locked->message));
        RETURN_IF_ERROR(references_.MayName(call, table_, locked->message.get(), *given));
        return Move(call, tx, now, *transition, *locked, request, each[0], response);
      },
      [&](db::Tx& tx, const Written& written) -> absl::Status {
        RETURN_IF_ERROR(writer_.Replay(tx, written, response));
        return MayTake(call, *transition, *response);
      }));
  presenter_.Written(call, response);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Message>> Steps::Take(const rpc::Call& call, db::Tx& tx, const Message& request) {
  ASSIGN_OR_RETURN(const Transition* transition, Find(request));
  ASSIGN_OR_RETURN(const Row old, writer_.Lock(tx, TextOf(request, "name")));
  RETURN_IF_ERROR(CheckRequest(*transition, request).status());
  ASSIGN_OR_RETURN(const std::string now, db::Now(tx));
  std::unique_ptr<Message> next = table_.New();
  RETURN_IF_ERROR(Move(call, tx, now, *transition, old, request, {}, next.get()).status());
  return next;
}

absl::Status Steps::ListTransitions(const rpc::Call& call, const Message& request, Message* response) {
  if (call.caller.has_scope()) return Denied("METHOD_NOT_SHARED", "协议不包括此方法");
  const std::string name = TextOf(request, "name");
  const std::unique_ptr<Message> row = table_.New();
  RETURN_IF_ERROR(reader_.Get(call, *table_.Named(name), row.get()));
  ASSIGN_OR_RETURN(const int size, PageSizeOf(request));
  const std::string query = absl::StrCat(call.caller.principal(), "\n", request.GetTypeName(), "\n", name);
  int64_t before = 0;
  if (const std::string token = TextOf(request, "page_token"); !token.empty()) {
    ASSIGN_OR_RETURN(const Ids after, ReadPageToken(token, query, cipher_));
    if (after.size() != 1 || !absl::SimpleAtoi(after[0], &before)) {
      return Invalid("page_token", "PAGE_TOKEN_INVALID", "翻页标记无效");
    }
  }
  int64_t last = 0;
  std::vector<resource::v1::Transition> page;
  RETURN_IF_ERROR(pool_.Read(call.deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(page, log_.Page(session, name, before, size + 1, &last));
    return absl::OkStatus();
  }));
  auto* answer = static_cast<resource::v1::ListTransitionsResponse*>(response);
  const bool more = page.size() > static_cast<size_t>(size);
  if (more) page.pop_back();
  for (resource::v1::Transition& entry : page) *answer->add_transitions() = std::move(entry);
  if (more) answer->set_next_page_token(MakePageToken({absl::StrCat(last + 1)}, query, cipher_));
  return absl::OkStatus();
}

}  // namespace edudelta::resource
