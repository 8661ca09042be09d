#include "proto/generate/shapes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace edudelta::generate {
namespace {

using describe::MethodKind;

struct Shape {
  MethodKind kind;
  const char* rpc;
  const char* messages;
};

// $Type$ Building, $Types$ Buildings, $type$ building, $types$ buildings. $parent$ is the field with one parent's name,
// $parents$ that with the name of one or of any; a resource at the top has neither.
constexpr Shape kShapes[] = {
    {MethodKind::kGet,
     R"(
  // Reads one $Type$. NOT_FOUND when it is not there or may not be seen.
  rpc Get$Type$(Get$Type$Request) returns ($Type$) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
)",
     R"(
message Get$Type$Request {
  string name = 1;
  // Record time, at least 5 s in the past; now when absent.
  google.protobuf.Timestamp read_time = 2;
}
)"},
    {MethodKind::kList,
     R"(
  // Lists in order of name; pages are keyset tokens bound to the query.
  rpc List$Types$(List$Types$Request) returns (List$Types$Response) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
)",
     R"(
message List$Types$Request {
$parents$  // Default 50, at most 1,000.
  int32 page_size = 2;
  string page_token = 3;
  // `field op literal` joined by AND, over filterable fields.
  string filter = 4;
  google.protobuf.Timestamp read_time = 5;
}

message List$Types$Response {
  repeated $Type$ $types$ = 1;
  string next_page_token = 2;
}
)"},
    {MethodKind::kSearch,
     R"(
  // Like List, and may filter encrypted fields by equality. Limited per caller and logged.
  rpc Search$Types$(Search$Types$Request) returns (List$Types$Response);
)",
     R"(
message Search$Types$Request {
$parents$  int32 page_size = 2;
  string page_token = 3;
  string filter = 4;
  google.protobuf.Timestamp read_time = 5;
}
)"},
    {MethodKind::kCreate,
     R"(
  // Creates one. ALREADY_EXISTS when the id is taken.
  rpc Create$Type$(Create$Type$Request) returns ($Type$);
)",
     R"(
message Create$Type$Request {
$parent$  // Last segment of the name; made by the service when empty.
  string $type$_id = 2;
  $Type$ $type$ = 3;
  // UUID4: the same id and payload give the same answer.
  string request_id = 4;
}
)"},
    {MethodKind::kBatchCreate,
     R"(
  // Creates up to 1,000 in one transaction, all or none.
  rpc BatchCreate$Types$(BatchCreate$Types$Request) returns (BatchCreate$Types$Response);
)",
     R"(
message BatchCreate$Types$Request {
$parents$  repeated Create$Type$Request requests = 2;
  string request_id = 3;
}

message BatchCreate$Types$Response {
  repeated $Type$ $types$ = 1;
}
)"},
    {MethodKind::kUpdate,
     R"(
  // Changes the fields of the mask, or those that are set. ABORTED on a stale etag.
  rpc Update$Type$(Update$Type$Request) returns ($Type$);
)",
     R"(
message Update$Type$Request {
  $Type$ $type$ = 1;
  google.protobuf.FieldMask update_mask = 2;
  string request_id = 3;
}
)"},
    {MethodKind::kDelete,
     R"(
  // FAILED_PRECONDITION when it has children.
  rpc Delete$Type$(Delete$Type$Request) returns (google.protobuf.Empty) {
    option idempotency_level = IDEMPOTENT;
  }
)",
     R"(
message Delete$Type$Request {
  string name = 1;
  string etag = 2;
  string request_id = 3;
}
)"},
    {MethodKind::kImport,
     R"(
  // Upserts by name, rows streamed; errors are reported per row.
  rpc Import$Types$(stream Import$Types$Request) returns (edudelta.resource.v1.ImportResponse);
)",
     R"(
message Import$Types$Request {
$parents$  // Read from the first message only.
  edudelta.resource.v1.ImportMode mode = 2;
  // With full names. At most 1,000 a message.
  repeated $Type$ $types$ = 3;
  // Row number of each, for error reports.
  repeated int64 rows = 4;
  // Set in the last message. Without it an IMPORT_MODE_ATOMIC import lands nothing: its sender was cut off.
  bool last = 5;
  // Fields that the rows carry; a stored row keeps the others. Read from the first message; absent: all.
  google.protobuf.FieldMask update_mask = 6;
  // Where rows carry different fields, instead of update_mask: the masks of this message's rows, each once, and for
  // each row the place of its own among them. What a row carries empty is cleared.
  repeated google.protobuf.FieldMask masks = 7;
  repeated int32 mask_of_row = 8;
}
)"},
    {MethodKind::kExport,
     R"(
  // Streams all that List would page through.
  rpc Export$Types$(Export$Types$Request) returns (stream List$Types$Response) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
)",
     R"(
message Export$Types$Request {
$parents$  string filter = 2;
  google.protobuf.Timestamp read_time = 3;
}
)"},
    {MethodKind::kListRevisions,
     R"(
  // One $Type$ as it was, the newest first: what stands now, then each version that it replaced. A version held from its
  // update_time until that of the one before it. For whoever may read the $Type$, as it is and as it was.
  rpc List$Type$Revisions(List$Type$RevisionsRequest) returns (List$Types$Response) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
)",
     R"(
message List$Type$RevisionsRequest {
  string name = 1;
  // Default 50, at most 1,000.
  int32 page_size = 2;
  string page_token = 3;
}
)"},
    {MethodKind::kListTransitions,
     R"(
  // Who took which step when, the newest first; for whoever may read the $Type$.
  rpc List$Type$Transitions(List$Type$TransitionsRequest) returns (edudelta.resource.v1.ListTransitionsResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
)",
     R"(
message List$Type$TransitionsRequest {
  string name = 1;
  // Default 50, at most 1,000.
  int32 page_size = 2;
  string page_token = 3;
}
)"},
};

const Shape& ShapeOf(MethodKind kind) {
  const Shape* shape = kShapes;
  while (shape->kind != kind) ++shape;
  return *shape;
}

std::string Fill(const char* text, const Resource& resource) {
  const std::string above = ParentPattern(resource.pattern).text;
  const std::string parent = above.empty() ? "" : absl::StrCat("  // \"", above, "\".\n  string parent = 1;\n");
  const std::string parents =
      above.empty() ? ""
                    : absl::StrCat("  // \"", above, "\"; \"-\" in place of an id means any.\n  string parent = 1;\n");
  return absl::StrReplaceAll(text, {{"$Type$", resource.type->name()},
                                    {"$Types$", resource.plural},
                                    {"$type$", SnakeCase(resource.type->name())},
                                    {"$types$", SnakeCase(resource.plural)},
                                    {"$parent$", parent},
                                    {"$parents$", parents}});
}

}  // namespace

std::string RpcOf(const Resource& resource, MethodKind kind) { return Fill(ShapeOf(kind).rpc, resource); }

std::string MessagesOf(const Resource& resource, MethodKind kind) { return Fill(ShapeOf(kind).messages, resource); }

}  // namespace edudelta::generate
