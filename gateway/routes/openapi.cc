#include "gateway/routes/openapi.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/describe/describe.h"
#include "gateway/routes/schema.h"

namespace edudelta::gateway::routes {
namespace {

using describe::MethodKind;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// What every method may answer, by name of the component; 409 where something is written.
struct Failure {
  const char* status;
  const char* component;
  const char* description;
};
constexpr Failure kFailures[] = {
    {"400", "Invalid", "请求有误，或当前状态不允许"},
    {"401", "Unauthenticated", "没有有效的令牌"},
    {"403", "Denied", "无权访问"},
    {"404", "NotFound", "没有这个地址或记录"},
    {"408", "Timeout", "请求到得太慢"},
    {"409", "Conflict", "与已有的记录或同时进行的修改冲突"},
    {"412", "PreconditionFailed", "If-Match 或 If-None-Match 的条件不成立"},
    {"413", "TooLarge", "请求体超过上限"},
    {"414", "TargetTooLong", "请求地址超过上限"},
    {"415", "MediaType", "不支持此内容类型或编码"},
    {"429", "Limited", "请求过于频繁或超过配额"},
    {"431", "HeaderTooLarge", "请求头超过上限"},
    {"500", "Internal", "系统内部错误"},
    {"503", "Unavailable", "服务暂时不可用，请稍后重试"},
    {"504", "DeadlineExceeded", "未能在时限内完成"},
};

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

Json Sheets(int shortest = 0) {
  Json file = {{"schema", {{"type", "string"}}}};
  if (shortest > 0) file["schema"]["minLength"] = shortest;
  return {{"text/csv", file}, {"application/x-ndjson", file}};
}

Json QueryParameter(absl::string_view name, Json schema, absl::string_view description = "") {
  // As ParseQuery reads it.
  if (schema.value("type", "") == "string" && !schema.contains("pattern") && !schema.contains("enum") &&
      !schema.contains("format")) {
    schema["pattern"] = "^[^\\u0000]*$";
  }
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
      const bool id = kind == MethodKind::kCreate && absl::EndsWith(name, "_id") && name != "request_id";
      Json parameter = QueryParameter(name, id ? Schemas::Id(route.shape.resource) : schemas.Of(field));
      if (id && describe::ResourceOf(route.shape.resource)->id_format() != options::v1::Field::FORMAT_UNSPECIFIED) {
        parameter["required"] = true;
      }
      parameters.push_back(std::move(parameter));
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

Json HeaderReferences(std::initializer_list<const char*> names) {
  Json headers = Json::object();
  for (const char* name : names) headers[name] = {{"$ref", absl::StrCat("#/components/headers/", name)}};
  return headers;
}

Json Answers(const Route& route, Json content) {
  const bool row = route.shape.kind == MethodKind::kGet;
  const bool writes = !Reads(route);
  Json answers = {
      {"200",
       {{"description", "成功"},
        {"headers", HeaderReferences({"X-Request-Id", "traceparent", "ETag", "Edudelta-Entry", "Edudelta-Entry-Key"})},
        {"content", std::move(content)}}}};
  if (row) answers["304"] = {{"description", "与 If-None-Match 所指的版本相同"}};
  for (const Failure& failure : kFailures) {
    const absl::string_view status = failure.status;
    if ((status == "409" && !writes) || (status == "412" && !writes && !row) ||
        ((status == "413" || status == "415") && route.http_method == "GET")) {
      continue;
    }
    answers[failure.status] = {{"$ref", absl::StrCat("#/components/responses/", failure.component)}};
  }
  return answers;
}

Json Failures() {
  Json failures = Json::object();
  for (const Failure& failure : kFailures) {
    Json headers = HeaderReferences({"X-Request-Id", "traceparent", "Edudelta-Entry"});
    const absl::string_view status = failure.status;
    if (status == "429") headers["Retry-After"] = {{"schema", {{"type", "integer"}, {"minimum", 0}}}};
    if (status == "401") headers["WWW-Authenticate"] = {{"required", true}, {"schema", {{"const", "Bearer"}}}};
    failures[failure.component] = {
        {"description", absl::StrCat(failure.description, "：google.rpc.Status，带 ErrorInfo 和中文说明")},
        {"headers", std::move(headers)},
        {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/google.rpc.Status"}}}}}}}};
  }
  return failures;
}

Json AnswerHeaders() {
  return {{"X-Request-Id", {{"description", "请求的标识"}, {"schema", {{"type", "string"}, {"format", "uuid"}}}}},
          {"traceparent", {{"description", "W3C Trace Context"}, {"schema", {{"type", "string"}}}}},
          {"ETag", {{"description", "记录的版本"}, {"schema", {{"type", "string"}}}}},
          {"Edudelta-Entry",
           {{"description", "此次访问在存证日志中的序号"}, {"schema", {{"type", "string"}, {"pattern", "^[0-9]+$"}}}}},
          {"Edudelta-Entry-Key",
           {{"description", "此次访问的密钥，用于证明所收到的答复"},
            {"schema", {{"type", "string"}, {"pattern", "^[0-9a-f]+$"}}}}}};
}

Json OperationOf(const Route& route, Schemas& schemas) {
  const MethodKind kind = route.shape.kind;
  const Descriptor* request = route.method->input_type();
  Json operation = {{"operationId", absl::StrCat(route.method->service()->name(), "_", route.method->name())},
                    {"tags", Json::array({describe::ServiceOf(route.method->file())})},
                    {"summary", SummaryOf(route)}};
  Json parameters = Json::array();
  for (const std::string& variable : route.pattern.variables) {
    parameters.push_back({{"name", variable}, {"in", "path"}, {"required", true}, {"schema", PathPart(variable)}});
  }
  AddQuery(route, schemas, parameters);
  if (Reads(route)) parameters.push_back({{"$ref", "#/components/parameters/Purpose"}});
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);

  if (kind == MethodKind::kImport) {
    operation["requestBody"] = {{"required", true}, {"content", Sheets(1)}};
  } else if (kind == MethodKind::kCreate || kind == MethodKind::kUpdate) {
    Json schema =
        kind == MethodKind::kCreate ? schemas.Complete(route.shape.resource) : schemas.Of(route.shape.resource);
    operation["requestBody"] = {{"required", true},
                                {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
  } else if (route.http_method == "POST") {
    operation["requestBody"] = {{"content", {{"application/json", {{"schema", schemas.Of(request)}}}}}};
    if (schemas.Asks(request)) operation["requestBody"]["required"] = true;
  }

  Json content = kind == MethodKind::kExport
                     ? Sheets()
                     : Json{{"application/json", {{"schema", schemas.Of(route.method->output_type())}}}};
  operation["responses"] = Answers(route, std::move(content));
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
  Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", options.title},
        {"version", options.version},
        {"description",
         "请求体按 protobuf 的 JSON 读取：字段为 null 即未填，整数可写成文字，枚举可写成数字；答复一律如此文档。"}}},
      {"security", Json::array({{{"bearer", Json::array()}}})},
      {"tags", std::move(tags)},
      {"paths", std::move(paths)}};
  const Json purposes = schemas.OfCodes("SHARING_PURPOSE");
  document["components"] = {{"schemas", schemas.Take()},
                            {"parameters",
                             {{"Purpose",
                               {{"name", "Edudelta-Purpose"},
                                {"in", "header"},
                                {"description", "用途代码；跨区读取和查阅敏感字段时必填"},
                                {"schema", purposes}}}}},
                            {"headers", AnswerHeaders()},
                            {"responses", Failures()},
                            {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}};
  return document.dump();
}

}  // namespace edudelta::gateway::routes
