#include "gateway/routes/openapi.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/describe/describe.h"
#include "gateway/routes/schema.h"

namespace edudelta::gateway::routes {
namespace {

using describe::MethodKind;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr char kIdPattern[] = "^[A-Za-z0-9._~-]{1,63}$";

absl::string_view Words(MethodKind kind) {
  switch (kind) {
    case MethodKind::kGet:
      return "读取";
    case MethodKind::kList:
      return "列出";
    case MethodKind::kSearch:
      return "检索";
    case MethodKind::kCreate:
      return "新建";
    case MethodKind::kUpdate:
      return "修改";
    case MethodKind::kDelete:
      return "删除";
    case MethodKind::kBatchCreate:
      return "批量新建";
    case MethodKind::kImport:
      return "导入";
    case MethodKind::kExport:
      return "导出";
    case MethodKind::kListRevisions:
      return "列出历史版本：";
    case MethodKind::kListTransitions:
      return "列出流转记录：";
    case MethodKind::kTransition:
    case MethodKind::kCustom:
      return "";
  }
  return "";
}

std::string SummaryOf(const Route& route) {
  const std::string& label = route.method->options().GetExtension(options::v1::method).label();
  if (!label.empty()) return label;
  const absl::string_view resource =
      route.shape.resource == nullptr ? "" : absl::string_view(describe::ResourceOf(route.shape.resource)->label());
  std::string summary = absl::StrCat(Words(route.shape.kind), resource);
  if (route.shape.kind == MethodKind::kTransition) {
    return absl::StrCat(resource, "：", route.method->options().GetExtension(options::v1::transition).label());
  }
  return summary.empty() ? route.method->name() : summary;
}

bool Reads(const Route& route) {
  const MethodKind kind = route.shape.kind;
  return route.http_method == "GET" || kind == MethodKind::kSearch;
}

Json Sheets() {
  return {{"text/csv", {{"schema", {{"type", "string"}}}}},
          {"application/x-ndjson", {{"schema", {{"type", "string"}}}}}};
}

Json QueryParameter(absl::string_view name, Json schema, absl::string_view description = "") {
  Json parameter = {{"name", std::string(name)}, {"in", "query"}, {"schema", std::move(schema)}};
  if (!description.empty()) parameter["description"] = std::string(description);
  return parameter;
}

// Query parameters are the request's fields that neither the path nor the body gives.
void AddQuery(const Route& route, Schemas& schemas, Json& parameters) {
  const MethodKind kind = route.shape.kind;
  const Descriptor* request = route.method->input_type();
  const bool body_is_request =
      route.http_method == "POST" && kind != MethodKind::kCreate && kind != MethodKind::kImport;
  if (!body_is_request) {
    for (int i = 0; i < request->field_count(); ++i) {
      const FieldDescriptor* field = request->field(i);
      const std::string& name = field->name();
      if (name == "name" || name == "parent" || field == route.shape.resource_field) continue;
      if (kind == MethodKind::kImport) {
        if (name == "update_mask") {
          parameters.push_back(QueryParameter(
              name, schemas.Of(field), "已有记录只改这些字段，空的清除；不填则为文件的列，NDJSON 为各行写出的字段"));
        }
        if (name != "mode") continue;
        parameters.push_back(QueryParameter(name,
                                            {{"type", "string"}, {"enum", {"partial", "atomic", "validate_only"}}},
                                            "好行先入、全入或全不入、只检查"));
        continue;
      }
      Json schema = schemas.Of(field);
      parameters.push_back(QueryParameter(name, std::move(schema)));
    }
  }
  if (kind == MethodKind::kImport) {
    parameters.push_back(
        QueryParameter("encoding", {{"type", "string"}, {"enum", {"utf-8", "gb18030"}}}, "不填则自动识别"));
  }
  if (kind == MethodKind::kExport) {
    parameters.push_back(
        QueryParameter("format", {{"type", "string"}, {"enum", {"csv", "ndjson"}}, {"default", "csv"}}));
  }
}

Json OperationOf(const Route& route, Schemas& schemas) {
  const MethodKind kind = route.shape.kind;
  const Descriptor* request = route.method->input_type();
  Json operation = {{"operationId", absl::StrCat(route.method->service()->name(), "_", route.method->name())},
                    {"tags", Json::array({describe::ServiceOf(route.method->file())})},
                    {"summary", SummaryOf(route)}};
  Json parameters = Json::array();
  for (const std::string& variable : route.pattern.variables) {
    parameters.push_back({{"name", variable},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}, {"pattern", kIdPattern}}}});
  }
  AddQuery(route, schemas, parameters);
  if (Reads(route)) parameters.push_back({{"$ref", "#/components/parameters/Purpose"}});
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);

  if (kind == MethodKind::kImport) {
    operation["requestBody"] = {{"required", true}, {"content", Sheets()}};
  } else if (kind == MethodKind::kCreate || kind == MethodKind::kUpdate) {
    Json schema =
        kind == MethodKind::kCreate ? schemas.Complete(route.shape.resource) : schemas.Of(route.shape.resource);
    operation["requestBody"] = {{"required", true},
                                {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
  } else if (route.http_method == "POST") {
    operation["requestBody"] = {{"content", {{"application/json", {{"schema", schemas.Of(request)}}}}}};
  }

  Json content = kind == MethodKind::kExport
                     ? Sheets()
                     : Json{{"application/json", {{"schema", schemas.Of(route.method->output_type())}}}};
  operation["responses"] = {{"200", {{"description", "成功"}, {"content", std::move(content)}}},
                            {"default", {{"$ref", "#/components/responses/Error"}}}};
  return operation;
}

}  // namespace

std::string MakeOpenApi(const RouteTable& table, const OpenApiOptions& options) {
  Schemas schemas;
  Json paths = Json::object();
  Json tags = Json::array();
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const auto& route : table.routes()) {
    paths[route->path][absl::AsciiStrToLower(route->http_method)] = OperationOf(*route, schemas);
    const auto* service = route->method->service();
    if (services.empty() || services.back() != service) {
      services.push_back(service);
      tags.push_back({{"name", describe::ServiceOf(service->file())},
                      {"description", service->options().GetExtension(options::v1::service_label)}});
    }
  }
  Json document = {{"openapi", "3.1.0"},
                   {"info", {{"title", options.title}, {"version", options.version}}},
                   {"security", Json::array({{{"bearer", Json::array()}}})},
                   {"tags", std::move(tags)},
                   {"paths", std::move(paths)}};
  document["components"] = {
      {"schemas", schemas.Take()},
      {"parameters",
       {{"Purpose",
         {{"name", "Edudelta-Purpose"},
          {"in", "header"},
          {"description", "用途代码；跨区读取和查阅敏感字段时必填"},
          {"schema", {{"type", "string"}}}}}}},
      {"responses",
       {{"Error",
         {{"description", "失败：google.rpc.Status，带 ErrorInfo 和中文说明"},
          {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/google.rpc.Status"}}}}}}}}}}},
      {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}};
  return document.dump();
}

}  // namespace edudelta::gateway::routes
