#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/codes/code_sets.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/outbox/writer.h"
#include "common/resource/limiter.h"
#include "common/resource/permission.h"
#include "common/resource/request_log.h"
#include "common/resource/rules.h"
#include "common/resource/store.h"
#include "common/resource/table.h"
#include "common/resource/transition.h"
#include "common/rpc/call.h"
#include "edudelta/resource/v1/import.pb.h"

namespace edudelta::resource {

class Engine;

// Names of the fields that an imported file carries.
using ImportColumns = absl::flat_hash_set<std::string>;

// What the engines of one service share; main.cc builds it and it outlives them.
struct Context {
  db::Pool& pool;
  const crypto::FieldCipher& cipher;
  const codes::CodeSets& codes;
  const Clock& clock;
  outbox::Writer& outbox;
  // Called after a commit that wrote events.
  std::function<void()> on_events;
  // Pulls the feeds behind the local copies of other services' resources, once; used when a reference is not known yet.
  std::function<absl::Status(absl::Time deadline)> catch_up;
  // "after_commit": between a write's commit and its answer. Null outside services.
  Failpoints* failpoints = nullptr;
  // Every engine of the service by dataset; filled as they are made.
  absl::flat_hash_map<std::string, Engine*> engines;
  // Chunks of imports that are landing beside the ones before them.
  std::unique_ptr<std::atomic<int>> beside = std::make_unique<std::atomic<int>>(0);
};

// The standard methods and declared transitions of one resource over `google::protobuf::Message`, for all resources
// alike. Requests have the shapes of AIP-131 to 136; fields are found by name. Thread-safe.
class Engine {
 public:
  // `context` and `table` outlive the engine. `transitions`: TransitionsOf(table), which CheckRules found to go with
  // `rules`.
  Engine(Context& context, const Table& table, std::vector<Transition> transitions, Rules rules);

