#include "common/resource/request_log.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/crypto/canonical.h"
#include "common/crypto/digest.h"
#include "common/db/now.h"

namespace edudelta::resource {
namespace {

constexpr int64_t kDroppedAtOnce = 1000;
constexpr char kInsert[] =
    "INSERT INTO `request_log` (`principal`, `request_id`, `request_hash`, `name`, `version`, `create_time`) "
    "VALUES (?, ?, ?, ?, ?, ?)";

std::string BytesOf(const google::protobuf::Message& request) {
  return absl::StrCat(request.GetTypeName(), ":", crypto::CanonicalBytes(request));
}

std::string HashOf(const google::protobuf::Message& request, const crypto::FieldCipher& cipher) {
  return cipher.Mac("request_log", BytesOf(request));
}

// Releases before 2026-12 stored a digest without key. Such a row lasts a week, or until its request is repeated.
bool IsOf(const std::string& stored, const google::protobuf::Message& request, const crypto::FieldCipher& cipher) {
  return stored == HashOf(request, cipher) || stored == crypto::Sm3(BytesOf(request));
}

}  // namespace

std::string RequestIdOf(const google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("request_id");
  return field == nullptr ? "" : request.GetReflection()->GetString(request, field);
}

absl::Status CheckRequestId(const google::protobuf::Message& request) {
  const std::string id = RequestIdOf(request);
  if (id.empty() || IsUuid4(id)) return absl::OkStatus();
  return Invalid("request_id", "REQUEST_ID_FORMAT", "请求标识应为 UUID4");
}

absl::StatusOr<RequestLog::Opened> RequestLog::Open(const rpc::Call& call, const google::protobuf::Message& request,
                                                    db::Tx& tx) const {
  const std::string id = RequestIdOf(request);
  Opened opened;
  if (id.empty()) {
    ASSIGN_OR_RETURN(opened.now, db::Now(tx));
    return opened;
  }
  RETURN_IF_ERROR(CheckRequestId(request));
  ASSIGN_OR_RETURN(
      db::Rows rows,
      tx.Query(
          "SELECT NOW(6), l.`request_hash`, l.`name`, l.`version`, l.`create_time` FROM (SELECT 1 AS one) o LEFT JOIN "
          "`request_log` l ON l.`principal` = ? AND l.`request_id` = ?",
          {call.caller.principal(), id}));
  rows.Next();
  opened.now = rows.Text(0);
  if (rows.IsNull(1)) return opened;
  if (!IsOf(rows.Text(1), request, cipher_)) {
    return Invalid("request_id", "REQUEST_ID_REUSED", "这个请求标识已用于另一个请求");
  }
  opened.earlier = Outcome{rows.Text(2), rows.Int(3), rows.Text(4)};
  // What another transaction committed can be read a moment before it is on the disk. Writing the entry anew makes the
  // commit of this transaction wait for the disk too; else the answer would be lost with the database.
  RETURN_IF_ERROR(
      tx.Execute("DELETE FROM `request_log` WHERE `principal` = ? AND `request_id` = ?", {call.caller.principal(), id})
          .status());
  RETURN_IF_ERROR(Close(call, request, tx, *opened.earlier));
  return opened;
}

absl::StatusOr<bool> RequestLog::Knows(const rpc::Call& call, const google::protobuf::Message& request,
                                       db::Session& session) const {
  const std::string id = RequestIdOf(request);
  // Another text was never written here, and one that is not ASCII the column cannot even be compared with.
  if (!IsUuid4(id)) return false;
  ASSIGN_OR_RETURN(db::Rows rows,
                   session.Query("SELECT 1 FROM `request_log` WHERE `principal` = ? AND `request_id` = ?",
                                 {call.caller.principal(), id}));
  return rows.Next();
}

absl::Status RequestLog::Close(const rpc::Call& call, const google::protobuf::Message& request, db::Tx& tx,
                               const Outcome& outcome) const {
  const std::string id = RequestIdOf(request);
  if (id.empty()) return absl::OkStatus();
  const absl::Status status = tx.Execute(kInsert, {call.caller.principal(), id, HashOf(request, cipher_), outcome.name,
                                                   outcome.version, outcome.time})
                                  .status();
  if (absl::IsAlreadyExists(status))
    return Error(absl::StatusCode::kAborted, "REQUEST_IN_PROGRESS", "相同的请求正在处理");
  return status;
}

absl::Status RequestLog::ForceDurable(const rpc::Call& call, const std::string& now, db::Tx& tx) {
  return tx
      .Execute(kInsert, {call.caller.principal(), NewUuid(), std::string(32, '\0'), std::string(), int64_t{0}, now})
      .status();
}

absl::Status RequestLog::DropOld(db::Session& session) {
  for (int64_t dropped = kDroppedAtOnce; dropped == kDroppedAtOnce;) {
    ASSIGN_OR_RETURN(dropped, session.Execute("DELETE FROM `request_log` WHERE `create_time` < "
                                              "UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND LIMIT ?",
                                              {absl::ToInt64Microseconds(kKeep), kDroppedAtOnce}));
  }
  return absl::OkStatus();
}

}  // namespace edudelta::resource
