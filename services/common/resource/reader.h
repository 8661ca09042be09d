#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/crypto/field_cipher.h"
#include "common/db/pool.h"
#include "common/resource/limiter.h"
#include "common/resource/row_checks.h"
#include "common/resource/store.h"
#include "common/rpc/described_service.h"

namespace edudelta::resource {

// Get, List, Search and Export of one resource: what this caller may see of it. Each page is one statement.
// Thread-safe.
class Reader {
 public:
  // All outlive this.
  Reader(const Table& table, const Store& store, const Presenter& presenter, db::Pool& pool, db::Pool& bulk_pool,
         const crypto::FieldCipher& cipher, const Clock& clock);

  // Calls that ask alike (by scope and projection) are answered by one statement.
  void Get(rpc::DescribedService::Batch calls);
  absl::Status Get(const rpc::Call& call, const Message& request, Message* response);
  // List and Search. RESOURCE_EXHAUSTED, reason SEARCH_LIMIT.
  absl::Status List(const rpc::Call& call, const Message& request, Message* response);

  // The pages of one Export: each call fills the next page of a List response; false after the last.
  class Exporter {
   public:
    absl::StatusOr<bool> Next(const rpc::Call& call, Message* response);

   private:
    friend class Reader;
    Exporter(Reader& reader, const Message& request) : reader_(&reader), request_(&request) {}
    Reader* reader_;
    const Message* request_;
    Ids after_;
    bool done_ = false;
  };
  // `request` outlives the exporter.
  Exporter Export(const Message& request) { return {*this, request}; }

  // The row by name, with its personal fields in clear and whoever calls, for rules and custom methods. NOT_FOUND.
  absl::StatusOr<Row> Load(const rpc::Call& call, absl::string_view name);

 private:
  struct Wanted;  // One Get as decided.
  struct Plan;    // One List as decided.

  absl::StatusOr<Wanted> PlanGet(const rpc::Call& call, const Message& request) const;
  // `alike` ask for the same columns with the same condition, and for the present if there are several.
  void Find(absl::Span<const Wanted> alike);
  // `row` may be null; it is taken.
  absl::Status Answer(const Wanted& wanted, Message* row) const;
  absl::StatusOr<Plan> PlanList(const rpc::Call& call, const Message& request) const;
  absl::Status ReadPage(const rpc::Call& call, db::Pool& pool, const Message& request, const Plan& plan,
                        const Ids& after, int limit, Message* response, Ids* last);

  const Table& table_;
  const Store& store_;
  const Presenter& presenter_;
  db::Pool& pool_;
  // For exports.
  db::Pool& bulk_pool_;
  const crypto::FieldCipher& cipher_;
  const Clock& clock_;
  Limiter search_limiter_;
};

// The request's page_size, or the usual one; large ones are cut. INVALID_ARGUMENT, reason PAGE_SIZE_NEGATIVE.
absl::StatusOr<int> PageSizeOf(const Message& request);

}  // namespace edudelta::resource
