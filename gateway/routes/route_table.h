#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/describe/describe.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::gateway::routes {

// One method under one path.
struct Route {
  const google::protobuf::MethodDescriptor* method = nullptr;
  describe::MethodShape shape;
  // "GET", "POST", "PATCH" or "DELETE".
  std::string http_method;
  // Of the name or parent in the path; empty for a top-level collection.
  describe::Pattern pattern;
  // For documents: "/v1/districts/{district}/schools:search".
  std::string path;
  // The path is the collection's: what it names is the parent.
  bool collection = false;
  // "-" may stand for an id of the parent (AIP-159).
  bool wildcard = false;
};

// It changes nothing, whatever it leaves in logs.
bool Reads(const Route& route);

struct Match {
  // Null: no such route. Owned by the table.
  const Route* route = nullptr;
  // The resource's name or the parent, taken from the path.
  std::string name;
  // Not empty when the path is known under other methods only: 405 and the Allow header, which is also the answer to
  // OPTIONS; else 404.
  std::vector<std::string> allow;
};

// The REST face of services, made from their descriptors alone. Immutable, so thread-safe.
//
//   Get, Update, Delete   GET, PATCH, DELETE /v1/<name>
//   List, Create          GET, POST /v1/<parent>/<collection>
//   Search, BatchCreate, Import, Export
//                         POST, POST, POST, GET /v1/<parent>/<collection>:search, :batchCreate, :import, :export
//   custom methods        POST /v1/<name>:<verb>, or GET when the method has no side effects
class RouteTable {
 public:
  // INVALID_ARGUMENT: a method of unknown shape, or two methods on one route.
  static absl::StatusOr<std::unique_ptr<RouteTable>> Make(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);
  ~RouteTable();
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  // `path` as sent: percent-encoded, without the query. HEAD is answered as GET, but there is none of exports.
  Match Find(absl::string_view http_method, absl::string_view path) const;

  // In order of service and method.
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;

  RouteTable();
  absl::Status Add(const google::protobuf::MethodDescriptor* method);

  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace edudelta::gateway::routes
