#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The strict subset of AIP-160 that the API takes: `field op literal` joined by AND. Operators = != < <= > >= IN and
// `:` (text contains). Literals: "text", numbers, true, false, enum value names, dates "2026-01-31", times in RFC 3339,
// (a, b, c) for IN. Every failure is INVALID_ARGUMENT on field `filter`. Pure.
namespace edudelta::describe {

struct Condition {
  std::string field;
  std::string op;
  std::vector<std::string> literals;
};

// At most 20 conditions, 200 literals and 4,000 characters. Reasons FILTER_SYNTAX, FILTER_TOO_LONG.
absl::StatusOr<std::vector<Condition>> ParseFilter(absl::string_view filter);

}  // namespace edudelta::describe
