#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/field_cipher.h"
#include "common/db/session.h"
#include "common/resource/table.h"

// Between a message and its row.
namespace edudelta::resource {

// A row as read: the message is complete with name, times and etag.
struct Row {
  int64_t row_id = 0;
  int64_t version = 0;
  // As the database wrote it.
  std::string update_time;
  // As in the message.
  std::string etag;
  std::unique_ptr<google::protobuf::Message> message;
  // The JSON columns as they are, in the order of those that were read: they may hold more than the message knows.
  std::vector<std::string> json;
};

// Which columns a statement reads.
using Projection = std::vector<const Column*>;
Projection AllColumns(const Table& table);

// "`row_id`, `version`, `create_time`, `update_time`, `district_id`, ..., `condition`, ..."
std::string SelectList(const Table& table, const Projection& projection);
// Reads what SelectList selected. DATA_LOSS when an encrypted value does not belong to this row.
absl::StatusOr<Row> ReadRow(const db::Rows& rows, const Table& table, const Projection& projection,
                            const crypto::FieldCipher& cipher);

// Parameter of one column of `message`. Precondition: it is not encrypted.
db::Value OpenValue(const google::protobuf::Message& message, const Column& column);
// Parameters of the columns of `message`, in the table's order, a searchable column followed by its blind index.
// `replaced`, if given, is the row with all its columns that they take the place of: what its JSON columns hold of a
// newer program stays.
std::vector<db::Value> ColumnValues(const google::protobuf::Message& message, const Table& table,
                                    const crypto::FieldCipher& cipher, const Row* replaced = nullptr);
// "`kind`, `identity_number`, `identity_number_index`, ..." in the same order.
std::vector<std::string> ColumnNames(const Table& table);

// A value as its JSON column holds it. INTERNAL for what JSON cannot say (a timestamp out of range).
absl::StatusOr<std::string> JsonOf(const google::protobuf::Message& message,
                                   const google::protobuf::FieldDescriptor* field);

// Stands for a row and its version and tells neither: how many rows and changes there are is not everybody's business.
std::string EtagOf(const crypto::FieldCipher& cipher, int64_t row_id, int64_t version);
// ABORTED, reason ETAG_MISMATCH. Of several, as If-Match lists them, one must be the row's; none at all and "*" fit any
// row.
absl::Status CheckEtag(const std::string& sent, const Row& row);

// The time of a write that replaces `old`, in a transaction begun at `start`: not before `old`, which another
// transaction may have written after `start`. Else two versions would hold at one time.
std::string After(const std::string& start, const Row& old);

// "2026-11-21 20:00:00.000000"
void SetTime(google::protobuf::Message* message, const google::protobuf::FieldDescriptor* field,
             absl::string_view sql_time);

}  // namespace edudelta::resource
