// Database URLs: printed and read again they are the same, and a refusal shows nothing of them.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/db/url.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

std::string Encode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c)) {
      encoded.push_back(c);
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

bool Try(absl::string_view input) {
  const auto address = db::ParseUrl(input);
  if (!address.ok()) {
    MustBeRefusal(address.status(), "DATABASE_URL_INVALID");
    return false;
  }
  Must(!address->user.empty() && !address->schema.empty(), "who and what is told", input);
  Must(!address->host.empty() || !address->socket.empty(), "where is told", input);
  Must(address->port >= 1 && address->port <= 65535, "a port is one", input);
  const std::string printed =
      absl::StrCat("mysql://", Encode(address->user), "@", address->host, ":", address->port, "/",
                   Encode(address->schema), address->socket.empty() ? "" : "?socket=", Encode(address->socket));
  const auto again = db::ParseUrl(printed);
  Must(again.ok() && again->user == address->user && again->host == address->host && again->port == address->port &&
           again->schema == address->schema && again->socket == address->socket,
       "printed and read again it is the same", printed);
  return true;
}

}  // namespace edudelta::fuzz
