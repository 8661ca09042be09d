#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/codec/json.h"
#include "gateway/routes/route_table.h"
#include "google/protobuf/message.h"

namespace edudelta::gateway::routes {

struct Filled {
  std::unique_ptr<google::protobuf::Message> request;
  // Of an export: "csv" or "ndjson", empty when the query does not say.
  std::string format;
  // Of an import: the text of `?encoding=`, empty when absent.
  std::string encoding;
};

// The gRPC request of `match` (which has a route) from the path, the query and a JSON body:
//   * name or parent from the path; a name in the body must be the same
//   * the body is the resource of Create and Update, the whole request of other methods with POST, empty for GET and
//     DELETE, and not looked at for Import, whose rows the import reader takes
//   * the mask of an Update that gives none has the fields that the body has members for, whatever their values
//   * query parameters by field name (nested with dots, repeated ones again and again) fill the rest of the request
// Import takes `mode` (partial, atomic, validate_only), `update_mask` and `encoding`, Export `format` beside its
// fields.
//
// INVALID_ARGUMENT: as JsonCodec::Read, and UNKNOWN_PARAMETER, DUPLICATE_PARAMETER, QUERY_INVALID, NAME_MISMATCH,
// BODY_NOT_ALLOWED.
absl::StatusOr<Filled> FillRequest(const Match& match, absl::string_view query, absl::string_view body,
                                   const codec::JsonCodec& json);

}  // namespace edudelta::gateway::routes
