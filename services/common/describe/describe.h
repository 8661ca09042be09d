#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/describe/district.h"
#include "edudelta/options/v1/options.pb.h"
#include "google/protobuf/descriptor.h"

// What the descriptors and annotations say about resources and methods: one reading for the engine, the gateway and the
// contract tests. All functions are pure; descriptors are those of the generated pool and live for ever.
namespace edudelta::describe {

// A resource name pattern, e.g. "districts/{district}/schools/{school}".
struct Pattern {
  struct Segment {
    // Literal text, or the variable's name.
    std::string text;
    bool variable = false;
  };
  std::string text;
  std::vector<Segment> segments;
  std::vector<std::string> variables;

  // True for "districts/{district}/schools/{school}", false for a singleton such as "districts/{district}/settings".
  bool ends_with_variable() const { return !segments.empty() && segments.back().variable; }
};

// INVALID_ARGUMENT (PATTERN_INVALID): an empty segment, a name outside [a-z][a-zA-Z0-9_]*, a variable twice.
absl::StatusOr<Pattern> ParsePattern(absl::string_view text);

// The pattern of the parent: without the last collection and variable. Empty for a top-level collection.
Pattern ParentPattern(const Pattern& pattern);
// The last literal, e.g. "schools".
std::string CollectionOf(const Pattern& pattern);

// [A-Za-z0-9._~-]{1,63}, and not "-", the wildcard of AIP-159, nor "." and "..", which clients take out of a path.
bool IsId(absl::string_view text);

enum class Wildcard { kRefused, kAllowed };

// One id per variable, in order; views into `name`. nullopt when the name does not have this shape.
std::optional<std::vector<absl::string_view>> ParseName(const Pattern& pattern, absl::string_view name,
                                                        Wildcard wildcard = Wildcard::kRefused);

// Precondition: one id per variable.
std::string BuildName(const Pattern& pattern, const std::vector<absl::string_view>& ids);
std::string BuildName(const Pattern& pattern, const std::vector<std::string>& ids);

// Null when the message is not a resource.
const options::v1::Resource* ResourceOf(const google::protobuf::Descriptor* message);

// The field's annotation, empty when it has none.
const options::v1::Field& AnnotationOf(const google::protobuf::FieldDescriptor* field);
bool Has(const options::v1::Field& annotation, options::v1::Field::Behavior behavior);

// The Chinese label of an enum value; its name when it has none.
std::string LabelOf(const google::protobuf::EnumValueDescriptor* value);

// "planning" for package "edudelta.planning.v1"; empty for other packages.
std::string ServiceOf(const google::protobuf::FileDescriptor* file);
// "planning.School".
std::string DatasetOf(const google::protobuf::Descriptor* resource);
// The resource of "planning.School" in the generated pool; null when this program does not know it.
const google::protobuf::Descriptor* FindDataset(absl::string_view dataset);

// "planning" -> edudelta.planning.v1.PlanningService of the generated pool; null when this program does not know it.
const google::protobuf::ServiceDescriptor* FindService(absl::string_view name);
// The service of the resource's package, in the resource's own pool; null when there is none.
const google::protobuf::ServiceDescriptor* OwnerOf(const google::protobuf::Descriptor* resource);

// The resources that these services' methods are about, in order of first mention.
std::vector<const google::protobuf::Descriptor*> ResourcesOf(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services);

enum class MethodKind {
  kGet,
  kList,
  kSearch,
  kCreate,
  kUpdate,
  kDelete,
  kBatchCreate,
  kImport,
  kExport,
  // One resource as it was at each of its versions (AIP-162).
  kListRevisions,
  // Who took which step of one resource when, as AIP-162 lists revisions.
  kListTransitions,
  // A custom method that moves a state field (options.transition).
  kTransition,
  // Any other custom method (options.method).
  kCustom,
};

absl::string_view ToString(MethodKind kind);

struct MethodShape {
  MethodKind kind = MethodKind::kCustom;
  // Null for a custom method that is not about a resource.
  const google::protobuf::Descriptor* resource = nullptr;
  // Of the resource's name; for a custom method, of the name in its request.
  Pattern pattern;
  // Last part of the route without the colon; empty for Get, List, Create, Update and Delete.
  std::string verb;
  // Where the resource stands: in the request for Create, Update and Import; in the response for List, Search and
  // Export; `requests` of a BatchCreate. Null for others.
  const google::protobuf::FieldDescriptor* resource_field = nullptr;
  // Not routed by the gateway.
  bool internal = false;
};

// Whether it changes nothing: Get, List, Search, Export, ListRevisions and ListTransitions.
bool IsRead(MethodKind kind);

// Standard methods are known by name and shape (AIP-131 to 136), custom methods by their annotation, which wins.
// INVALID_ARGUMENT (METHOD_UNKNOWN): neither.
absl::StatusOr<MethodShape> Classify(const google::protobuf::MethodDescriptor* method);

}  // namespace edudelta::describe
