#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/testing/sample.h"
#include "tests/fault/ledger.h"
#include "tests/fault/registers.h"
#include "tests/fault/transport.h"

namespace edudelta::fault {

// The rows of one run: those of a district, and those at the top whose ids begin with `prefix`.
struct Scope {
  std::string district;
  std::string prefix;
};

// A client that writes the registers of one service at random within one scope, sends every request again under its
// request id until it is answered, and keeps the ledger of what it was told. It works on rows of its own and on one row
// that it shares with the others. Not thread-safe.
class Clerk {
 public:
  struct Settings {
    // Different for clerks of one scope.
    int number = 0;
    unsigned seed = 0;
    std::string service;
    Scope scope;
    // The clerk and somebody of another organisation; both may write everything.
    Actor actors[2];
    // Outlive the clerk.
    const Registers* registers = nullptr;
    const Transport* transport = nullptr;
    // Counts requests put on the wire.
    std::atomic<int>* attempts = nullptr;
    // Batches of rows with ids of the client's own are sometimes sent without a request id.
    bool without_ids = true;
  };
  explicit Clerk(Settings settings);

  // What its rows stand below. Before everything else.
  void Begin();
  // The row that all clerks of the scope change: made by one of them, its name is given to the others.
  std::string OpenShared();
  void Share(const std::string& name) { shared_ = name; }
  // Makes a row of every workflow and takes it somewhere on its way, for in one run nobody comes far.
  void SetOut();
  void Work(int writes);
  // Everything once that Work does at random, and every way through a workflow to its end. What it could not do; empty
  // when that is nothing.
  std::string Rehearse();

  const Ledger& ledger() const { return ledger_; }

 private:
  struct Row {
    const Kind* kind = nullptr;
    // As last seen.
    MessagePtr message;
    // Steps of the workflow taken.
    size_t step = 0;
    // Others stand below it or name it.
    bool used = false;
  };
  using RowPtr = std::unique_ptr<Row>;
  struct Request {
    const Kind& kind;
    const MethodDescriptor* method = nullptr;
    MessagePtr message;
    std::vector<Change> changes;
    int actor = 0;
    // An old etag is no mistake.
    bool may_be_refused = false;
    // Nothing that follows depends on it.
    bool may_give_up = false;
  };
  enum class Op { kCreate, kBatchCreate, kImport, kUpdate, kUpdateShared, kTake, kDelete, kResend };

  // False when there is nothing to do it to.
  bool TryWrite(const Kind& kind, Op op);
  bool Create(const Kind& kind);
  bool BatchCreate(const Kind& kind);
  bool Import(const Kind& kind);
  bool Update(const Kind& kind);
  bool UpdateShared(bool with_etag);
  bool Take(const Kind& kind);
  // The row's next step; false when it was not acknowledged.
  bool TakeNext(Row* row);
  bool Delete(const Kind& kind);
  // The last batch of rows with ids of its own once more, under another request id.
  bool Resend(const Kind& kind);

  // A valid new row, marked; null when what it must name is not there.
  MessagePtr Fresh(const Kind& kind, const std::string& parent);
  std::string ReferenceFor(absl::string_view dataset, absl::string_view name, int others);
  std::optional<std::string> ParentFor(const Kind& kind);
  Row* Pick(const Kind& kind, absl::FunctionRef<bool(const Row&)> fits);
  void Keep(const Kind& kind, const Message& row);
  int NextMark() { return settings_.number * 1000 + ++marks_; }

  MessagePtr CreateRequest(const Kind& kind, const Message& row) const;
  MessagePtr UpdateRequest(const Kind& kind, const std::string& name, const std::string& etag);
  Change Made(const Kind& kind, const Message& row) const;
  // A fresh row, kept; null when it cannot be made.
  Row* MakeRow(const Kind& kind);
  // Creates the row; false when it was not acknowledged.
  bool CreateRow(const Kind& kind, const Message& row, bool may_give_up);

  // Sends until it is answered, compares the answer with the changes and enters it. `response` may be null.
  Answer Do(Request request, MessagePtr* response = nullptr);
  // Both send the same request at the same time; their answers must be equal.
  Answer SendTwice(const Request& request, Message* response);
  Answer Send(const Request& request, unsigned seed, Message* response, Ledger* ledger) const;
  // What an import did not tell: its rows as they are now.
  void FetchAll(const Kind& kind, std::vector<Change>* changes);
  bool OneIn(unsigned n) { return random_() % n == 0; }

  const Settings settings_;
  const std::vector<const Kind*> kinds_;
  const testing::SampleMaker maker_;
  std::mt19937 random_;
  int rows_made_ = 0;
  int marks_ = 0;
  std::string shared_;
  std::string shared_etag_;
  std::vector<RowPtr> rows_;
  MessagePtr last_batch_;
  std::vector<Change> last_changes_;
  Ledger ledger_;
};

}  // namespace edudelta::fault
