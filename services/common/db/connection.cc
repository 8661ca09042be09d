#include "common/db/connection.h"

#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#include <mysql_connection.h>
#include <mysql_driver.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace edudelta::db {
namespace {

// A server keeps 16,382 prepared statements unless told otherwise (max_prepared_stmt_count), for all that use it: seven
// services with 13 connections each stay below it.
constexpr size_t kMostPrepared = 170;
constexpr int kTooManyPrepared = 1461;

// The driver's own single object. Its first making is not thread-safe, hence the static.
sql::Driver& TheDriver() {
  static sql::Driver* const driver = get_driver_instance();
  return *driver;
}

// A year, the most that the server takes; infinity fits into no integer.
constexpr absl::Duration kLongest = absl::Hours(24 * 365);

int WholeSeconds(absl::Duration duration) {
  const absl::Duration whole = absl::Ceil(std::min(duration, kLongest), absl::Seconds(1));
  return static_cast<int>(std::max<int64_t>(1, absl::ToInt64Seconds(whole)));
}

// See Options::lock_wait.
std::string LockWaits(const Options& options) {
  if (options.lock_wait > absl::ZeroDuration()) {
    const int wait = WholeSeconds(options.lock_wait);
    return absl::StrCat("innodb_lock_wait_timeout = ", wait, ", lock_wait_timeout = ", wait);
  }
  return absl::StrCat("innodb_lock_wait_timeout = ", std::max(1, WholeSeconds(options.transaction_limit) - 1));
}

sql::ConnectOptionsMap OptionsMap(const Options& options, const Address& address, absl::Duration timeout) {
  sql::ConnectOptionsMap map;
  const std::string where = address.socket.empty() ? absl::StrCat("tcp://", address.host, ":", address.port)
                                                   : absl::StrCat("unix://", address.socket);
  map["hostName"] = sql::SQLString(where);
  map["userName"] = sql::SQLString(address.user);
  map["password"] = sql::SQLString(options.password);
  map["schema"] = sql::SQLString(address.schema);
  map["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
  map["OPT_CONNECT_TIMEOUT"] = WholeSeconds(timeout);
  map["OPT_RECONNECT"] = false;
  if (options.network_timeout < absl::InfiniteDuration()) {
    map["OPT_READ_TIMEOUT"] = WholeSeconds(options.network_timeout);
    map["OPT_WRITE_TIMEOUT"] = WholeSeconds(options.network_timeout);
  }
  if (!options.ssl_ca.empty()) {
    map["sslCA"] = sql::SQLString(options.ssl_ca);
    map["sslVerify"] = true;
    map["sslEnforce"] = true;
  }
  return map;
}

struct Binder {
  sql::PreparedStatement& statement;
  unsigned position;

  void operator()(Null) const { statement.setNull(position, sql::DataType::VARCHAR); }
  void operator()(int64_t value) const { statement.setInt64(position, value); }
  void operator()(double value) const { statement.setDouble(position, value); }
  void operator()(const std::string& value) const { statement.setString(position, value); }
};

size_t BytesOf(const std::vector<Value>& parameters) {
  size_t bytes = 0;
  for (const Value& parameter : parameters) {
    if (const auto* text = std::get_if<std::string>(&parameter)) bytes += text->size();
  }
  return bytes;
}

// The driver copies values, and would keep the copies with the statement until it is used again.
class Bound {
 public:
  Bound(sql::PreparedStatement& statement, const std::vector<Value>& parameters)
      : statement_(statement), large_(BytesOf(parameters) > kMostKept) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      std::visit(Binder{statement, static_cast<unsigned>(i + 1)}, parameters[i]);
    }
  }
  ~Bound() {
    if (large_) statement_.clearParameters();
  }
  Bound(const Bound&) = delete;

 private:
  sql::PreparedStatement& statement_;
  const bool large_;
};

}  // namespace

Connection::Connection(std::unique_ptr<sql::Connection> connection)
    : connection_(std::move(connection)), plain_(connection_->createStatement()) {}

