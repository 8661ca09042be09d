#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/db/session.h"
#include "common/rpc/call.h"
#include "google/protobuf/message.h"

namespace edudelta::resource {

using google::protobuf::Message;

// What a rule of a transition may know besides the row and the request.
struct TransitionFacts {
  // Asia/Shanghai.
  absl::CivilDay today;
  // The caller holds one of the transition's roles above the district.
  bool from_above = false;
};

// Everything about a resource that its annotations cannot say. Each is optional. The functions are called from any
// thread; those that get no Tx are pure.
struct Rules {
  // Sets what a new row starts with, e.g. an opaque token. State fields start at value 1 by themselves.
  std::function<void(Message* next)> start;
  // Whether the row is right in itself.
  std::function<absl::Status(const Message& next, absl::CivilDay today)> check;
  std::function<absl::Status(const Message& old, const Message& next)> may_change;
  // Fills derived fields of a message that leaves the service.
  std::function<void(Message* message, absl::CivilDay today)> derive;
  // By method name ("CloseSchool"): whether the transition may be taken; may complete `next`, which already has the
  // request's fields and the new state.
  using MayTake = std::function<absl::Status(const TransitionFacts& facts, const Message& old, const Message& request,
                                             Message* next)>;
  std::map<std::string, MayTake> may_take;
  // Facts that need SQL, and writes that belong to the same transaction. After the lock, before the row is written;
  // `old` is null for a new row. `method` is the method's name.
  std::function<absl::Status(const rpc::Call& call, db::Tx& tx, const std::string& method, const Message* old,
                             Message* next)>
      in_transaction;
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
// `rule(facts, old, request, next)`.
template <typename T, typename Request, typename Rule>
Rules::MayTake Taking(Rule rule) {
  return
      [rule](const TransitionFacts& facts, const Message& old, const Message& request, Message* next) -> absl::Status {
        return rule(facts, static_cast<const T&>(old), static_cast<const Request&>(request), static_cast<T*>(next));
      };
}

}  // namespace edudelta::resource
