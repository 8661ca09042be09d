#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

// When it is worth asking again: google.rpc.RetryInfo in a status, Retry-After over HTTP.
namespace edudelta {

absl::Status RetryIn(absl::Duration wait, absl::Status status);

// Nothing when the status does not say.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

}  // namespace edudelta
