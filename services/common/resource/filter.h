#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/crypto/field_cipher.h"
#include "common/describe/condition.h"
#include "common/resource/permission.h"
#include "common/resource/table.h"

// A caller's conditions as SQL. Every failure is INVALID_ARGUMENT on field `filter`.
namespace edudelta::resource {

using describe::Condition;
using describe::ParseFilter;

enum class Search { kNo, kYes };

// Identifiers come from descriptors, values are bound. `visible`: the fields the caller may see, or null for all; a
// filter over others would be an oracle. Personal fields only with Search::kYes, by equality.
// Texts are compared as they are stored: without outer blanks, those of a format without any, in half width and
// capitals; one that the format refuses is FILTER_VALUE, for it is nowhere. Reasons
// FILTER_FIELD_UNKNOWN (also for a field that may not be seen), FILTER_FIELD_NOT_FILTERABLE, FILTER_FIELD_NEEDS_SEARCH,
// FILTER_OPERATOR, FILTER_VALUE.
absl::StatusOr<Where> FilterToSql(const std::vector<Condition>& conditions, const Table& table,
                                  const crypto::FieldCipher& cipher, Search search,
                                  const std::vector<std::string>* visible);

}  // namespace edudelta::resource
