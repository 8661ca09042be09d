#include "gateway/routes/fill.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "gateway/routes/query.h"
#include "google/protobuf/field_mask.pb.h"

namespace edudelta::gateway::routes {
namespace {

using describe::MethodKind;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status UnknownParameter(absl::string_view name) {
  constexpr size_t kMaxShown = 80;
  return Invalid(name.empty() || name.size() > kMaxShown ? "query" : name, "UNKNOWN_PARAMETER", "没有这个查询参数");
}

const FieldDescriptor* FindField(const Descriptor* type, absl::string_view name) {
  const std::string text(name);
  if (const FieldDescriptor* field = type->FindFieldByName(text)) return field;
  return type->FindFieldByCamelcaseName(text);
}

// The string field of the request that the path fills: `name`, or `parent`.
const FieldDescriptor* PathField(const Route& route) {
  const Descriptor* type = route.method->input_type();
  if (route.collection) return type->FindFieldByName("parent");
  const FieldDescriptor* name = type->FindFieldByName("name");
  return name != nullptr ? name : type->FindFieldByName("parent");
}

absl::Status SetPathField(const Route& route, const std::string& value, Message* request) {
  const FieldDescriptor* field = PathField(route);
  if (route.shape.kind == MethodKind::kUpdate) {
    request = request->GetReflection()->MutableMessage(request, route.shape.resource_field);
    field = route.shape.resource->FindFieldByName("name");
  }
  // A top-level collection has no parent to tell.
  if (field == nullptr) return absl::OkStatus();
  std::string scratch;
  const std::string& given = request->GetReflection()->GetStringReference(*request, field, &scratch);
  if (!given.empty() && given != value) return Invalid(field->name(), "NAME_MISMATCH", "请求体中的名称与路径不一致");
  request->GetReflection()->SetString(request, field, value);
  return absl::OkStatus();
}

// Without a mask of the caller's, what the body says is meant, zero and null too.
void MaskWith(const codec::Fields& said, Message* update) {
  const FieldDescriptor* field = update->GetDescriptor()->FindFieldByName("update_mask");
  auto* mask = static_cast<google::protobuf::FieldMask*>(update->GetReflection()->MutableMessage(update, field));
  if (mask->paths_size() > 0) return;
  for (const FieldDescriptor* one : said) mask->add_paths(one->name());
}

// Sets `a.b.c`. `seen` holds the singular fields already given.
absl::Status SetParameter(const std::string& name, const std::string& value, const std::vector<std::string>& closed,
                          absl::flat_hash_set<std::string>* seen, Message* message) {
  const std::vector<absl::string_view> steps = absl::StrSplit(name, '.');
  std::string path;
  for (size_t i = 0; i < steps.size(); ++i) {
    const FieldDescriptor* field = FindField(message->GetDescriptor(), steps[i]);
    if (field == nullptr || field->is_map()) return UnknownParameter(name);
    if (i == 0) {
      for (const std::string& other : closed) {
        if (field->name() == other) return UnknownParameter(name);
      }
    }
    absl::StrAppend(&path, i == 0 ? "" : ".", field->name());
    if (i + 1 == steps.size()) {
      if (!field->is_repeated() && !seen->insert(path).second) {
        return Invalid(path, "DUPLICATE_PARAMETER", "查询参数重复");
      }
      const absl::Status status = codec::SetFromText(field, value, message);
      return status.ok() ? status : Invalid(path, ReasonOf(status), ChineseOf(status));
    }
    if (field->is_repeated() || field->message_type() == nullptr) return UnknownParameter(name);
    message = message->GetReflection()->MutableMessage(message, field);
  }
  return UnknownParameter(name);
}

// "atomic" for IMPORT_MODE_ATOMIC; the full names are taken too.
std::string FullMode(absl::string_view text) {
  if (absl::StartsWith(text, "IMPORT_MODE_")) return std::string(text);
  return absl::StrCat("IMPORT_MODE_", absl::AsciiStrToUpper(text));
}

absl::Status ReadQuery(const Route& route, absl::string_view text, Filled* filled) {
  ASSIGN_OR_RETURN(const Query query, ParseQuery(text));
  if (query.empty()) return absl::OkStatus();
  std::vector<std::string> closed;
  if (const FieldDescriptor* path = PathField(route)) closed.push_back(path->name());
  const FieldDescriptor* rows = route.shape.resource_field;
  if (rows != nullptr && rows->containing_type() == route.method->input_type()) closed.push_back(rows->name());
  if (route.shape.kind == MethodKind::kImport) {
    // The rest of an import's messages is between the gateway and the service.
    const Descriptor* type = route.method->input_type();
    for (int i = 0; i < type->field_count(); ++i) {
      if (type->field(i)->name() != "mode" && type->field(i)->name() != "update_mask")
        closed.push_back(type->field(i)->name());
    }
  }

  absl::flat_hash_set<std::string> seen;
  for (const auto& [name, value] : query) {
    if (route.shape.kind == MethodKind::kExport && name == "format") {
      if (value != "csv" && value != "ndjson") return Invalid("format", "FORMAT_UNKNOWN", "格式只能是 csv 或 ndjson");
      filled->format = value;
      continue;
    }
    if (route.shape.kind == MethodKind::kImport && name == "encoding") {
      filled->encoding = value;
      continue;
    }
    const bool mode = route.shape.kind == MethodKind::kImport && name == "mode";
    RETURN_IF_ERROR(SetParameter(name, mode ? FullMode(value) : value, closed, &seen, filled->request.get()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Filled> FillRequest(const Match& match, absl::string_view query, absl::string_view body,
                                   const codec::JsonCodec& json) {
  // RFC 8259: may be there, and means nothing.
  absl::ConsumePrefix(&body, "\xEF\xBB\xBF");
  const Route& route = *match.route;
  Filled filled;
  filled.request.reset(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(route.method->input_type())->New());
  Message* request = filled.request.get();
  const MethodKind kind = route.shape.kind;

  codec::Fields said;
  if (kind == MethodKind::kCreate || kind == MethodKind::kUpdate) {
    Message* resource = request->GetReflection()->MutableMessage(request, route.shape.resource_field);
    // Lost on the way it would clear whatever the mask names.
    if (body.empty()) return Invalid("body", "BODY_MISSING", "缺少请求体");
    RETURN_IF_ERROR(json.Read(body, resource, &said));
  } else if (route.http_method == "GET" || route.http_method == "DELETE") {
    if (!body.empty()) return Invalid("body", "BODY_NOT_ALLOWED", "此方法不接受请求体");
  } else if (kind != MethodKind::kImport && !body.empty()) {
    RETURN_IF_ERROR(json.Read(body, request));
  }
  RETURN_IF_ERROR(ReadQuery(route, query, &filled));
  if (kind == MethodKind::kUpdate) MaskWith(said, request);
  RETURN_IF_ERROR(SetPathField(route, match.name, request));
  return filled;
}

}  // namespace edudelta::gateway::routes
