#pragma once

#include <memory>

#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/rpc/described_service.h"
#include "common/rpc/serve.h"

namespace edudelta::outbox {

// The feed of one service, read from its outbox. For ROLE_SERVICE everywhere ("*"), and for ROLE_AUDITOR held at the
// district asked for or above. L3 and L4 fields never leave. The references outlive it.
//
// Failures: PERMISSION_DENIED (FEED_NOT_PERMITTED); INVALID_ARGUMENT; OUT_OF_RANGE (CURSOR_TOO_OLD) when events of this
// dataset after the position have been deleted; DATA_LOSS when a stored event cannot be read; INTERNAL
// (EVENT_TYPE_UNKNOWN) when an event is of a message that this binary has not; those of the pool.
std::unique_ptr<rpc::DescribedService> MakeFeedService(rpc::Frame& frame, db::Pool& pool,
                                                       const crypto::FieldCipher& cipher);

}  // namespace edudelta::outbox
