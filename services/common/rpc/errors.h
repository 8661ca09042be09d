#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"

namespace edudelta::rpc {

// "INVALID_ARGUMENT", as in gRPC's documentation.
absl::string_view CodeName(absl::StatusCode code);

// An error where it leaves the process: google.rpc.Status in `grpc-status-details-bin` with the payloads of `status`.
// ErrorInfo.domain becomes "<service>.edudelta" unless a service further down has set it; an error without a reason
// gets its code's name, one without Chinese text a general one. INTERNAL, UNKNOWN and DATA_LOSS keep their reason
// alone: their text, which may come from anywhere, gives way to one that names the trace.
grpc::Status ToGrpc(const absl::Status& status, absl::string_view service, absl::string_view trace_id);

// The way back, payloads kept.
absl::Status FromGrpc(const grpc::Status& status);

// INVALID_ARGUMENT, reason REQUEST_UNREADABLE: the bytes are not the method's request.
absl::Status Unreadable();

}  // namespace edudelta::rpc