Connection::~Connection() {
  prepared_.clear();
  recent_.clear();
  plain_.reset();
}

template <typename Work>
auto Connection::CatchSql(Doing doing, Work work) -> absl::StatusOr<decltype(work())> {
  try {
    return work();
  } catch (const sql::SQLException& exception) {
    lost_ = lost_ || LosesConnection(exception);
    return FromException(exception, doing);
  }
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Options& options, const Address& address,
                                                             absl::Duration timeout) {
  try {
    sql::ConnectOptionsMap map = OptionsMap(options, address, timeout);
    std::unique_ptr<Connection> connection(new Connection(std::unique_ptr<sql::Connection>(TheDriver().connect(map))));
    connection->Configure(options);
    return connection;
  } catch (const sql::SQLException& exception) {
    return FromException(exception, Doing::kConnecting);
  }
}

void Connection::Configure(const Options& options) {
  plain_->execute(
      absl::StrCat("SET NAMES utf8mb4 COLLATE utf8mb4_bin, time_zone = '+00:00', autocommit = 1, ", LockWaits(options),
                   ", sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
                   "NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'"));
  plain_->execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  std::unique_ptr<sql::ResultSet> row(plain_->executeQuery("SELECT CONNECTION_ID()"));
  row->next();
  id_ = row->getInt64(1);
  if (options.ssl_ca.empty()) return;
  // The driver goes on in plain text when the server offers no TLS.
  std::unique_ptr<sql::ResultSet> cipher(plain_->executeQuery("SHOW STATUS LIKE 'Ssl_cipher'"));
  if (!cipher->next() || cipher->getString(2).length() == 0) {
    throw sql::SQLException("the server offers no TLS", "08001", 2026);
  }
}

std::shared_ptr<Prepared> Connection::Prepare(absl::string_view sql) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) {
    const Recent::iterator place = found->second;
    recent_.splice(recent_.begin(), recent_, place);
    // Its result is still being read.
    if (place->second->busy) return MakePrepared(std::string(sql));
    if (place->second->statement != nullptr) return place->second;
    prepared_.erase(found);
    recent_.erase(place);
  }
  if (prepared_.size() >= kMostPrepared) ForgetOldest();
  recent_.emplace_front(std::string(sql), MakePrepared(std::string(sql)));
  prepared_.emplace(recent_.front().first, recent_.begin());
  return recent_.front().second;
}

std::shared_ptr<Prepared> Connection::MakePrepared(const std::string& sql) {
  while (true) {
    try {
      return std::make_shared<Prepared>(connection_->prepareStatement(sql));
    } catch (const sql::SQLException& exception) {
      // The server is full of others' statements: give back ours first.
      if (exception.getErrorCode() != kTooManyPrepared || recent_.empty()) throw;
      ForgetOldest();
    }
  }
}

void Connection::ForgetOldest() {
  prepared_.erase(recent_.back().first);
  recent_.pop_back();
}

absl::StatusOr<Rows> Connection::Query(absl::string_view sql, const std::vector<Value>& parameters) {
  return CatchSql(Doing::kReading, [&] {
    std::shared_ptr<Prepared> prepared = Prepare(sql);
    const Bound bound(*prepared->statement, parameters);
    sql::ResultSet* result = prepared->statement->executeQuery();
    return Rows(std::make_unique<Rows::Impl>(std::move(prepared), result));
  });
}

absl::StatusOr<int64_t> Connection::Execute(absl::string_view sql, const std::vector<Value>& parameters, Doing doing) {
  if (parameters.empty()) return Command(sql, doing);
  return CatchSql(doing, [&] {
    std::shared_ptr<Prepared> prepared = Prepare(sql);
    const Bound bound(*prepared->statement, parameters);
    return static_cast<int64_t>(prepared->statement->executeUpdate());
  });
}

absl::StatusOr<int64_t> Connection::Command(absl::string_view sql, Doing doing) {
  return CatchSql(doing, [&] { return static_cast<int64_t>(plain_->executeUpdate(std::string(sql))); });
}

}  // namespace edudelta::db
