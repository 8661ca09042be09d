#include "common/db/errors.h"

#include <cppconn/exception.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"

namespace edudelta::db {
namespace {

// "Duplicate entry 'x' for key 'uk_name'"; MySQL 8 writes 'table.uk_name'. The entry may hold anything, so the last
// match counts.
std::string KeyOf(absl::string_view message) {
  constexpr absl::string_view kMark = "for key '";
  const size_t at = message.rfind(kMark);
  if (at == absl::string_view::npos) return "";
  absl::string_view key = message.substr(at + kMark.size());
  key = key.substr(0, key.rfind('\''));
  if (const size_t dot = key.rfind('.'); dot != absl::string_view::npos) key.remove_prefix(dot + 1);
  return std::string(key);
}

// Errors of the statement's text or of the schema: their messages name tables and columns, never a value.
bool MessageIsSafe(int code) {
  switch (code) {
    case 1044:  // access denied to schema
    case 1048:  // column cannot be null
    case 1050:  // table exists
    case 1051:  // unknown table
    case 1054:  // unknown column
    case 1060:  // duplicate column
    case 1061:  // duplicate index
    case 1064:  // syntax
    case 1091:  // cannot drop
    case 1136:  // column count
    case 1142:  // command denied
    case 1146:  // no such table
    case 1264:  // out of range
    case 1364:  // no default value
    case 1406:  // too long
      return true;
    default:
      return false;
  }
}

// The server's disk. What was written before stands, and reads go on.
bool IsFull(int code, absl::string_view message) {
  switch (code) {
    case 1021:  // disk full
    case 1114:  // a table, or the undo log, cannot grow
      return true;
    case 3:     // error writing file
    case 1005:  // cannot create table
    case 1026:  // error writing file
    case 1030:  // storage engine
      return absl::StrContains(message, "rror 28") || absl::StrContains(message, "rrcode: 28") ||
             absl::StrContains(message, "rrno: 28");
    default:
      return false;
  }
}

absl::Status Full(int code) {
  return Error(absl::StatusCode::kUnavailable, "DATABASE_FULL", "数据库的磁盘空间已满，没有保存，请稍后重试",
               {{"sql_code", absl::StrCat(code)}});
}

// What the statement would define or drop is so already.
bool IsAlreadySo(int code) { return code == 1050 || code == 1060 || code == 1061 || code == 1091; }

absl::Status Conflict(int code) {
  return Error(absl::StatusCode::kAborted, "DATABASE_CONFLICT", "有其他操作正在修改同一数据，请重试",
               {{"sql_code", absl::StrCat(code)}});
}

}  // namespace

absl::Status Unavailable(int sql_code) {
  return Error(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", "数据库暂时不可用，请稍后重试",
               {{"sql_code", absl::StrCat(sql_code)}});
}

absl::Status Timeout() { return Error(absl::StatusCode::kDeadlineExceeded, "DATABASE_TIMEOUT", "数据库操作超时"); }

absl::Status OutcomeUnknown() {
  return Error(absl::StatusCode::kUnknown, "DATABASE_OUTCOME_UNKNOWN",
               "数据库连接中断，不能确定是否已保存，请用同一请求编号重试");
}

bool LosesConnection(const sql::SQLException& exception) {
  switch (exception.getErrorCode()) {
    case 1053:  // shutdown in progress
    case 1156:  // packets out of order
    case 1158:  // network read
    case 1159:  // network read timeout
    case 1160:  // network write
    case 1161:  // network write timeout
    case 1243:  // unknown statement handle
    case 1927:  // connection was killed
    case 2000:  // client error
    case 2006:  // gone away
    case 2013:  // lost
    case 2014:  // out of sync
    case 2027:  // malformed packet
    case 2030:  // statement not prepared
    case 2055:  // lost, with the system's error
    case 4031:  // closed for inactivity
      return true;
    default:
      return false;
  }
}

absl::Status FromException(const sql::SQLException& exception, Doing doing) {
  const int code = exception.getErrorCode();
  if (doing == Doing::kConnecting) return Unavailable(code);
  switch (code) {
    case 1205:  // lock wait timeout
    case 1213:  // deadlock, or a cluster's certification
    case 1020:  // record has changed since last read
      return Conflict(code);
    default:
      break;
  }
  if (doing == Doing::kCommitting) return OutcomeUnknown();
  switch (code) {
    case 1062:
    case 1586:
      return Error(absl::StatusCode::kAlreadyExists, "DUPLICATE_KEY", "已有相同的记录",
                   {{"key", KeyOf(exception.what())}});
    case 1969:  // max_statement_time, set by an administrator
    case 3024:  // the same in MySQL
      return Timeout();
    case 1040:  // too many connections
    case 1047:  // a cluster node that is not ready
    case 1053:
    case 1290:  // read-only server
    case 1317:  // interrupted by an administrator
    case 2002:
    case 2003:
    case 2006:
    case 4031:
      return Unavailable(code);
    default:
      break;
  }
  if (IsFull(code, exception.what())) return Full(code);
  if (LosesConnection(exception)) return doing == Doing::kWriting ? OutcomeUnknown() : Unavailable(code);
  Metadata metadata = {{"sql_code", absl::StrCat(code)}};
  if (MessageIsSafe(code)) metadata.emplace_back("sql_message", exception.what());
  const absl::string_view reason = IsAlreadySo(code) ? "SCHEMA_ALREADY_SO" : "DATABASE_ERROR";
  return Error(absl::StatusCode::kInternal, reason, "数据库执行出错", metadata);
}

}  // namespace edudelta::db
