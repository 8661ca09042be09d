#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/resource/table.h"
#include "common/testing/sample.h"
#include "tests/contract/apis.h"
#include "tests/contract/cluster.h"

namespace edudelta::contract {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

using MessagePtr = std::unique_ptr<Message>;

inline constexpr char kDistrict[] = "310114";
inline constexpr char kCity[] = "310100";
inline constexpr char kOtherDistrict[] = "320505";

call::v1::Caller CallerOf(const std::string& principal, const std::set<int>& roles, const std::string& prefix);
// Every role everywhere, with a purpose: sees and does all.
call::v1::Caller Almighty(const std::string& principal = "users/almighty");

// Field access by name.
std::string TextOf(const Message& message, const std::string& field);
void SetText(Message* message, const std::string& field, const std::string& text);
std::string NameOf(const Message& message);
std::string ParentOf(const std::string& name);
std::string IdOf(const std::string& name);

class World;

// One resource with its methods, as the tests use it. Rows are made through the API where it can, else in its table.
class Subject {
 public:
  Subject(World& world, const Descriptor* type);

  const Descriptor* type() const { return type_; }
  const resource::Table& table() const { return *table_; }
  // Null when the resource has no such method.
  const MethodDescriptor* Method(describe::MethodKind kind) const;
  std::vector<const MethodDescriptor*> Transitions() const;

  // A parent's name that exists, in the district; empty for a resource at the top. The same for the same district.
  std::string Parent(const std::string& district = kDistrict);
  // A valid new row below the parent that was never made before.
  MessagePtr Fresh(const std::string& parent);
  // The same row with the values of another number, but for fields that its id repeats.
  MessagePtr Other(const Message& row);
  // Fresh, and made.
  MessagePtr Make(const std::string& parent);

  // Requests by shape.
  MessagePtr CreateRequest(const Message& row, const std::string& request_id = "") const;
  MessagePtr UpdateRequest(const Message& row, const std::vector<std::string>& mask,
                           const std::string& request_id = "") const;
  MessagePtr NameRequest(const MethodDescriptor* method, const std::string& name, const std::string& etag = "") const;
  // Of a workflow step, with all that it takes.
  MessagePtr StepRequest(const google::protobuf::MethodDescriptor* method, const std::string& name,
                         const std::string& etag) const;
  MessagePtr ListRequest(const MethodDescriptor* method, const std::string& parent,
                         const std::string& filter = "") const;
  MessagePtr BatchRequest(const std::vector<const Message*>& rows) const;
  std::vector<MessagePtr> ImportRequests(const std::vector<const Message*>& rows) const;

  absl::StatusOr<MessagePtr> Run(const MethodDescriptor* method, const Message& request,
                                 const call::v1::Caller& caller = Almighty());
  absl::StatusOr<MessagePtr> Get(const std::string& name, const call::v1::Caller& caller = Almighty());
  // Whole lists, page by page.
  absl::StatusOr<std::vector<MessagePtr>> List(const std::string& parent, const std::string& filter = "",
                                               const call::v1::Caller& caller = Almighty(), int page_size = 1000);
  absl::StatusOr<std::vector<MessagePtr>> Export(const std::string& parent,
                                                 const call::v1::Caller& caller = Almighty());
  // "2 made 0 changed 0 same; <field> <REASON>"
  std::string Import(const std::vector<const Message*>& rows, const call::v1::Caller& caller = Almighty());

  // Every row of the table was written a minute earlier.
  void Age();
  // Rows of a request or response.
  static std::vector<MessagePtr> RowsOf(const Message& message);

  bool Declared(const google::protobuf::RepeatedField<int>& roles, int role) const;

 private:
  void Insert(const Message& row);

  World& world_;
  const Descriptor* type_;
  std::unique_ptr<resource::Table> table_;
  std::map<describe::MethodKind, const MethodDescriptor*> methods_;
  std::map<std::string, int> numbers_;
  int next_ = 0;
};

// All of them, and the cluster. Made at first use, and kept until the process ends.
class World {
 public:
  World();

  Cluster& cluster() { return cluster_; }
  const codes::CodeSets& codes() const { return codes_; }
  const testing::SampleMaker& maker() const { return maker_; }
  Subject& Of(const Descriptor* type) { return *subjects_.at(type->full_name()); }
  // A row of the dataset that `name` may refer to: as near to it as their patterns allow. One that it never gives
  // otherwise for the second reference of a row.
  std::string Reference(absl::string_view dataset, absl::string_view name, int others = 0);
  // The subjects whose rows stand directly below rows of this one, in the same service.
  std::vector<Subject*> ChildrenOf(const Subject& parent);
  // `nearest` decides between services; it may be null. Null when nobody keeps the pattern.
  Subject* ByPattern(const std::string& pattern, const Descriptor* nearest);

 private:
  codes::CodeSets codes_ = codes::CodeSets::Embedded();
  Cluster cluster_;
  testing::SampleMaker maker_;
  std::map<std::string, std::unique_ptr<Subject>> subjects_;
  std::map<std::string, std::string> references_;
  // Of references_: what is being made.
  std::set<std::string> making_;
};

}  // namespace edudelta::contract
