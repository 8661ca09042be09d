#pragma once

#include <functional>
#include <vector>

#include "common/base/clock.h"
#include "common/codes/code_sets.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/outbox/writer.h"
#include "common/resource/importer.h"
#include "common/resource/reader.h"
#include "common/resource/references.h"
#include "common/resource/revisions.h"
#include "common/resource/steps.h"
#include "common/resource/unique.h"
#include "common/resource/writer.h"

namespace edudelta::resource {

// What the engines of one service are made of.
struct Parts {
  db::Pool& pool;
  // For imports and exports, so that they never keep a clerk waiting.
  db::Pool& bulk_pool;
  const crypto::FieldCipher& cipher;
  const codes::CodeSets& codes;
  const Clock& clock;
  outbox::Writer& outbox;
  References& references;
  ChunkSlots& chunk_slots;
  // After each commit of a write and before its answer.
  std::function<void()> on_commit;
};

// One resource in all its parts: the standard methods and declared steps over `google::protobuf::Message`, for all
// resources alike. Requests have the shapes of AIP-131 to 136; fields are found by name. Thread-safe.
class Engine {
 public:
  // What `parts` names and `table` outlive the engine, which adds itself to the references. `transitions`:
  // TransitionsOf(table), which CheckRules found to go with `rules`.
  Engine(const Parts& parts, const Table& table, std::vector<Transition> transitions, Rules rules);
  Engine(const Engine&) = delete;

  const Table& table() const { return table_; }
  const Store& store() const { return store_; }
  const Rules& rules() const { return rules_; }
  const std::vector<Transition>& transitions() const { return transitions_; }
  const TransitionLog& transition_log() const { return log_; }
  const Once& once() const { return once_; }
  Reader& reader() { return reader_; }
  Writer& writer() { return writer_; }
  Steps& steps() { return steps_; }
  Revisions& revisions() { return revisions_; }
  Importer& importer() { return importer_; }

 private:
  const Table& table_;
  const Store store_;
  const std::vector<Transition> transitions_;
  const Rules rules_;
  const RowChecks checks_;
  const Presenter presenter_;
  const TransitionLog log_;
  const Once once_;
  const UniqueKeys unique_;
  Reader reader_;
  Writer writer_;
  Steps steps_;
  Revisions revisions_;
  Importer importer_;
};

}  // namespace edudelta::resource
