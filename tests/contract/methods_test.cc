// What every method and its messages obey; the numbers are AIPs.
#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/contract/apis.h"

namespace edudelta::contract {
namespace {

using describe::AnnotationOf;
using describe::MethodKind;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;

constexpr char kTimestamp[] = "google.protobuf.Timestamp";

std::string TypeOf(const FieldDescriptor* field) {
  const std::string repeated = field->is_repeated() ? "repeated " : "";
  if (field->message_type() != nullptr) return repeated + field->message_type()->full_name();
  return repeated + field->type_name();
}

// Whether the message is of the method's package.
bool IsOwn(const Descriptor* message, const MethodDescriptor* method) {
  return message->file()->package() == method->file()->package();
}

void ExpectField(const Descriptor* message, const std::string& name, const std::string& type, int number = 0) {
  const FieldDescriptor* field = message->FindFieldByName(name);
  ASSERT_NE(field, nullptr) << message->full_name() << " has no " << name;
  EXPECT_EQ(TypeOf(field), type) << field->full_name();
  EXPECT_TRUE(number == 0 || field->number() == number) << field->full_name() << " = " << field->number();
}

// The first field is the parent's name, unless the collection is at the top.
void ExpectParent(const Shaped& shaped) {
  if (describe::ParentPattern(shaped.shape.pattern).segments.empty()) {
    EXPECT_EQ(shaped.method->input_type()->FindFieldByName("parent"), nullptr) << shaped.method->full_name();
  } else {
    ExpectField(shaped.method->input_type(), "parent", "string", 1);
  }
}

void ExpectQuery(const Shaped& shaped) {
  const Descriptor* request = shaped.method->input_type();
  ExpectParent(shaped);
  ExpectField(request, "page_size", "int32");
  ExpectField(request, "page_token", "string");
  ExpectField(request, "filter", "string");
  ExpectField(request, "read_time", kTimestamp);
  const Descriptor* response = shaped.method->output_type();
  EXPECT_EQ(response, FindMethod(shaped.shape.resource, MethodKind::kList)->output_type());
  ASSERT_NE(response->FindFieldByNumber(1), nullptr);
  EXPECT_EQ(TypeOf(response->FindFieldByNumber(1)), "repeated " + shaped.shape.resource->full_name());
  ExpectField(response, "next_page_token", "string", 2);
}

void ExpectLevel(const MethodDescriptor* method, MethodOptions::IdempotencyLevel level) {
  EXPECT_EQ(method->options().idempotency_level(), level) << method->full_name();
}

TEST(Methods, AreStandardOrAnnotated_Aip136) {
  for (const MethodDescriptor* method : Methods()) {
    const auto shape = describe::Classify(method);
    EXPECT_TRUE(shape.ok()) << method->full_name() << " " << shape.status();
  }
}

TEST(Methods, HaveARequestOfTheirOwn) {
  std::set<const Descriptor*> requests;
  for (const MethodDescriptor* method : Methods()) {
    EXPECT_EQ(method->input_type()->name(), method->name() + "Request");
    EXPECT_TRUE(IsOwn(method->input_type(), method)) << method->full_name();
    EXPECT_TRUE(requests.insert(method->input_type()).second) << method->full_name();
  }
}

TEST(Methods, AnswerWithAResourceItsListNothingOrTheirOwnResponse) {
  for (const MethodDescriptor* method : Methods()) {
    const Descriptor* answer = method->output_type();
    const bool standard = describe::ResourceOf(answer) != nullptr || answer->full_name() == "google.protobuf.Empty" ||
                          answer->full_name() == "edudelta.resource.v1.ImportResponse" ||
                          (absl::StartsWith(answer->name(), "List") && absl::EndsWith(answer->name(), "Response"));
    const bool streams = method->server_streaming() && IsOwn(answer, method);
    EXPECT_TRUE(standard || streams || answer->name() == method->name() + "Response") << method->full_name();
  }
}

TEST(Get, TakesANameAndAReadTime_Aip131) {
  for (const auto& [method, shape] : MethodsOf(MethodKind::kGet)) {
    ExpectLevel(method, MethodOptions::NO_SIDE_EFFECTS);
    ExpectField(method->input_type(), "name", "string", 1);
    ExpectField(method->input_type(), "read_time", kTimestamp);
    EXPECT_EQ(method->output_type(), shape.resource);
  }
}

TEST(List, TakesAParentPagesAFilterAndAReadTime_Aip132_158_160) {
  for (const Shaped& shaped : MethodsOf(MethodKind::kList)) {
    SCOPED_TRACE(shaped.method->full_name());
    ExpectLevel(shaped.method, MethodOptions::NO_SIDE_EFFECTS);
    EXPECT_EQ(shaped.method->output_type()->name(), shaped.method->name() + "Response");
    ExpectQuery(shaped);
  }
}

TEST(Search, IsAListThatIsLogged) {
  for (const Shaped& shaped : MethodsOf(MethodKind::kSearch)) {
    SCOPED_TRACE(shaped.method->full_name());
    ExpectLevel(shaped.method, MethodOptions::IDEMPOTENCY_UNKNOWN);
    ExpectQuery(shaped);
  }
}

TEST(Create, TakesParentIdResourceAndRequestId_Aip133_155) {
  for (const Shaped& shaped : MethodsOf(MethodKind::kCreate)) {
    SCOPED_TRACE(shaped.method->full_name());
    const Descriptor* request = shaped.method->input_type();
    const std::string field = SnakeCase(shaped.shape.resource->name());
    ExpectLevel(shaped.method, MethodOptions::IDEMPOTENCY_UNKNOWN);
    ExpectParent(shaped);
    ExpectField(request, field + "_id", "string");
    ExpectField(request, field, shaped.shape.resource->full_name());
    ExpectField(request, "request_id", "string");
    EXPECT_EQ(shaped.method->output_type(), shaped.shape.resource);
  }
}

TEST(Update, TakesResourceMaskAndRequestId_Aip134) {
  for (const auto& [method, shape] : MethodsOf(MethodKind::kUpdate)) {
    SCOPED_TRACE(method->full_name());
    ExpectField(method->input_type(), SnakeCase(shape.resource->name()), shape.resource->full_name(), 1);
    ExpectField(method->input_type(), "update_mask", "google.protobuf.FieldMask", 2);
    ExpectField(method->input_type(), "request_id", "string", 3);
    EXPECT_EQ(method->output_type(), shape.resource);
  }
}

TEST(Delete, TakesNameEtagAndRequestIdAndReturnsNothing_Aip135_154) {
  for (const auto& [method, shape] : MethodsOf(MethodKind::kDelete)) {
    SCOPED_TRACE(method->full_name());
    ExpectLevel(method, MethodOptions::IDEMPOTENT);
    ExpectField(method->input_type(), "name", "string", 1);
    ExpectField(method->input_type(), "etag", "string", 2);
    ExpectField(method->input_type(), "request_id", "string", 3);
    EXPECT_EQ(method->output_type()->full_name(), "google.protobuf.Empty");
  }
}

TEST(BatchCreate, TakesTheRequestsOfCreate_Aip233) {
  for (const Shaped& shaped : MethodsOf(MethodKind::kBatchCreate)) {
    SCOPED_TRACE(shaped.method->full_name());
    const MethodDescriptor* create = FindMethod(shaped.shape.resource, MethodKind::kCreate);
    ASSERT_NE(create, nullptr);
    ExpectParent(shaped);
    ExpectField(shaped.method->input_type(), "requests", "repeated " + create->input_type()->full_name());
    ExpectField(shaped.method->input_type(), "request_id", "string");
    EXPECT_EQ(shaped.method->output_type()->name(), shaped.method->name() + "Response");
    EXPECT_EQ(TypeOf(shaped.method->output_type()->field(0)), "repeated " + shaped.shape.resource->full_name());
  }
}

TEST(Import, StreamsRowsWithTheirNumbers) {
  for (const Shaped& shaped : MethodsOf(MethodKind::kImport)) {
    SCOPED_TRACE(shaped.method->full_name());
    EXPECT_TRUE(shaped.method->client_streaming() && !shaped.method->server_streaming());
    ExpectParent(shaped);
    ExpectField(shaped.method->input_type(), "rows", "repeated int64");
    EXPECT_EQ(shaped.method->output_type()->full_name(), "edudelta.resource.v1.ImportResponse");
  }
}

TEST(Export, StreamsWhatListWouldPage) {
  for (const Shaped& shaped : MethodsOf(MethodKind::kExport)) {
    SCOPED_TRACE(shaped.method->full_name());
    ExpectLevel(shaped.method, MethodOptions::NO_SIDE_EFFECTS);
    EXPECT_TRUE(shaped.method->server_streaming() && !shaped.method->client_streaming());
    ExpectParent(shaped);
    ExpectField(shaped.method->input_type(), "filter", "string");
    ExpectField(shaped.method->input_type(), "read_time", kTimestamp);
    EXPECT_EQ(shaped.method->output_type(), FindMethod(shaped.shape.resource, MethodKind::kList)->output_type());
  }
}

TEST(Transition, TakesNameEtagRequestIdAndNoteFirst) {
  for (const auto& [method, shape] : MethodsOf(MethodKind::kTransition)) {
    SCOPED_TRACE(method->full_name());
    ExpectLevel(method, MethodOptions::IDEMPOTENCY_UNKNOWN);
    int number = 0;
    for (const char* name : {"name", "etag", "request_id", "note"}) {
      ExpectField(method->input_type(), name, "string", ++number);
    }
    EXPECT_EQ(method->output_type(), shape.resource);
  }
}

TEST(Transition, CopiesFieldsThatTheResourceHas) {
  for (const auto& [method, shape] : MethodsOf(MethodKind::kTransition)) {
    for (int i = 0; i < method->input_type()->field_count(); ++i) {
      const FieldDescriptor* given = method->input_type()->field(i);
      const FieldDescriptor* kept = shape.resource->FindFieldByName(given->name());
      if (given->number() <= 4 || kept == nullptr) continue;
      EXPECT_EQ(TypeOf(given), TypeOf(kept)) << given->full_name();
    }
  }
}

TEST(Transition, MovesAStateThatUpdateCannotWrite_Aip134) {
  for (const auto& [method, shape] : MethodsOf(MethodKind::kTransition)) {
    SCOPED_TRACE(method->full_name());
    const auto& transition = method->options().GetExtension(options::v1::transition);
    const FieldDescriptor* state = shape.resource->FindFieldByName(transition.field());
    ASSERT_TRUE(state != nullptr && state->enum_type() != nullptr) << transition.field();
    EXPECT_TRUE(describe::Has(AnnotationOf(state), options::v1::Field::OUTPUT_ONLY)) << state->full_name();
    const EnumDescriptor* states = state->enum_type();
    EXPECT_TRUE(transition.to().empty() || states->FindValueByName(transition.to()) != nullptr) << transition.to();
    for (const std::string& from : transition.from()) {
      EXPECT_NE(states->FindValueByName(from), nullptr) << from;
    }
    EXPECT_GT(transition.role_size(), 0);
    EXPECT_FALSE(transition.label().empty());
  }
}

TEST(Transition, IsListedForWhateverHasSteps) {
  std::set<const Descriptor*> with_steps;
  std::set<const Descriptor*> listed;
  for (const Shaped& shaped : MethodsOf(MethodKind::kTransition)) with_steps.insert(shaped.shape.resource);
  for (const auto& [method, shape] : MethodsOf(MethodKind::kListTransitions)) {
    SCOPED_TRACE(method->full_name());
    ExpectLevel(method, MethodOptions::NO_SIDE_EFFECTS);
    ExpectField(method->input_type(), "name", "string", 1);
    ExpectField(method->input_type(), "page_size", "int32", 2);
    ExpectField(method->input_type(), "page_token", "string", 3);
    EXPECT_EQ(method->input_type()->name(), method->name() + "Request");
    listed.insert(shape.resource);
  }
  EXPECT_EQ(listed, with_steps);
}

TEST(Custom, SaysItsNameItsLabelAndWhoMayCallIt) {
  for (const auto& [method, shape] : MethodsOf(MethodKind::kCustom)) {
    SCOPED_TRACE(method->full_name());
    const auto& annotation = method->options().GetExtension(options::v1::method);
    EXPECT_TRUE(annotation.role_size() > 0 || method->name() == "IssueToken" || method->name() == "ChangeUserPassword")
        << "only a sign-in has no caller, and who changes the own password no role";
    if (shape.internal) continue;
    EXPECT_FALSE(annotation.label().empty());
    EXPECT_TRUE(std::regex_match(annotation.verb(), std::regex("[a-z][a-zA-Z]*"))) << annotation.verb();
    if (!shape.pattern.variables.empty()) {
      const FieldDescriptor* first = method->input_type()->FindFieldByNumber(1);
      ASSERT_NE(first, nullptr);
      EXPECT_TRUE(first->name() == "name" || first->name() == "parent") << first->full_name();
    }
  }
}

TEST(Custom, DatasetsArePartOfTheCatalogue) {
  for (const auto& [method, shape] : MethodsOf(MethodKind::kCustom)) {
    const std::string& dataset = method->options().GetExtension(options::v1::method).dataset();
    EXPECT_TRUE(dataset.empty() || describe::FindDataset(dataset) != nullptr) << method->full_name();
  }
}

}  // namespace
}  // namespace edudelta::contract
