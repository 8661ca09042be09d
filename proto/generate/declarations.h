#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/describe/describe.h"
#include "google/protobuf/descriptor.h"

// What the hand-written files of one package declare. Descriptors belong to the caller's pool.
namespace edudelta::generate {

struct Resource {
  const google::protobuf::Descriptor* type = nullptr;
  describe::Pattern pattern;
  // "ReportDuties"
  std::string plural;
  // As they are written: Get, List, Search, Create, BatchCreate, Update, Delete, Import, Export, ListRevisions,
  // ListTransitions.
  std::vector<describe::MethodKind> methods;
};

// A workflow step or custom method.
struct Special {
  // kTransition or kCustom.
  describe::MethodKind kind = describe::MethodKind::kCustom;
  std::string name;
  const google::protobuf::Descriptor* request = nullptr;
  const google::protobuf::Descriptor* response = nullptr;
  // The resource that it belongs to, which is the one of its file; null when it belongs to none: its file has no
  // resource, or its request names nothing.
  const google::protobuf::Descriptor* resource = nullptr;
};

struct Package {
  // "edudelta.safety.v1", "SafetyService", "安全"
  std::string name;
  std::string service;
  std::string label;
  // What stands above `syntax` in the file with the service's label, as protoc keeps it: " Safety: ...\n".
  std::string comment;
  // As the files have them; Sort (order.h) puts them into the order of their rpcs.
  std::vector<Resource> resources;
  std::vector<Special> specials;
};

// `files` are all of one package. INVALID_ARGUMENT with one line, "<file>:<line>: <message>: <why>", on a declaration
// of which no service can be made. What a service checks when it starts (states, roles, tables) is left to it.
absl::StatusOr<Package> Read(const std::vector<const google::protobuf::FileDescriptor*>& files);

// "GetSchool", "ListSchools"
std::string MethodName(const Resource& resource, describe::MethodKind kind);

// "GradeEnrollment" -> "grade_enrollment".
std::string SnakeCase(absl::string_view name);

}  // namespace edudelta::generate
