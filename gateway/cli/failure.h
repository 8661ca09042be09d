#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/cli/json.h"

namespace edudelta::gateway::cli {

// Exit codes of the program; `edudelta --help` lists them.
enum class Exit {
  kOk = 0,
  // The server reported a failure.
  kServer = 1,
  kUsage = 2,
  kUnreachable = 3,
  // Not signed in, or refused: 401, 403, and PURPOSE_REQUIRED.
  kRefused = 4,
  // An import or a plan is through, with errors in rows.
  kRowErrors = 5,
};

// A failure with its text for people, one Chinese sentence without a full stop.
absl::Status Fail(Exit exit, absl::string_view text);

// The failure that the server's answer tells: google.rpc.Status in JSON, or an OAuth error. NOT_FOUND, ALREADY_EXISTS
// and UNIMPLEMENTED (405) keep their own code, so that callers can tell them.
absl::Status FromServer(int http_status, absl::string_view body);

// What the server's /status answered when it has not started, in words.
absl::Status NotReady(int http_status, absl::string_view body);

Exit ExitOf(const absl::Status& status);
// "错误：…（原因 REASON，字段 x）" without the first word.
std::string TextOf(const absl::Status& status);
// The server's answer as sent; empty when the failure is ours.
std::string BodyOf(const absl::Status& status);
// The detail in it whose type ends with `type`; a null when there is none.
Json DetailOf(const absl::Status& status, absl::string_view type);
// Stable reason of ErrorInfo; empty when there is none.
std::string ReasonOf(const absl::Status& status);

}  // namespace edudelta::gateway::cli
