#pragma once

#include <gmock/gmock.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"

// Matchers for absl::Status and absl::StatusOr<T>; each writes out the whole status on a mismatch.
namespace edudelta::testing {
namespace internal {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace internal

MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  *result_listener << internal::StatusOf(arg).ToString();
  return internal::StatusOf(arg).ok();
}

MATCHER_P(StatusIs, code, (negation ? "has not the code " : "has the code ") + absl::StatusCodeToString(code)) {
  *result_listener << internal::StatusOf(arg).ToString();
  return internal::StatusOf(arg).code() == code;
}

MATCHER_P(HasReason, reason, std::string(negation ? "has not the reason " : "has the reason ") + reason) {
  const std::string actual = ReasonOf(internal::StatusOf(arg));
  *result_listener << internal::StatusOf(arg).ToString() << ", reason " << actual;
  return actual == reason;
}

}  // namespace edudelta::testing
