#include "common/base/error.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/synchronization/mutex.h"
#include "google/rpc/error_details.pb.h"

namespace edudelta {
namespace {

template <typename Detail>
std::string TypeUrl() {
  return absl::StrCat("type.googleapis.com/", Detail::descriptor()->full_name());
}

template <typename Detail>
void Put(absl::Status& status, const Detail& detail) {
  status.SetPayload(TypeUrl<Detail>(), absl::Cord(detail.SerializeAsString()));
}

template <typename Detail>
Detail Take(const absl::Status& status) {
  Detail detail;
  if (auto payload = status.GetPayload(TypeUrl<Detail>())) detail.ParseFromString(std::string(*payload));
  return detail;
}

}  // namespace

void NoteReason([[maybe_unused]] absl::string_view reason) {
#ifdef EDUDELTA_FAILPOINTS
  struct Noted {
    absl::Mutex mutex;
    std::set<std::string, std::less<>> reasons ABSL_GUARDED_BY(mutex);
  };
  static const char* const file = std::getenv("EDUDELTA_REASONS_FILE");
  if (file == nullptr) return;
  static auto& noted = *new Noted;
  const absl::MutexLock lock(&noted.mutex);
  if (!noted.reasons.emplace(reason).second) return;
  const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  const std::string line = absl::StrCat(reason, "\n");
  if (fd < 0 || write(fd, line.data(), line.size()) < 0) noted.reasons.erase(std::string(reason));
  if (fd >= 0) close(fd);
#endif
}

absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view zh, const Metadata& metadata) {
  NoteReason(reason);
  std::string words = absl::AsciiStrToLower(absl::StrReplaceAll(reason, {{"_", " "}}));
  for (const auto& [key, value] : metadata) absl::StrAppend(&words, " [", key, "=", value, "]");
  absl::Status status(code, words);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  Put(status, info);
  google::rpc::LocalizedMessage localized;
  localized.set_locale("zh-CN");
  localized.set_message(std::string(zh));
  Put(status, localized);
  return status;
}

absl::Status Invalid(absl::string_view field, absl::string_view reason, absl::string_view zh) {
  absl::Status status = Error(absl::StatusCode::kInvalidArgument, reason, zh, {{"field", std::string(field)}});
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(std::string(zh));
  Put(status, bad);
  return status;
}

absl::Status Missing(absl::string_view name) {
  return Error(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND", "没有这条记录", {{"name", std::string(name)}});
}

absl::Status Refused(absl::string_view reason, absl::string_view zh, const Metadata& metadata) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, zh, metadata);
}

absl::Status Denied(absl::string_view reason, absl::string_view zh, const Metadata& metadata) {
  return Error(absl::StatusCode::kPermissionDenied, reason, zh, metadata);
}

std::string ReasonOf(const absl::Status& status) { return Take<google::rpc::ErrorInfo>(status).reason(); }

std::string ChineseOf(const absl::Status& status) { return Take<google::rpc::LocalizedMessage>(status).message(); }

std::string MetadataOf(const absl::Status& status, absl::string_view key) {
  const auto info = Take<google::rpc::ErrorInfo>(status);
  const auto value = info.metadata().find(std::string(key));
  return value == info.metadata().end() ? "" : value->second;
}

std::string FieldOf(const absl::Status& status) {
  auto bad = Take<google::rpc::BadRequest>(status);
  if (bad.field_violations_size() > 0) return bad.field_violations(0).field();
  return MetadataOf(status, "field");
}

absl::Status WithFieldPrefix(const absl::Status& status, absl::string_view prefix) {
  const std::string field = FieldOf(status);
  if (field.empty() || !absl::IsInvalidArgument(status)) return status;
  return Invalid(absl::StrCat(prefix, ".", field), ReasonOf(status), ChineseOf(status));
}

}  // namespace edudelta
