#pragma once

#include <string>

#include "absl/status/status.h"
#include "gateway/codec/json.h"
#include "gateway/http/message.h"

namespace edudelta::gateway::forward {

// As grpc-gateway maps them.
int HttpStatusOf(absl::StatusCode code);

// CANCELLED, reason CLIENT_GONE.
absl::Status ClientGone();

// google.rpc.Status in JSON. The domain of an error of our own is "gateway.edudelta"; inner texts of INTERNAL, UNKNOWN
// and DATA_LOSS are replaced.
http::Response ErrorAnswer(const absl::Status& status, absl::string_view trace_id, const codec::JsonCodec& json);

// 415 for a request body that is of another type or coding than is read, which the header `field` says.
http::Response MediaAnswer(absl::string_view field, absl::string_view reason, absl::string_view zh,
                           absl::string_view trace_id, const codec::JsonCodec& json);

// 200 with a message in JSON, from its bytes as they came over the wire, and its etag as a header when it has one; 500
// when it has no JSON form.
http::Response WireAnswer(const google::protobuf::Descriptor* type, absl::string_view wire,
                          const codec::JsonCodec& json);

}  // namespace edudelta::gateway::forward
