#include "gateway/routes/route_table.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "gateway/routes/query.h"

namespace edudelta::gateway::routes {
namespace {

using describe::MethodKind;
using google::protobuf::MethodDescriptor;

absl::string_view HttpMethodOf(const MethodDescriptor* method, MethodKind kind) {
  switch (kind) {
    case MethodKind::kGet:
    case MethodKind::kList:
    case MethodKind::kExport:
    case MethodKind::kListRevisions:
    case MethodKind::kListTransitions:
      return "GET";
    case MethodKind::kUpdate:
      return "PATCH";
    case MethodKind::kDelete:
      return "DELETE";
    case MethodKind::kCreate:
    case MethodKind::kSearch:
    case MethodKind::kBatchCreate:
    case MethodKind::kImport:
    case MethodKind::kTransition:
      return "POST";
    case MethodKind::kCustom:
      return method->options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS ? "GET" : "POST";
  }
  return "POST";
}

bool OnCollection(MethodKind kind) {
  switch (kind) {
    case MethodKind::kList:
    case MethodKind::kSearch:
    case MethodKind::kCreate:
    case MethodKind::kBatchCreate:
    case MethodKind::kImport:
    case MethodKind::kExport:
      return true;
    case MethodKind::kGet:
    case MethodKind::kUpdate:
    case MethodKind::kDelete:
    case MethodKind::kListRevisions:
    case MethodKind::kListTransitions:
    case MethodKind::kTransition:
    case MethodKind::kCustom:
      return false;
  }
  return false;
}

// The edge leaves the body away. Of an export all records would be read, and entered as delivered, for nobody.
bool HasHead(const Route& route) { return route.http_method == "GET" && route.shape.kind != MethodKind::kExport; }

}  // namespace

struct RouteTable::Node {
  absl::flat_hash_map<std::string, std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> variable;
  // By verb, which is empty for the plain path; one route per HTTP method.
  absl::flat_hash_map<std::string, std::vector<const Route*>> verbs;
};

RouteTable::RouteTable() : root_(std::make_unique<Node>()) {}
RouteTable::~RouteTable() = default;

absl::StatusOr<std::unique_ptr<RouteTable>> RouteTable::Make(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  std::unique_ptr<RouteTable> table(new RouteTable());
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) RETURN_IF_ERROR(table->Add(service->method(i)));
  }
  return table;
}

absl::Status RouteTable::Add(const MethodDescriptor* method) {
  auto route = std::make_unique<Route>();
  route->method = method;
  ASSIGN_OR_RETURN(route->shape, describe::Classify(method));
  if (route->shape.internal) return absl::OkStatus();
  route->http_method = std::string(HttpMethodOf(method, route->shape.kind));
  route->collection = OnCollection(route->shape.kind);
  route->wildcard = route->collection && route->shape.kind != MethodKind::kCreate;

  std::vector<describe::Pattern::Segment> segments = route->shape.pattern.segments;
  if (route->collection) {
    if (!route->shape.pattern.ends_with_variable()) {
      return Invalid("pattern", "PATTERN_INVALID", absl::StrCat("集合方法的模式须以变量结尾：", method->full_name()));
    }
    segments.pop_back();
    route->pattern = describe::ParentPattern(route->shape.pattern);
  } else {
    route->pattern = route->shape.pattern;
  }
  Node* node = root_.get();
  std::string path = "/v1";
  for (const auto& segment : segments) {
    absl::StrAppend(&path, "/", segment.variable ? "{" : "", segment.text, segment.variable ? "}" : "");
    std::unique_ptr<Node>& next = segment.variable ? node->variable : node->literals[segment.text];
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  const std::string& verb = route->shape.verb;
  if (!verb.empty()) absl::StrAppend(&path, ":", verb);
  route->path = std::move(path);
  std::vector<const Route*>& here = node->verbs[verb];
  for (const Route* other : here) {
    if (other->http_method == route->http_method) {
      return Invalid("method", "ROUTE_TAKEN",
                     absl::StrCat(route->http_method, " ", route->path, " 已由 ", other->method->full_name(), " 占用"));
    }
  }
  here.push_back(route.get());
  routes_.push_back(std::move(route));
  return absl::OkStatus();
}

Match RouteTable::Find(absl::string_view http_method, absl::string_view path) const {
  Match match;
  if (!absl::ConsumePrefix(&path, "/v1/") || path.empty()) return match;
  absl::string_view verb;
  const size_t slash = path.rfind('/');
  const size_t colon = path.find(':', slash == absl::string_view::npos ? 0 : slash);
  if (colon != absl::string_view::npos) {
    verb = path.substr(colon + 1);
    if (verb.empty()) return match;
    path = path.substr(0, colon);
  }

  const Node* node = root_.get();
  std::vector<std::string> parts;
  bool wildcard = false;
  for (bool more = true; more;) {
    const size_t end = path.find('/');
    std::string part;
    if (!DecodePercent(path.substr(0, end), &part)) return match;
    more = end != absl::string_view::npos;
    if (more) path.remove_prefix(end + 1);
    if (const auto found = node->literals.find(part); found != node->literals.end()) {
      node = found->second.get();
    } else if (node->variable != nullptr && (part == "-" || describe::IsId(part))) {
      wildcard = wildcard || part == "-";
      node = node->variable.get();
    } else {
      return match;
    }
    parts.push_back(std::move(part));
  }
  const auto found = node->verbs.find(verb);
  if (found == node->verbs.end()) return match;
  for (const Route* route : found->second) {
    if (route->http_method != http_method && !(http_method == "HEAD" && HasHead(*route))) continue;
    if (wildcard && !route->wildcard) return match;
    if (route->collection) parts.pop_back();
    match.route = route;
    match.name = absl::StrJoin(parts, "/");
    return match;
  }
  for (const Route* route : found->second) {
    if (wildcard && !route->wildcard) continue;
    match.allow.push_back(route->http_method);
    if (HasHead(*route)) match.allow.push_back("HEAD");
  }
  if (!match.allow.empty()) match.allow.push_back("OPTIONS");
  return match;
}

bool Reads(const Route& route) {
  return route.http_method == "GET" || route.shape.kind == describe::MethodKind::kSearch;
}

}  // namespace edudelta::gateway::routes
