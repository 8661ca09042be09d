#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/db/session.h"
#include "common/rpc/call.h"
#include "google/protobuf/message.h"

namespace edudelta::resource {

using google::protobuf::Message;

// What the rule of a step may know besides the row, its request and the facts it asked for.
struct StepContext {
  // The caller of the step; lives as long as the call.
  const call::v1::Caller& caller;
  absl::Time now;
  // Asia/Shanghai.
  absl::CivilDay today;
  // The caller holds one of the step's roles above the district.
  bool from_above = false;
};

// Everything about a resource that its annotations cannot say. Each is optional. The functions are called from any
// thread; those that get no Tx are pure.
struct Rules {
  // Sets what a new row starts with, e.g. an opaque token. State fields start at value 1 by themselves.
  std::function<void(Message* next)> start;
  // Whether the row is right in itself.
  std::function<absl::Status(const Message& next, absl::CivilDay today)> check;
  // Whether what one request brings goes together, before anything is known of what is stored: rules between fields
  // that not everybody sees, lest a refusal tell what is stored.
  std::function<absl::Status(const Message& given, absl::CivilDay today)> check_given;
  std::function<absl::Status(const Message& old, const Message& next)> may_change;
  // With facts that need SQL; the row is locked.
  std::function<absl::Status(db::Tx& tx, const Message& old)> may_delete;
  // Fills derived fields of a message that leaves the service.
  std::function<void(Message* message, absl::CivilDay today)> derive;
  // Facts that need SQL, and writes that belong to the same transaction, for every row that is created or changed, by a
  // step or otherwise. After the lock, before the row is written; `old` is null for a new row.
  std::function<absl::Status(const rpc::Call& call, db::Tx& tx, const Message* old, Message* next)> in_transaction;
  // Whether rows may be written as things stand elsewhere, for all rows of a write at once: a status each. A file's
  // rows are asked about by the chunk.
  std::function<absl::StatusOr<std::vector<absl::Status>>(db::Tx& tx, const std::vector<const Message*>& rows)>
      check_elsewhere;

  // The rule of one workflow step, without its types. First the facts, under the row's lock; then the decision, pure
  // over its arguments, which may complete `next`: the row with the request's fields and the new state. The engine
  // checks what becomes of it as it checks an Update.
  struct Step {
    const google::protobuf::Descriptor* type = nullptr;
    std::function<absl::StatusOr<std::shared_ptr<const void>>(const rpc::Call& call, db::Tx& tx, const Message& old,
                                                              const Message& request)>
        facts;
    std::function<absl::Status(const StepContext& context, const Message& old, const Message& request,
                               const void* facts, Message* next)>
        decide;
  };
  // By the descriptor of the step's request. A service refuses to start on a rule for what is no step of the resource.
  std::map<const google::protobuf::Descriptor*, Step> steps;

  // On<AssignHazardRequest, Hazard>(decide): absl::Status decide(const StepContext&, const Hazard& old,
  // const AssignHazardRequest&, Hazard* next).
  template <typename Request, typename T, typename Decide>
  void On(Decide decide) {
    steps[Request::descriptor()] = {T::descriptor(), nullptr,
                                    [decide](const StepContext& context, const Message& old, const Message& request,
                                             const void*, Message* next) -> absl::Status {
                                      return decide(context, static_cast<const T&>(old),
                                                    static_cast<const Request&>(request), static_cast<T*>(next));
                                    }};
  }

  // On<AssignHazardRequest, Hazard, Terms>(facts, decide): absl::StatusOr<Terms> facts(const rpc::Call&, db::Tx&,
  // const Hazard& old, const AssignHazardRequest&); decide as above, with a const Terms& before `next`.
  template <typename Request, typename T, typename F, typename Facts, typename Decide>
  void On(Facts facts, Decide decide) {
    steps[Request::descriptor()] = {
        T::descriptor(),
        [facts](const rpc::Call& call, db::Tx& tx, const Message& old,
                const Message& request) -> absl::StatusOr<std::shared_ptr<const void>> {
          absl::StatusOr<F> found = facts(call, tx, static_cast<const T&>(old), static_cast<const Request&>(request));
          if (!found.ok()) return found.status();
          return std::shared_ptr<const void>(std::make_shared<const F>(*std::move(found)));
        },
        [decide](const StepContext& context, const Message& old, const Message& request, const void* facts,
                 Message* next) -> absl::Status {
          return decide(context, static_cast<const T&>(old), static_cast<const Request&>(request),
                        *static_cast<const F*>(facts), static_cast<T*>(next));
        }};
  }
};

// Typed rules for the type-erased engine.
template <typename T>
auto Checking(absl::Status (*rule)(const T&)) {
  return [rule](const Message& next, absl::CivilDay) { return rule(static_cast<const T&>(next)); };
}
template <typename T>
auto Checking(absl::Status (*rule)(const T&, absl::CivilDay)) {
  return [rule](const Message& next, absl::CivilDay today) { return rule(static_cast<const T&>(next), today); };
}
template <typename T>
auto Changing(absl::Status (*rule)(const T&, const T&)) {
  return [rule](const Message& old, const Message& next) {
    return rule(static_cast<const T&>(old), static_cast<const T&>(next));
  };
}

}  // namespace edudelta::resource
