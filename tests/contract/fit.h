#pragma once

#include "google/protobuf/message.h"

namespace edudelta::contract {

// Gives a sample what the domain's rules ask of it beyond its annotations; a resource without such rules stays as it
// is. A row whose id repeats its values gets another name.
void FitSample(google::protobuf::Message* row, int number);

}  // namespace edudelta::contract
