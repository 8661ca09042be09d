#include "tests/fault/transport.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/describe/describe.h"
#include "common/rpc/client.h"
#include "edudelta/resource/v1/import.pb.h"
#include "gateway/codec/json.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"
#include "tests/fault/http.h"
#include "tests/fault/registers.h"

namespace edudelta::fault {
namespace {

using describe::MethodKind;

class Direct final : public Transport {
 public:
  explicit Direct(std::function<std::shared_ptr<grpc::Channel>(const std::string&)> channel)
      : channel_(std::move(channel)) {}

  absl::Status Call(const Actor& actor, const MethodDescriptor& method, const Message& request, absl::Duration patience,
                    Message* response) const override {
    const auto channel = channel_(describe::ServiceOf(method.file()));
    rpc::Context context(actor.caller, absl::Now() + patience, "");
    return method.client_streaming() ? Stream(*channel, method, context, request, response)
                                     : rpc::Invoke(*channel, method, context, request, response);
  }

 private:
  static absl::Status Stream(grpc::Channel& channel, const MethodDescriptor& method, rpc::Context& context,
                             const Message& request, Message* response) {
    const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
    const grpc::internal::RpcMethod rpc_method(path.c_str(), grpc::internal::RpcMethod::CLIENT_STREAMING);
    grpc::ByteBuffer answer;
    std::unique_ptr<grpc::ClientWriter<grpc::ByteBuffer>> writer(
        grpc::internal::ClientWriterFactory<grpc::ByteBuffer>::Create(&channel, rpc_method, context.get(), &answer));
    const grpc::Slice bytes(request.SerializeAsString());
    if (writer->Write(grpc::ByteBuffer(&bytes, 1))) writer->WritesDone();
    const absl::Status status = rpc::FromPeer(writer->Finish());
    if (!status.ok()) return status;
    grpc::Slice whole;
    answer.DumpToSingleSlice(&whole);
    return response->ParseFromArray(whole.begin(), static_cast<int>(whole.size())) ? absl::OkStatus()
                                                                                   : absl::DataLossError("answer");
  }

  const std::function<std::shared_ptr<grpc::Channel>(const std::string&)> channel_;
};

std::string Take(Message* message, const std::string& field) {
  const std::string text = TextOf(*message, field);
  SetText(message, field, "");
  return text;
}

const char* VerbOf(MethodKind kind) {
  switch (kind) {
    case MethodKind::kGet:
    case MethodKind::kList:
      return "GET";
    case MethodKind::kUpdate:
      return "PATCH";
    case MethodKind::kDelete:
      return "DELETE";
    default:
      return "POST";
  }
}

class Rest final : public Transport {
 public:
  explicit Rest(int port)
      : port_(port), json_({google::rpc::Status::descriptor(), resource::v1::ImportResponse::descriptor()}) {}

  absl::Status Call(const Actor& actor, const MethodDescriptor& method, const Message& request, absl::Duration patience,
                    Message* response) const override {
    const HttpAnswer answer = Exchange(port_, Head(actor, method, request, patience));
    if (answer.status == 0 || !answer.complete) return absl::UnavailableError("the connection ended");
    if (answer.status == 200) return json_.Read(answer.body, response);
    google::rpc::Status failure;
    if (!json_.Read(answer.body, &failure).ok()) return absl::InternalError(answer.body);
    return rpc::FromGrpc(
        {static_cast<grpc::StatusCode>(failure.code()), failure.message(), failure.SerializeAsString()});
  }

 private:
  std::string JsonOf(const Message& message) const {
    std::string json;
    const absl::Status status = json_.Write(message, &json);
    return status.ok() ? json : std::string(status.message());
  }

