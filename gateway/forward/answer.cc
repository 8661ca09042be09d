#include "gateway/forward/answer.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/errors.h"
#include "gateway/codec/json_wire.h"
#include "google/rpc/status.pb.h"

namespace edudelta::gateway::forward {

using google::protobuf::FieldDescriptor;

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

absl::Status ClientGone() { return Error(absl::StatusCode::kCancelled, "CLIENT_GONE", "请求方已断开连接"); }

http::Response ErrorAnswer(const absl::Status& status, absl::string_view trace_id, const codec::JsonCodec& json) {
  http::Response response;
  response.status = HttpStatusOf(status.code());
  response.headers = {{"Content-Type", "application/json"}};
  const grpc::Status complete = rpc::ToGrpc(status, "gateway", trace_id);
  google::rpc::Status body;
  body.ParseFromString(complete.error_details());
  if (!json.Write(body, &response.body).ok()) {
    // A detail of a type that this process does not know.
    body.clear_details();
    response.body.clear();
    (void)json.Write(body, &response.body);
  }
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

http::Response MediaAnswer(absl::string_view field, absl::string_view reason, absl::string_view zh,
                           absl::string_view trace_id, const codec::JsonCodec& json) {
  http::Response response = ErrorAnswer(Invalid(field, reason, zh), trace_id, json);
  response.status = 415;
  return response;
}

http::Response WireAnswer(const google::protobuf::Descriptor* type, absl::string_view wire,
                          const codec::JsonCodec& json) {
  http::Response response;
  response.headers = {{"Content-Type", "application/json"}};
  if (absl::Status status = json.WriteWire(type, wire, &response.body); !status.ok()) {
    return ErrorAnswer(absl::InternalError(status.message()), "", json);
  }
  const FieldDescriptor* etag = type->FindFieldByName("etag");
  if (etag != nullptr && etag->type() == FieldDescriptor::TYPE_STRING && !etag->is_repeated()) {
    const absl::string_view value = codec::StringIn(wire, etag->number());
    if (!value.empty()) {
      // AIP-154: the field's quotes are those of the header.
      const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
      response.headers.emplace_back("ETag", quoted ? std::string(value) : absl::StrCat("\"", value, "\""));
    }
  }
  return response;
}

}  // namespace edudelta::gateway::forward
