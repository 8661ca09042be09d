#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "common/resource/table.h"

// What a file says of fields that the service keeps. It is not taken; where it is something else than what is stored,
// people hear of it.
namespace edudelta::resource {

// Output-only fields of the row, but for personal ones, of which nobody learns by comparing. Null when it has none.
std::unique_ptr<google::protobuf::Message> ToldOf(const google::protobuf::Message& row, const Table& table);

// INVALID_ARGUMENT, reason FIELD_NOT_IMPORTED, for each field of `told` that is not as in `stored`, derived ones
// filled.
std::vector<absl::Status> UnheededIn(const google::protobuf::Message& told, const google::protobuf::Message& stored,
                                     const Table& table);

}  // namespace edudelta::resource
