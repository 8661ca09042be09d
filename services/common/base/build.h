#pragma once

namespace edudelta {

// Of this build: the release, and the commit that it was configured at ("1a2b3c4d5e6f", with "-dirty" when the sources
// were changed since, "unknown" outside a clone). No date: the same commit makes the same bytes.
extern const char kVersion[];
extern const char kRevision[];

}  // namespace edudelta
