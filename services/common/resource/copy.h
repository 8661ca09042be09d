#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/codes/code_sets.h"
#include "common/db/session.h"
#include "common/describe/declared.h"
#include "common/resource/schema.h"
#include "edudelta/feed/v1/feed.pb.h"

namespace edudelta::resource {

// The local copy of a followed dataset: what another service's feed tells of its rows, by name. Its table has `name`,
// `district_id`, `state` and what says that a row has ended where the type has them, the columns asked for, and
// `update_time`. Made from descriptors at
// start, then read-only and shared by all threads.
class Copy {
 public:
  // FAILED_PRECONDITION, reason FOLLOW_DECLARATION: a column that is no stored field, or one that cannot be copied (of
  // level L3 or L4, repeated, a message); those of Table::Build for the other service's type.
  static absl::StatusOr<std::unique_ptr<Copy>> Build(const describe::Followed& followed, const codes::CodeSets& codes);

  // "planning.School"
  const std::string& dataset() const { return dataset_; }
  // "planning"
  const std::string& source() const { return source_; }
  const std::string& name() const { return name_; }
  const std::string& label() const { return table_->options().label(); }
  // The other service's.
  const Table& table() const { return *table_; }

  std::string Ddl() const;
  // Makes the table, adds and widens the columns that it lacks, and makes it anew where it differs otherwise; what is
  // new is filled by applying the feed again from its start. With the DDL account, after the migrations. Repeatable.
  absl::Status Prepare(db::Session& session) const;
  // Those of CheckTable.
  absl::Status CheckSchema(db::Session& session) const;

  // A Follower::Apply: what the event says, unless the row is newer. DATA_LOSS, reason EVENT_PAYLOAD_MALFORMED, when it
  // is not of this dataset's type.
  absl::Status Apply(db::Tx& tx, const feed::v1::Event& event) const;

  // A Follower::Empty.
  absl::Status Empty(db::Tx& tx) const;

  // Of one name: whether it is there, and whether it is closed (Resource.closed).
  enum class Standing { kMissing, kOpen, kClosed };
  // In the order of `names`, in few statements.
  absl::StatusOr<std::vector<Standing>> StandingOf(db::Session& session, const std::vector<std::string>& names) const;

 private:
  SqlTable Declared() const;
  // The feed is applied from its start.
  absl::Status FillAgain(db::Session& session) const;

  std::string dataset_;
  std::string source_;
  std::string name_;
  // The other service's table, for its columns.
  std::unique_ptr<Table> table_;
  std::vector<const Column*> columns_;
  std::string upsert_;
};

// Names of a district's rows in a copy that has `close_date`: those that were closed by that day, as was known at
// `read_time` (db::SqlTime; empty for now).
absl::StatusOr<absl::flat_hash_set<std::string>> ClosedBy(db::Session& session, const std::string& copy,
                                                          const std::string& district, absl::CivilDay day,
                                                          const std::string& read_time);

}  // namespace edudelta::resource
