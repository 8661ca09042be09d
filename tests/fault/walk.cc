#include "tests/fault/walk.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace edudelta::fault {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using resource::Transition;
// Of every state field.
using States = std::map<const FieldDescriptor*, int>;
using Path = std::vector<const Transition*>;

bool ForPeople(const Transition& transition) {
  const auto& roles = transition.options->role();
  return std::any_of(roles.begin(), roles.end(), [](int role) { return role != options::v1::ROLE_SERVICE; });
}

bool Allows(const States& states, const Transition& transition) {
  const int now = states.at(transition.field);
  return transition.from.empty() ||
         std::find(transition.from.begin(), transition.from.end(), now) != transition.from.end();
}

States StartOf(const google::protobuf::Descriptor* type, const std::vector<Transition>& transitions) {
  const std::unique_ptr<Message> row(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  resource::StartStates(row.get(), transitions);
  States states;
  for (const Transition& one : transitions) states[one.field] = row->GetReflection()->GetEnumValue(*row, one.field);
  return states;
}

States After(States states, const Path& path) {
  for (const Transition* one : path) states[one->field] = one->to;
  return states;
}

// The shortest path that ends with it, for every transition that can be taken sometime from here.
std::map<const Transition*, Path> PathsFrom(const States& start, const std::vector<Transition>& transitions) {
  std::map<const Transition*, Path> paths;
  std::set<States> seen = {start};
  std::deque<std::pair<States, Path>> open = {{start, {}}};
  for (; !open.empty(); open.pop_front()) {
    const auto [states, path] = open.front();
    for (const Transition& one : transitions) {
      if (!ForPeople(one) || !Allows(states, one)) continue;
      Path longer = path;
      longer.push_back(&one);
      paths.emplace(&one, longer);
      const States next = After(states, {&one});
      if (seen.insert(next).second) open.push_back({next, std::move(longer)});
    }
  }
  return paths;
}

// Those of `wanted` that are taken on the path or may be taken after it.
size_t Worth(const Path& path, const States& states, const std::vector<Transition>& transitions,
             const std::set<const Transition*>& wanted) {
  const auto left = PathsFrom(After(states, path), transitions);
  return std::count_if(wanted.begin(), wanted.end(), [&](const Transition* one) {
    return left.count(one) > 0 || std::find(path.begin(), path.end(), one) != path.end();
  });
}

Path Next(const States& states, const std::vector<Transition>& transitions, const std::set<const Transition*>& wanted) {
  const auto paths = PathsFrom(states, transitions);
  Path best;
  size_t best_worth = 0;
  for (const Transition& one : transitions) {
    const auto path = paths.find(&one);
    if (wanted.count(&one) == 0 || path == paths.end()) continue;
    const size_t worth = Worth(path->second, states, transitions, wanted);
    if (worth < best_worth || (worth == best_worth && path->second.size() >= best.size())) continue;
    best = path->second;
    best_worth = worth;
  }
  return best;
}

// Whether the other step leads into a state that this one may begin at, but not into the present one: then who took it
// does not count.
bool LedElsewhere(const std::vector<Transition>& transitions, const Transition& transition, const std::string& other,
                  int state) {
  return std::any_of(transitions.begin(), transitions.end(), [&](const Transition& one) {
    return one.method->name() == other && one.field == transition.field && one.to != state &&
           std::count(transition.from.begin(), transition.from.end(), one.to) > 0;
  });
}

}  // namespace

std::vector<Step> WalkOf(const google::protobuf::Descriptor* type, const std::vector<Transition>& transitions) {
  std::set<const Transition*> wanted;
  for (const Transition& one : transitions) wanted.insert(&one);
  States states = StartOf(type, transitions);
  std::vector<Step> walk;
  std::map<std::string, int> took = {{resource::kCreate, 0}};
  for (Path path = Next(states, transitions, wanted); !path.empty(); path = Next(states, transitions, wanted)) {
    for (const Transition* one : path) {
      const auto& others = one->options->not_same_actor_as();
      const bool first_may_not = std::any_of(others.begin(), others.end(), [&](const std::string& method) {
        return took.count(method) > 0 && took[method] == 0 &&
               !LedElsewhere(transitions, *one, method, states[one->field]);
      });
      walk.push_back({one, first_may_not ? 1 : 0});
      took[one->method->name()] = walk.back().actor;
      wanted.erase(one);
      states = After(states, {one});
    }
  }
  return walk;
}

}  // namespace edudelta::fault
