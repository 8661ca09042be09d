#pragma once

#include "absl/status/status.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/outbox/sensitivity.h"
#include "common/rpc/serve.h"
#include "edudelta/feed/v1/feed.grpc.pb.h"

namespace edudelta::outbox {

// The feed of one service, read from its outbox. For ROLE_SERVICE everywhere ("*"), and for ROLE_AUDITOR held at the
// district asked for or above. L3 and L4 fields never leave. Thread-safe.
//
// Failures: PERMISSION_DENIED (FEED_NOT_PERMITTED); INVALID_ARGUMENT; OUT_OF_RANGE (CURSOR_TOO_OLD) when events of this
// dataset after the position have been deleted; DATA_LOSS when a stored event cannot be read; INTERNAL
// (EVENT_TYPE_UNKNOWN) when an event is of a message that this binary has not; those of the pool.
class FeedServiceImpl final : public feed::v1::FeedService::CallbackService {
 public:
  // The references outlive the service.
  FeedServiceImpl(rpc::Frame& frame, db::Pool& pool, const crypto::FieldCipher& cipher)
      : frame_(frame), pool_(pool), cipher_(cipher) {}

  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const feed::v1::ListEventsRequest* request,
                                       feed::v1::ListEventsResponse* response) override;

 private:
  absl::Status List(const rpc::Call& call, const feed::v1::ListEventsRequest& request,
                    feed::v1::ListEventsResponse* response);
  absl::Status Strip(bool encrypted, google::protobuf::Any* any);

  rpc::Frame& frame_;
  db::Pool& pool_;
  const crypto::FieldCipher& cipher_;
  Sensitivity sensitivity_;
};

}  // namespace edudelta::outbox