  absl::Status Get(const rpc::Call& call, const Message& request, Message* response);
  // List and Search.
  absl::Status List(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Create(const rpc::Call& call, const Message& request, Message* response);
  absl::Status BatchCreate(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Update(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Delete(const rpc::Call& call, const Message& request);
  // A declared workflow step; see options.Transition.
  absl::Status Take(const rpc::Call& call, const Message& request, Message* response);

  // The pages of one Export: each call fills the next page of a List response; false after the last.
  class Exporter {
   public:
    absl::StatusOr<bool> Next(const rpc::Call& call, Message* response);

   private:
    friend class Engine;
    Engine* engine_ = nullptr;
    const Message* request_ = nullptr;
    Ids after_;
    bool done_ = false;
  };
  // `request` outlives the exporter.
  Exporter Export(const Message& request);

  // One row of an import.
  struct Upsert {
    enum class Effect { kNone, kCreated, kUpdated, kUnchanged };

    int64_t number = 0;
    std::string name;
    // As the file has it.
    std::unique_ptr<Message> given;
    // As it is written; made anew each time the rows are landed.
    std::unique_ptr<Message> next;
    absl::Status status;
    Effect effect = Effect::kNone;
  };
  using Upserts = std::vector<Upsert>;
  // Upserts the rows of one import chunk in two steps, so that one chunk can be checked while the one before it lands.
  // First what the rows alone and other services' resources tell; `parent`: what the rows' names stand below.
  absl::StatusOr<Upserts> CheckImport(const rpc::Call& call, absl::string_view parent,
                                      const std::vector<const Message*>& rows, const std::vector<int64_t>& numbers);
  // Then all of them in one transaction; bad rows are marked and, with IMPORT_MODE_PARTIAL, the others land. `columns`:
  // the fields that the file has; null for all. A stored row keeps the others. `earlier`: the chunk before, which may
  // be landing still; this one commits behind it, and fails as it fails. May be invalid.
  absl::Status LandImport(const rpc::Call& call, resource::v1::ImportMode mode, const ImportColumns* columns,
                          Upserts& rows, const std::shared_future<absl::Status>& earlier);
  // Adds to an import's answer what became of the rows.
  static void Tell(const Upserts& rows, resource::v1::ImportResponse* response);

  // For writes of custom methods in a transaction of their own: rows that the service made itself. Checks no
  // permission.
  absl::Status InsertAll(const rpc::Call& call, db::Tx& tx, const std::string& now, const std::vector<Message*>& rows);

  struct Written {
    std::string name;
    int64_t version = 0;
    // The row's update time; the transaction's when empty.
    std::string time = {};
    // The row was like that before: nothing was written.
    bool unchanged = false;
  };
  // Runs `work` once per request id: opens the request log, calls `work` with the database's time, closes the log and
  // commits. `replay` answers a repeated request.
  absl::Status WriteOnce(const rpc::Call& call, const Message& request,
                         absl::FunctionRef<absl::StatusOr<Written>(db::Tx&, const std::string& now)> work,
                         absl::FunctionRef<absl::Status(db::Tx&, const Written&)> replay);
  // The row as an earlier write left it.
  absl::Status Replay(db::Tx& tx, const Written& written, Message* response) const;

  // The row by name, with its personal fields in clear, for rules and custom methods. NOT_FOUND.
  absl::StatusOr<Row> Load(const rpc::Call& call, absl::string_view name);

  const Table& table() const { return table_; }
  const Store& store() const { return store_; }
  const std::vector<Transition>& transitions() const { return transitions_; }
  const Rules& rules() const { return rules_; }
  Context& context() { return context_; }

 private:
  struct Plan;  // One List as decided.

  absl::CivilDay Today() const;
  absl::StatusOr<Ids> IdsOf(absl::string_view name) const;
  absl::StatusOr<Plan> PlanList(const rpc::Call& call, const Message& request) const;
  absl::Status ReadPage(const rpc::Call& call, const Message& request, const Plan& plan, const Ids& after, int limit,
                        Message* response, Ids* last);
  // Derives, masks and hides what this caller may not see.
  void Present(const rpc::Call& call, Message* message) const;
  // For what a write answers: masked for everybody, since only reads in clear have their entry in the evidence.
  void PresentWritten(Message* message) const;
  void Mask(Message* message) const;

  absl::Status MayWrite(const rpc::Call& call, const Message& next) const;
  absl::StatusOr<std::unique_ptr<Message>> NewRow(const rpc::Call& call, const Message& create,
                                                  absl::string_view parent, const std::string& made_id) const;
  absl::Status CheckRow(Message* next) const;
  // References to other services' resources, against the local copies.
  absl::Status CheckRemote(const rpc::Call& call, const std::vector<const Message*>& rows,
                           std::vector<absl::Status>* each);
  // References and parents within the service, locked.
  absl::Status CheckLocal(db::Tx& tx, const std::vector<const Message*>& rows, std::vector<absl::Status>* each);

  absl::StatusOr<Written> InsertNew(const rpc::Call& call, db::Tx& tx, const std::string& now, Message* next);
  absl::StatusOr<Row> LockRow(db::Tx& tx, const std::string& name) const;
  absl::StatusOr<Written> ReplaceRow(const rpc::Call& call, db::Tx& tx, const std::string& start, const Row& old,
                                     Message* next);
  absl::Status MayGo(db::Tx& tx, const std::string& name, const Ids& ids);
  absl::Status Emit(db::Tx& tx, const std::string& now, const std::vector<outbox::Change>& changes);
  absl::Status CheckTransition(const rpc::Call& call, db::Tx& tx, const Transition& transition, const Row& old) const;
  // Asks the step's rule, facts first.
  absl::Status Decide(const rpc::Call& call, db::Tx& tx, const Transition& transition, const Message& old,
                      const Message& request, Message* next) const;
  absl::Status LandRows(const rpc::Call& call, db::Tx& tx, const std::string& now, const ImportColumns* columns,
                        std::vector<Upsert*>& rows, bool* all_good);

  Context& context_;
  const Table& table_;
  const Store store_;
  const std::vector<Transition> transitions_;
  const Rules rules_;
  RequestLog request_log_;
  Limiter search_limiter_;
};

// Shared by the engine's units.
// ABORTED, reason ETAG_MISMATCH. An empty etag and "*" fit any row.
absl::Status CheckEtag(const std::string& sent, const Row& row);
std::string TextOf(const Message& message, absl::string_view field);
const Message* MessageOf(const Message& message, absl::string_view field);
std::string DistrictOfName(absl::string_view name);
// UPPER_SNAKE of a type, for reasons: "GradeEnrollment" -> "GRADE_ENROLLMENT".
std::string ReasonWord(absl::string_view type);

}  // namespace edudelta::resource
