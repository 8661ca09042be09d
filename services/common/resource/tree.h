#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/db/session.h"
#include "common/resource/store.h"
#include "common/resource/table.h"
#include "google/protobuf/message.h"

namespace edudelta::resource {

// Columns that name a row of the same resource: its parent in a tree, e.g. a section's parent section. Not those that
// the service sets by itself: what such a step may name is for its rule.
std::vector<const Column*> TreeColumns(const Table& table);

// That no row comes above itself by such a column once all of `rows` are written, however long the way. Locks the rows
// on the way up until the transaction ends, so that no two writes make half a circle each. Adds INVALID_ARGUMENT,
// reason REFERENCE_CIRCLE, to `each`, one a row; rows that were refused before are left alone.
absl::Status CheckTree(db::Tx& tx, const Table& table, const Store& store, const Column& column,
                       const std::vector<const google::protobuf::Message*>& rows, std::vector<absl::Status*> each);

}  // namespace edudelta::resource
