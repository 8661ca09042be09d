#pragma once

#include "absl/status/status.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/resource/reader.h"
#include "common/resource/row_checks.h"
#include "common/resource/store.h"
#include "common/rpc/call.h"

namespace edudelta::resource {

// ListRevisions of one resource: its row as it was at each version. Not for partners, who see the present only.
// Thread-safe.
class Revisions {
 public:
  // All outlive this.
  Revisions(const Table& table, const Store& store, const Presenter& presenter, Reader& reader, db::Pool& pool,
            const crypto::FieldCipher& cipher)
      : table_(table), store_(store), presenter_(presenter), reader_(reader), pool_(pool), cipher_(cipher) {}

  // Whoever may read the row now sees of its past what was in reach then. METHOD_NOT_SHARED for a caller with a scope.
  absl::Status List(const rpc::Call& call, const Message& request, Message* response);

 private:
  const Table& table_;
  const Store& store_;
  const Presenter& presenter_;
  Reader& reader_;
  db::Pool& pool_;
  const crypto::FieldCipher& cipher_;
};

}  // namespace edudelta::resource
