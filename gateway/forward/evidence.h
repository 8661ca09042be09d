#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "edudelta/exchange/v1/access_entry.pb.h"
#include "gateway/policy/decide.h"
#include "grpcpp/channel.h"

namespace edudelta::gateway::forward {

// What every entry about one call says. The request id is made here, one for each access: a client's own could be used
// twice and would then share one claim.
exchange::v1::RecordRequest EntryOf(const policy::Decision& decision, absl::string_view method,
                                    absl::string_view target);

// Writes entries of the evidence log through exchange.Record. Thread-safe.
class Evidence {
 public:
  // The entry's sequence number. RESOURCE_EXHAUSTED (QUOTA_EXCEEDED), PERMISSION_DENIED (AGREEMENT_NOT_ACTIVE), else
  // UNAVAILABLE (EVIDENCE_UNAVAILABLE): then nothing may leave.
  using Done = std::function<void(absl::StatusOr<std::int64_t>)>;

  explicit Evidence(std::shared_ptr<grpc::Channel> exchange);

  // `done` runs on a thread of gRPC's, or at once.
  void Record(exchange::v1::RecordRequest entry, absl::Time deadline, absl::string_view traceparent, Done done);
  // Blocks.
  absl::StatusOr<std::int64_t> RecordNow(const exchange::v1::RecordRequest& entry, absl::Time deadline,
                                         absl::string_view traceparent);

 private:
  const std::shared_ptr<grpc::Channel> exchange_;
  const google::protobuf::MethodDescriptor& method_;
};

}  // namespace edudelta::gateway::forward
