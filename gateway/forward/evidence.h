#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "gateway/forward/backends.h"
#include "gateway/forward/pending.h"
#include "gateway/forward/prune.h"

namespace edudelta::gateway::forward {

// `resource` is the type that a filter in the request is about; it may be null.
Asked AskedOf(const google::protobuf::Message& request, const google::protobuf::Descriptor* resource);

// What every entry about one call says. The request id is made here, one for each access: a client's own could be used
// twice and would then share one claim.
exchange::v1::RecordRequest EntryOf(const Pending& pending);

// Whether an own caller's answer of this type may show L3 or L4 fields in clear, by what the service says of it.
bool MayShowClear(rpc::Shown said, const SensitiveTypes& sensitive, const google::protobuf::Descriptor* type);

// Writes entries of the evidence log through exchange.Record. Thread-safe.
class Evidence {
 public:
  // RESOURCE_EXHAUSTED (QUOTA_EXCEEDED), PERMISSION_DENIED (AGREEMENT_NOT_ACTIVE), INTERNAL (EVIDENCE_REFUSED) when
  // there can be no such entry however often it is tried, else UNAVAILABLE (EVIDENCE_UNAVAILABLE): then nothing may
  // leave.
  using Recorded = absl::StatusOr<exchange::v1::RecordResponse>;
  using Done = std::function<void(Recorded)>;

  // `backends` outlives it.
  explicit Evidence(const Backends& backends);

  // `done` runs on a thread of gRPC's, or at once.
  void Record(const exchange::v1::RecordRequest& entry, absl::Time deadline, absl::string_view traceparent, Done done);
  // Blocks; not for a thread of gRPC's.
  Recorded RecordNow(const exchange::v1::RecordRequest& entry, absl::Time deadline, absl::string_view traceparent);

 private:
  const Backends& backends_;
  const google::protobuf::MethodDescriptor& method_;
};

}  // namespace edudelta::gateway::forward
