#pragma once

#include <functional>
#include <map>
#include <memory>

#include "absl/strings/string_view.h"
#include "gateway/codec/json.h"
#include "gateway/codec/sheet.h"
#include "gateway/forward/backends.h"
#include "gateway/forward/evidence.h"
#include "gateway/forward/pace.h"
#include "gateway/forward/pending.h"
#include "gateway/policy/store.h"
#include "gateway/routes/fill.h"

namespace edudelta::gateway::forward {

// As clients name it.
inline constexpr absl::string_view kNdjsonTypes[] = {"application/x-ndjson", "application/ndjson", "application/jsonl"};

struct StreamParts {
  const codec::JsonCodec& json;
  const SensitiveTypes& sensitive;
  // By resource type.
  const std::map<const google::protobuf::Descriptor*, std::unique_ptr<codec::Sheet>>& sheets;
  Evidence& evidence;
  Tally& tally;
  policy::Store& store;
  // As at the beginning of a body; each import follows a copy.
  const Pace& pace;
  // Answers with the failure; a partner's leaves its entry first.
  const std::function<void(const std::shared_ptr<Pending>&, const absl::Status&)>& refuse;
};

// Both block until the request has been answered: they run on the gateway's stream workers.

// CSV, or NDJSON when the query or Accept asks for it. Rows leave in chunks; a chunk for a partner leaves when its own
// entry is durable. The connection is broken off when something fails after the first chunk, and when policy no longer
// permits the stream.
void RunExport(const StreamParts& parts, const std::shared_ptr<grpc::Channel>& channel, Pending& pending,
               const routes::Filled& filled);

// CSV or NDJSON by Content-Type, CSV without one and by what else clients call it. Rows that cannot be read are
// reported with the service's own errors; in ATOMIC mode one of them ends the backend's call, so that nothing lands.
// When the file cannot be read to its end, the good rows before that place land all the same (but in ATOMIC mode), and
// the failure carries an ImportResponse.
void RunImport(const StreamParts& parts, const std::shared_ptr<grpc::Channel>& channel, Pending& pending,
               const routes::Filled& filled);

}  // namespace edudelta::gateway::forward
