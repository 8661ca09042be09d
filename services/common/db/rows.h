#pragma once

#include <cstddef>
#include <memory>

#include "common/db/session.h"

namespace sql {
class PreparedStatement;
class ResultSet;
}  // namespace sql

namespace edudelta::db {

// What may stay with a statement of its parameters, and of its rows: of what is larger, giving it up is a small part of
// what it costs.
inline constexpr size_t kMostKept = 64 << 10;

// A prepared statement of one connection. While rows of it are open it is busy, and the same text is prepared again.
struct Prepared {
  explicit Prepared(sql::PreparedStatement* statement);
  ~Prepared();

  // Null once it had large rows: the driver keeps them, and a buffer for each column, as long as the statement.
  std::unique_ptr<sql::PreparedStatement> statement;
  bool busy = false;
};

class Rows::Impl {
 public:
  Impl(std::shared_ptr<Prepared> prepared, sql::ResultSet* result);
  ~Impl();

  sql::ResultSet& result() { return *result_; }
  // So many bytes more were read.
  void Count(size_t bytes) { bytes_ += bytes; }

 private:
  size_t bytes_ = 0;
  std::shared_ptr<Prepared> prepared_;
  std::unique_ptr<sql::ResultSet> result_;
};

}  // namespace edudelta::db
