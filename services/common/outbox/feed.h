#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/rpc/described_service.h"
#include "common/rpc/serve.h"
#include "edudelta/call/v1/call.pb.h"

namespace edudelta::outbox {

// Whether a caller may read the feed of a district; empty: of all districts at once. PERMISSION_DENIED, reason
// FEED_NOT_PERMITTED.
absl::Status AuthorizeFeed(const call::v1::Caller& caller, absl::string_view district);

// The feed of one service, read from its outbox. For ROLE_SERVICE everywhere ("*"), and for ROLE_AUDITOR held at the
// district asked for or above. L3 and L4 fields never leave. The references outlive it.
//
// Failures: PERMISSION_DENIED (FEED_NOT_PERMITTED); INVALID_ARGUMENT; OUT_OF_RANGE (CURSOR_TOO_OLD) when events of this
// dataset after the position have been deleted; DATA_LOSS when a stored event cannot be read; INTERNAL
// (EVENT_TYPE_UNKNOWN) when an event is of a message that this binary has not; those of the pool.
std::unique_ptr<rpc::DescribedService> MakeFeedService(rpc::Frame& frame, db::Pool& pool,
                                                       const crypto::FieldCipher& cipher);

}  // namespace edudelta::outbox
