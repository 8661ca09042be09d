#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/codes/code_sets.h"
#include "common/db/session.h"
#include "common/describe/describe.h"
#include "google/protobuf/message.h"

namespace edudelta::resource {

// One id per variable of a pattern.
using Ids = std::vector<std::string>;

// How a field is stored.
enum class Storage {
  kInt,        // integers, bool and enums by number; BIGINT, INT or TINYINT
  kDouble,     // DOUBLE
  kText,       // VARCHAR, utf8mb4_bin
  kBytes,      // BLOB
  kDecimal,    // a decimal string in DECIMAL(p, s); empty is NULL
  kDate,       // google.type.Date in DATE
  kTimestamp,  // DATETIME(6), UTC
  kJson,       // repeated and nested messages, protobuf JSON in MEDIUMTEXT
  kCipher,     // an L3 or L4 string, encrypted in VARBINARY; with `<column>_index` when it may be searched
};

struct Column {
  std::string name;
  const google::protobuf::FieldDescriptor* field = nullptr;
  const options::v1::Field* options = nullptr;
  Storage storage = Storage::kInt;
  bool nullable = false;
  // A blind index column stands beside it.
  bool searchable = false;

  bool personal() const;  // L3 or L4
  // Its SQL column takes ASCII only: codes, identifiers and names.
  bool ascii() const;
};

// One entry of Resource.unique. The columns are the table's.
struct UniqueKey {
  std::vector<const Column*> columns;
  // Null when rows count in every state.
  const Column* state = nullptr;
  std::vector<int> except_states;
  // These two may be null.
  const Column* except_flag = nullptr;
  const Column* common = nullptr;

  bool personal() const;
};

// A resource type as its table: made from the descriptor at start, then read-only and shared by all threads.
//
// The table has row_id, version, create_time, update_time, one `<variable>_id` per pattern variable and one column per
// stored field; `<table>_history` has the same columns and history_to. Build refuses (FAILED_PRECONDITION, reason
// RESOURCE_DECLARATION): a field without label and level, maps and oneofs, personal fields that are not strings or
// immutable, decimals that are not strings, filters on JSON, unknown code sets, `within` that names no field, `closed`
// or `locked` that names no value of a stored field `state` (of `closed`: nor one stored bool), `unique` whose fields
// are not of the kinds that it says.
class Table {
 public:
  static absl::StatusOr<std::unique_ptr<Table>> Build(const google::protobuf::Descriptor* type,
                                                      const codes::CodeSets& codes);

  const google::protobuf::Descriptor* type() const { return type_; }
  const options::v1::Resource& options() const { return *options_; }
  const describe::Pattern& pattern() const { return pattern_; }
  const std::string& name() const { return options_->table(); }
  // "planning.School"
  const std::string& dataset() const { return dataset_; }
  // `<variable>_id`, in the pattern's order; the last one is the resource's own id.
  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<Column>& columns() const { return columns_; }
  // The column that says whether a row has ended, and the values with which it has; null and none where rows do not
  // end.
  const Column* closing() const { return closing_; }
  const std::vector<int>& closed() const { return closed_; }
  // Those in which a row and what stands below it is not changed; often none.
  const std::vector<int>& locked() const { return locked_; }
  const std::vector<UniqueKey>& unique() const { return unique_; }
  // Null when the field is not stored.
  const Column* Find(absl::string_view field) const;
  bool has_district() const { return keys_.front() == "district_id"; }
  bool has_personal() const { return has_personal_; }
  // Rows of an append-only resource change by steps alone, if it has any.
  bool keeps_history() const { return !options_->append_only() || has_steps_; }

  std::unique_ptr<google::protobuf::Message> New() const;
  // A message with nothing but its name.
  std::unique_ptr<google::protobuf::Message> Named(const std::string& name) const;

  const google::protobuf::FieldDescriptor* name_field() const { return name_field_; }
  const google::protobuf::FieldDescriptor* etag_field() const { return etag_field_; }
  const google::protobuf::FieldDescriptor* create_time_field() const { return create_time_field_; }
  const google::protobuf::FieldDescriptor* update_time_field() const { return update_time_field_; }
  // Fields that are computed when a message leaves.
  const std::vector<const google::protobuf::FieldDescriptor*>& derived() const { return derived_; }

  // CREATE TABLE statements of table and history, as a migration would have them.
  std::string Ddl() const;
  // Table and history in the database against schema.h, whose comment has the reasons.
  absl::Status CheckSchema(db::Session& session) const;

 private:
  absl::Status AddField(const google::protobuf::FieldDescriptor* field, const codes::CodeSets& codes);
  absl::Status ReadStates(const google::protobuf::RepeatedPtrField<std::string>& names, const char* option,
                          std::vector<int>* values) const;
  absl::Status ReadClosed();
  absl::Status ReadUnique();
  // The value of `state` by its name, for `option`.
  absl::StatusOr<int> StateOf(absl::string_view option, const std::string& name) const;

  const google::protobuf::Descriptor* type_ = nullptr;
  const options::v1::Resource* options_ = nullptr;
  describe::Pattern pattern_;
  std::string dataset_;
  std::vector<std::string> keys_;
  std::vector<Column> columns_;
  const Column* closing_ = nullptr;
  std::vector<int> closed_, locked_;
  std::vector<UniqueKey> unique_;
  std::vector<const google::protobuf::FieldDescriptor*> derived_;
  bool has_personal_ = false;
  bool has_steps_ = false;
  const google::protobuf::FieldDescriptor* name_field_ = nullptr;
  const google::protobuf::FieldDescriptor* etag_field_ = nullptr;
  const google::protobuf::FieldDescriptor* create_time_field_ = nullptr;
  const google::protobuf::FieldDescriptor* update_time_field_ = nullptr;
};

// The column of the state that Resource.locked, and mostly Resource.closed, are about.
inline constexpr char kStateField[] = "state";

// The SQL type of a column as information_schema spells it ("varchar(120)").
std::string SqlType(const Column& column);

}  // namespace edudelta::resource
