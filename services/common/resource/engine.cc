#include "common/resource/engine.h"

#include <utility>

namespace edudelta::resource {

Engine::Engine(const Parts& parts, const Table& table, std::vector<Transition> transitions, Rules rules)
    : table_(table),
      store_(table, parts.cipher),
      transitions_(std::move(transitions)),
      rules_(std::move(rules)),
      checks_(table_, rules_, transitions_, parts.codes, parts.clock),
      presenter_(table_, rules_, parts.clock),
      log_(table_, transitions_),
      once_(parts.pool, parts.cipher, parts.on_commit),
      unique_(table_, parts.cipher),
      reader_(table_, store_, presenter_, parts.pool, parts.bulk_pool, parts.cipher, parts.clock),
      writer_(table_, store_, rules_, checks_, unique_, presenter_, reader_, parts.references, once_, log_,
              parts.outbox),
      steps_(table_, rules_, transitions_, checks_, presenter_, parts.references, reader_, writer_, once_, log_,
             parts.pool, parts.cipher, parts.clock),
      revisions_(table_, store_, presenter_, reader_, parts.pool, parts.cipher),
      importer_(table_, store_, rules_, checks_, unique_, parts.references, writer_, parts.chunk_slots, parts.bulk_pool,
                parts.clock, parts.on_commit) {
  parts.references.Add(table_, store_);
}

}  // namespace edudelta::resource
