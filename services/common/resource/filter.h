#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/crypto/field_cipher.h"
#include "common/resource/permission.h"
#include "common/resource/table.h"

// The strict subset of AIP-160 that the API takes: `field op literal` joined by AND. Operators = != < <= > >= IN and
// `:` (text contains). Literals: "text", numbers, true, false, enum value names, dates "2026-01-31", times in RFC 3339,
// (a, b, c) for IN. Every failure is INVALID_ARGUMENT on field `filter`.
namespace edudelta::resource {

struct Condition {
  std::string field;
  std::string op;
  std::vector<std::string> literals;
};

// At most 20 conditions, 200 literals and 4,000 characters. Reasons FILTER_SYNTAX, FILTER_TOO_LONG.
absl::StatusOr<std::vector<Condition>> ParseFilter(absl::string_view filter);

enum class Search { kNo, kYes };

// Identifiers come from descriptors, values are bound. `visible`: the fields the caller may see, or null for all; a
// filter over others would be an oracle. Personal fields only with Search::kYes, by equality. Reasons
// FILTER_FIELD_UNKNOWN (also for a field that may not be seen), FILTER_FIELD_NOT_FILTERABLE, FILTER_FIELD_NEEDS_SEARCH,
// FILTER_OPERATOR, FILTER_VALUE.
absl::StatusOr<Where> FilterToSql(const std::vector<Condition>& conditions, const Table& table,
                                  const crypto::FieldCipher& cipher, Search search,
                                  const std::vector<std::string>* visible);

}  // namespace edudelta::resource
