#include "common/rpc/errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace edudelta::rpc {
namespace {

constexpr char kErrorInfo[] = "type.googleapis.com/google.rpc.ErrorInfo";
// A message must fit the peer's limit on headers beside its details.
constexpr size_t kMaxMessage = 2048;

struct CodeText {
  const char* name;
  const char* zh;
};

constexpr CodeText kCodes[] = {
    {"OK", ""},
    {"CANCELLED", "请求已被取消"},
    {"UNKNOWN", "系统内部错误"},
    {"INVALID_ARGUMENT", "请求的内容有误"},
    {"DEADLINE_EXCEEDED", "处理超时，请稍后重试"},
    {"NOT_FOUND", "没有这条记录"},
    {"ALREADY_EXISTS", "已有相同的记录"},
    {"PERMISSION_DENIED", "没有权限"},
    {"RESOURCE_EXHAUSTED", "请求过多，请稍后重试"},
    {"FAILED_PRECONDITION", "当前状态不允许这样做"},
    {"ABORTED", "与其他修改冲突，请重新读取后再试"},
    {"OUT_OF_RANGE", "超出范围"},
    {"UNIMPLEMENTED", "没有这个功能"},
    {"INTERNAL", "系统内部错误"},
    {"UNAVAILABLE", "服务暂时不可用，请稍后重试"},
    {"DATA_LOSS", "系统内部错误"},
    {"UNAUTHENTICATED", "身份未经认证"},
};

const CodeText& TextOf(absl::StatusCode code) {
  const auto index = static_cast<size_t>(code);
  return kCodes[index < std::size(kCodes) ? index : 2];
}

bool IsInternal(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

// The same failure with a reason and a Chinese text in any case.
absl::Status Complete(const absl::Status& status, absl::string_view trace_id) {
  const std::string reason = ReasonOf(status);
  const absl::string_view safe_reason = reason.empty() ? CodeName(status.code()) : absl::string_view(reason);
  if (IsInternal(status.code())) {
    absl::Status neutral =
        Error(status.code(), safe_reason, absl::StrCat("系统内部错误，请把编号 ", trace_id, " 告诉管理员"));
    return neutral;
  }
  const std::string zh = ChineseOf(status);
  if (!reason.empty() && !zh.empty()) return status;
  absl::Status complete =
      Error(status.code(), safe_reason, zh.empty() ? absl::string_view(TextOf(status.code()).zh) : zh);
  absl::Status named(status.code(), status.message());
  complete.ForEachPayload([&](absl::string_view url, const absl::Cord& value) { named.SetPayload(url, value); });
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& value) { named.SetPayload(url, value); });
  return named;
}

}  // namespace

absl::string_view CodeName(absl::StatusCode code) { return TextOf(code).name; }

grpc::Status ToGrpc(const absl::Status& status, absl::string_view service, absl::string_view trace_id) {
  if (status.ok()) return grpc::Status::OK;
  const absl::Status complete = Complete(status, trace_id);
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(complete.code()));
  rpc.set_message(IsInternal(complete.code()) ? absl::StrCat("internal error, trace ", trace_id)
                                              : std::string(complete.message().substr(0, kMaxMessage)));
  complete.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
    auto* detail = rpc.add_details();
    detail->set_type_url(std::string(url));
    if (url == kErrorInfo) {
      google::rpc::ErrorInfo info;
      info.ParseFromString(std::string(value));
      if (info.domain().empty()) info.set_domain(absl::StrCat(service, ".edudelta"));
      detail->set_value(info.SerializeAsString());
    } else {
      detail->set_value(std::string(value));
    }
  });
  return grpc::Status(static_cast<grpc::StatusCode>(rpc.code()), rpc.message(), rpc.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status rpc;
  if (status.error_details().empty() || !rpc.ParseFromString(status.error_details())) return result;
  for (const auto& detail : rpc.details()) result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  return result;
}

absl::Status Unreadable() {
  return Error(absl::StatusCode::kInvalidArgument, "REQUEST_UNREADABLE", "请求内容无法读取");
}

}  // namespace edudelta::rpc
