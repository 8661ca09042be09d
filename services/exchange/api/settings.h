#pragma once

#include <memory>
#include <string>

#include "common/crypto/token.h"

namespace edudelta::exchange::api {

// What the service has of its own in the environment.
struct Settings {
  std::string token_issuer = "edudelta";    // EDUDELTA_TOKEN_ISSUER
  std::string token_audience = "edudelta";  // EDUDELTA_TOKEN_AUDIENCE
  // From EDUDELTA_TOKEN_KEY_FILE; null while migrating or bootstrapping without it.
  std::shared_ptr<const crypto::TokenSigner> signer;
};

}  // namespace edudelta::exchange::api
