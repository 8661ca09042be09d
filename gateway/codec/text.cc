#include "gateway/codec/text.h"

#include <simdjson.h>

namespace edudelta::gateway::codec {

bool IsUtf8(absl::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace edudelta::gateway::codec
