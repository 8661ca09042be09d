#pragma once

#include <vector>

#include "common/resource/transition.h"

namespace edudelta::fault {

// One step of a declared workflow as clerks take it.
struct Step {
  const resource::Transition* transition = nullptr;
  // Which of a clerk's two actors takes it: the first, unless that one may not for what it took before.
  int actor = 0;
};

// A way through the workflow of a new row: every step that the states allow sometime, but for those that only services
// take. What leads back comes before what leads on, else the order is that of declaration; a step comes again where the
// way needs it. What rules ask besides the states is not known here.
std::vector<Step> WalkOf(const google::protobuf::Descriptor* type,
                         const std::vector<resource::Transition>& transitions);

}  // namespace edudelta::fault
