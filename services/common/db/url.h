#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edudelta::db {

// Where a database is. Either `socket`, or `host` and `port`.
struct Address {
  std::string user;
  std::string host;
  int port = 3306;
  std::string socket;
  std::string schema;
};

// Reads Options::url; parts are percent-decoded. INVALID_ARGUMENT, field "url", reason DATABASE_URL_INVALID. A password
// in the URL is refused.
absl::StatusOr<Address> ParseUrl(absl::string_view url);

}  // namespace edudelta::db