  std::string Head(const Actor& actor, const MethodDescriptor& method, const Message& original,
                   absl::Duration patience) const {
    const describe::MethodShape shape = *describe::Classify(&method);
    const MessagePtr request = NewMessage(method.input_type());
    request->CopyFrom(original);
    // The id goes into a header, or where the message has it. Always the same way for the same request.
    const std::string id = TextOf(*request, "request_id");
    const std::string key = id < "8" ? Take(request.get(), "request_id") : "";
    std::string etag = Take(request.get(), "etag");
    std::string body;
    std::string path = PathOf(shape, request.get(), &etag, &body);
    const bool in_body = shape.kind == MethodKind::kTransition || shape.kind == MethodKind::kBatchCreate;
    if (key.empty() && !id.empty() && !in_body)
      absl::StrAppend(&path, absl::StrContains(path, "?") ? "&" : "?", "request_id=", id);
    std::string head =
        absl::StrCat(VerbOf(shape.kind), " /v1/", path, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
                     "Authorization: Bearer ", actor.token, "\r\nEdudelta-Purpose: ", actor.caller.purpose(),
                     "\r\nEdudelta-Timeout-Ms: ", absl::ToInt64Milliseconds(patience), "\r\n");
    if (!key.empty()) absl::StrAppend(&head, "Idempotency-Key: ", key, "\r\n");
    if (!etag.empty()) absl::StrAppend(&head, "If-Match: ", etag, "\r\n");
    if (!body.empty()) {
      absl::StrAppend(&head, "Content-Type: application/", shape.kind == MethodKind::kImport ? "x-ndjson" : "json",
                      "\r\nContent-Length: ", body.size(), "\r\n");
    }
    return absl::StrCat(head, "\r\n", body);
  }

  // And what goes into the body. Empties what the path says of `request`.
  std::string PathOf(const describe::MethodShape& shape, Message* request, std::string* etag, std::string* body) const {
    const auto* reflection = request->GetReflection();
    if (shape.kind == MethodKind::kUpdate) {
      Message* row = reflection->MutableMessage(request, shape.resource_field);
      *etag = Take(row, "etag");
      *body = JsonOf(*row);
      const auto& mask = static_cast<const google::protobuf::FieldMask&>(
          reflection->GetMessage(*request, request->GetDescriptor()->FindFieldByName("update_mask")));
      return absl::StrCat(TextOf(*row, "name"), "?update_mask=", absl::StrJoin(mask.paths(), ","));
    }
    if (request->GetDescriptor()->FindFieldByName("name") != nullptr) {
      const std::string name = Take(request, "name");
      if (shape.kind == MethodKind::kTransition) *body = JsonOf(*request);
      return absl::StrCat(name, shape.verb.empty() ? "" : ":", shape.verb);
    }
    const std::string parent = Take(request, "parent");
    std::string path = absl::StrCat(parent, parent.empty() ? "" : "/", describe::CollectionOf(shape.pattern),
                                    shape.verb.empty() ? "" : ":", shape.verb);
    if (shape.kind == MethodKind::kCreate) {
      *body = JsonOf(reflection->GetMessage(*request, shape.resource_field));
      for (int i = 0; i < request->GetDescriptor()->field_count(); ++i) {
        const std::string& field = request->GetDescriptor()->field(i)->name();
        if (absl::EndsWith(field, "_id")) absl::StrAppend(&path, "?", field, "=", TextOf(*request, field));
        if (absl::EndsWith(field, "_id")) break;
      }
    } else if (shape.kind == MethodKind::kImport) {
      for (int i = 0; i < reflection->FieldSize(*request, shape.resource_field); ++i)
        absl::StrAppend(body, JsonOf(reflection->GetRepeatedMessage(*request, shape.resource_field, i)), "\n");
      const auto* mode = request->GetDescriptor()->FindFieldByName("mode");
      absl::StrAppend(&path, "?mode=", reflection->GetEnum(*request, mode)->name());
    } else {
      *body = JsonOf(*request);
    }
    return path;
  }

  const int port_;
  const gateway::codec::JsonCodec json_;
};

}  // namespace

absl::Status Watch::Call(const Actor& actor, const MethodDescriptor& method, const Message& request,
                         absl::Duration patience, Message* response) const {
  absl::Status status = way_.Call(actor, method, request, patience, response);
  count_ += ReasonOf(status) == reason_;
  return status;
}

std::unique_ptr<Transport> MakeDirect(std::function<std::shared_ptr<grpc::Channel>(const std::string&)> channel) {
  return std::make_unique<Direct>(std::move(channel));
}

std::unique_ptr<Transport> MakeRest(int port) { return std::make_unique<Rest>(port); }

}  // namespace edudelta::fault
