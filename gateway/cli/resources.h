#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "gateway/cli/session.h"

// The commands that know no resource in particular.
namespace edudelta::gateway::cli {

absl::Status GetResource(Session& session, const std::string& name, const std::string& read_time);

// What changed when, and which step of a workflow that was, the newest first.
absl::Status ShowHistory(Session& session, const std::string& name);

struct ListOptions {
  std::string collection;
  std::string filter;
  std::string read_time;
  // Field names with commas; the first ones of the catalogue when empty.
  std::string fields;
  int64_t limit = 50;
  bool all = false;
};
absl::Status ListResources(Session& session, const ListOptions& options);

// `data` is JSON, or a file's name after "@".
absl::StatusOr<Json> ReadData(const std::string& data);

absl::Status CreateResource(Session& session, const std::string& collection, const std::string& id,
                            const std::string& data);
absl::Status UpdateResource(Session& session, const std::string& name, const std::string& data, const std::string& mask,
                            const std::string& etag);
absl::Status DeleteResource(Session& session, const std::string& name, const std::string& etag);
// "districts/310114:evaluateBalance".
absl::Status CallMethod(Session& session, const std::string& target, const std::string& data);

// Fields and values, or JSON with --json.
absl::Status ShowResource(Session& session, const Json& resource);
// The last of a write: what came back with --json, else its name.
void ShowWritten(Session& session, const Json& answer, absl::string_view done);

}  // namespace edudelta::gateway::cli
