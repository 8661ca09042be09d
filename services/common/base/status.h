#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Early return on failure. ASSIGN_OR_RETURN(auto x, F()) declares or assigns x.
#define RETURN_IF_ERROR(expr)                                         \
  do {                                                                \
    if (absl::Status status_ = (expr); !status_.ok()) return status_; \
  } while (false)

#define EDUDELTA_CONCAT_INNER(a, b) a##b
#define EDUDELTA_CONCAT(a, b) EDUDELTA_CONCAT_INNER(a, b)
#define ASSIGN_OR_RETURN(lhs, expr) EDUDELTA_ASSIGN_OR_RETURN(EDUDELTA_CONCAT(statusor_, __LINE__), lhs, expr)
#define EDUDELTA_ASSIGN_OR_RETURN(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) return std::move(tmp).status();  \
  lhs = *std::move(tmp)
