#include "tests/contract/subject.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/resource/check.h"
#include "common/resource/store.h"
#include "edudelta/resource/v1/import.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "tests/contract/fit.h"

namespace edudelta::contract {

using describe::MethodKind;

namespace {

MessagePtr New(const Descriptor* type) {
  return MessagePtr(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

const FieldDescriptor* ResourceIn(const Descriptor* message, const Descriptor* type) {
  for (int i = 0; i < message->field_count(); ++i) {
    if (message->field(i)->message_type() == type) return message->field(i);
  }
  throw std::runtime_error(absl::StrCat(message->full_name(), " has no ", type->name()));
}

void Check(const absl::Status& status, const std::string& what) {
  if (!status.ok())
    throw std::runtime_error(absl::StrCat(what, ": ", ReasonOf(status), " ", FieldOf(status), " ", status.ToString()));
}

}  // namespace

call::v1::Caller CallerOf(const std::string& principal, const std::set<int>& roles, const std::string& prefix) {
  call::v1::Caller caller;
  caller.set_principal(principal);
  caller.set_kind(call::v1::Caller::KIND_USER);
  for (int role : roles) {
    auto* binding = caller.add_bindings();
    binding->set_role(static_cast<options::v1::Role>(role));
    binding->set_prefix(prefix);
  }
  return caller;
}

call::v1::Caller Almighty(const std::string& principal) {
  std::set<int> roles;
  for (int role = options::v1::Role_MIN + 1; role <= options::v1::Role_MAX; ++role) roles.insert(role);
  call::v1::Caller caller = CallerOf(principal, roles, "*");
  // Some transitions ask for a place above the district, which "*" is not.
  for (int role : roles) {
    auto* binding = caller.add_bindings();
    binding->set_role(static_cast<options::v1::Role>(role));
    binding->set_prefix("districts/000000");
  }
  caller.set_purpose("01");
  return caller;
}

std::string TextOf(const Message& message, const std::string& field) {
  return message.GetReflection()->GetString(message, message.GetDescriptor()->FindFieldByName(field));
}

void SetText(Message* message, const std::string& field, const std::string& text) {
  if (const auto* descriptor = message->GetDescriptor()->FindFieldByName(field)) {
    message->GetReflection()->SetString(message, descriptor, text);
  }
}

std::string NameOf(const Message& message) { return TextOf(message, "name"); }

std::string ParentOf(const std::string& name) {
  const size_t id = name.rfind('/');
  const size_t collection = name.rfind('/', id - 1);
  return collection == std::string::npos ? "" : name.substr(0, collection);
}

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

Subject::Subject(World& world, const Descriptor* type) : world_(world), type_(type) {
  auto table = resource::Table::Build(type, world.codes());
  Check(table.status(), type->full_name());
  table_ = *std::move(table);
  for (int kind = 0; kind < static_cast<int>(MethodKind::kTransition); ++kind) {
    methods_[static_cast<MethodKind>(kind)] = FindMethod(type, static_cast<MethodKind>(kind));
  }
}

const MethodDescriptor* Subject::Method(MethodKind kind) const { return methods_.at(kind); }

std::vector<const MethodDescriptor*> Subject::Transitions() const {
  std::vector<const MethodDescriptor*> transitions;
  for (const Shaped& shaped : MethodsOf(MethodKind::kTransition)) {
    if (shaped.method->output_type() == type_) transitions.push_back(shaped.method);
  }
  return transitions;
}

std::string Subject::Parent(const std::string& district) {
  const describe::Pattern pattern = describe::ParentPattern(table_->pattern());
  if (pattern.text.empty()) return "";
  if (pattern.text == "districts/{district}") return "districts/" + district;
  const Subject* parent = world_.ByPattern(pattern.text, type_);
  if (parent == nullptr) throw std::runtime_error(absl::StrCat(type_->full_name(), ": nobody keeps ", pattern.text));
  return world_.Reference(parent->table().dataset(), absl::StrCat("districts/", district));
}

MessagePtr Subject::Fresh(const std::string& parent) {
  const int number = ++next_;
  const std::string collection = describe::CollectionOf(table_->pattern());
  const std::string name =
      absl::StrCat(parent, parent.empty() ? "" : "/", collection, "/", world_.maker().Id(type_, number));
  MessagePtr row = world_.maker().Make(type_, name, number);
  SampleFits().Fit(number, row.get());
  numbers_[NameOf(*row)] = number;
  return row;
}

MessagePtr Subject::Other(const Message& row) {
  // No other row's, which may be the only one to have its values.
  const int number = ++next_;
  MessagePtr other = world_.maker().Make(type_, NameOf(row), number);
  SampleFits().Fit(number, other.get());
  if (NameOf(*other) != NameOf(row)) {
    // The id says what stands in the row.
    for (const resource::Column& column : table_->columns()) {
      if (describe::Has(*column.options, options::v1::Field::IMMUTABLE))
        resource::CopyField(row, column.field, other.get());
    }
    SetText(other.get(), "name", NameOf(row));
  }
  return other;
}

MessagePtr Subject::Make(const std::string& parent) {
  const MessagePtr row = Fresh(parent);
  if (const MethodDescriptor* create = Method(MethodKind::kCreate)) {
    Check(Run(create, *CreateRequest(*row)).status(), create->full_name());
  } else {
    Insert(*row);
  }
  // A write's answer is masked.
  auto found = Get(NameOf(*row));
  Check(found.status(), "Get" + type_->name());
  return *std::move(found);
}

void Subject::Insert(const Message& row) {
  const resource::Store store(*table_, world_.cluster().cipher());
  Check(world_.cluster()
            .Pool(describe::ServiceOf(type_->file()))
            .Transact(absl::Now() + absl::Seconds(20),
                      [&](db::Tx& tx) -> absl::Status {
                        ASSIGN_OR_RETURN(db::Rows now, tx.Query("SELECT NOW(6)"));
                        now.Next();
                        return store.Insert(tx, now.Text(0), {&row});
                      }),
        table_->name());
}

MessagePtr Subject::CreateRequest(const Message& row, const std::string& request_id) const {
  MessagePtr request = New(Method(MethodKind::kCreate)->input_type());
  SetText(request.get(), "parent", ParentOf(NameOf(row)));
  for (int i = 0; i < request->GetDescriptor()->field_count(); ++i) {
    const std::string& field = request->GetDescriptor()->field(i)->name();
    if (absl::EndsWith(field, "_id") && field != "request_id") SetText(request.get(), field, IdOf(NameOf(row)));
  }
  SetText(request.get(), "request_id", request_id);
  request->GetReflection()->MutableMessage(request.get(), ResourceIn(request->GetDescriptor(), type_))->CopyFrom(row);
  return request;
}

MessagePtr Subject::UpdateRequest(const Message& row, const std::vector<std::string>& mask,
                                  const std::string& request_id) const {
  MessagePtr request = New(Method(MethodKind::kUpdate)->input_type());
  request->GetReflection()->MutableMessage(request.get(), ResourceIn(request->GetDescriptor(), type_))->CopyFrom(row);
  auto* paths = static_cast<google::protobuf::FieldMask*>(request->GetReflection()->MutableMessage(
      request.get(), request->GetDescriptor()->FindFieldByName("update_mask")));
  for (const std::string& path : mask) paths->add_paths(path);
  SetText(request.get(), "request_id", request_id);
  return request;
}

MessagePtr Subject::NameRequest(const MethodDescriptor* method, const std::string& name,
                                const std::string& etag) const {
  MessagePtr request = New(method->input_type());
  SetText(request.get(), "name", name);
  SetText(request.get(), "etag", etag);
  return request;
}

MessagePtr Subject::StepRequest(const MethodDescriptor* method, const std::string& name,
                                const std::string& etag) const {
  MessagePtr request = NameRequest(method, name, etag);
  world_.maker().FillStep(type_, 1, request.get());
  return request;
}

MessagePtr Subject::ListRequest(const MethodDescriptor* method, const std::string& parent,
                                const std::string& filter) const {
  MessagePtr request = New(method->input_type());
  SetText(request.get(), "parent", parent);
  SetText(request.get(), "filter", filter);
  return request;
}

MessagePtr Subject::BatchRequest(const std::vector<const Message*>& rows) const {
  MessagePtr request = New(Method(MethodKind::kBatchCreate)->input_type());
  const auto* requests = request->GetDescriptor()->FindFieldByName("requests");
  for (const Message* row : rows)
    request->GetReflection()->AddMessage(request.get(), requests)->CopyFrom(*CreateRequest(*row));
  if (!rows.empty()) SetText(request.get(), "parent", ParentOf(NameOf(*rows[0])));
  return request;
}

std::vector<MessagePtr> Subject::ImportRequests(const std::vector<const Message*>& rows) const {
  std::vector<MessagePtr> requests;
  requests.push_back(New(Method(MethodKind::kImport)->input_type()));
  Message* request = requests.back().get();
  const auto* field = ResourceIn(request->GetDescriptor(), type_);
  for (const Message* row : rows) request->GetReflection()->AddMessage(request, field)->CopyFrom(*row);
  if (const auto* last = request->GetDescriptor()->FindFieldByName("last"))
    request->GetReflection()->SetBool(request, last, true);
  return requests;
}

absl::StatusOr<MessagePtr> Subject::Run(const MethodDescriptor* method, const Message& request,
                                        const call::v1::Caller& caller) {
  MessagePtr response = New(method->output_type());
  RETURN_IF_ERROR(world_.cluster().Call(method, caller, request, response.get()));
  return response;
}

absl::StatusOr<MessagePtr> Subject::Get(const std::string& name, const call::v1::Caller& caller) {
  const MethodDescriptor* method = Method(MethodKind::kGet);
  return Run(method, *NameRequest(method, name), caller);
}

std::vector<MessagePtr> Subject::RowsOf(const Message& message) {
  std::vector<MessagePtr> rows;
  const auto* field = message.GetDescriptor()->field(0);
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    const Message& row = message.GetReflection()->GetRepeatedMessage(message, field, i);
    rows.emplace_back(row.New())->CopyFrom(row);
  }
  return rows;
}

absl::StatusOr<std::vector<MessagePtr>> Subject::List(const std::string& parent, const std::string& filter,
                                                      const call::v1::Caller& caller, int page_size) {
  const MethodDescriptor* method = Method(MethodKind::kList);
  MessagePtr request = ListRequest(method, parent, filter);
  request->GetReflection()->SetInt32(request.get(), method->input_type()->FindFieldByName("page_size"), page_size);
  std::vector<MessagePtr> all;
  do {
    ASSIGN_OR_RETURN(MessagePtr page, Run(method, *request, caller));
    std::vector<MessagePtr> rows = RowsOf(*page);
    if (rows.size() > static_cast<size_t>(page_size)) return absl::InternalError("page too long");
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
    SetText(request.get(), "page_token", TextOf(*page, "next_page_token"));
  } while (!TextOf(*request, "page_token").empty());
  return all;
}

absl::StatusOr<std::vector<MessagePtr>> Subject::Export(const std::string& parent, const call::v1::Caller& caller) {
  const MethodDescriptor* method = Method(MethodKind::kExport);
  ASSIGN_OR_RETURN(std::vector<MessagePtr> pages,
                   world_.cluster().Receive(method, caller, *ListRequest(method, parent)));
  std::vector<MessagePtr> all;
  for (const MessagePtr& page : pages) {
    std::vector<MessagePtr> rows = RowsOf(*page);
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  }
  return all;
}

std::string Subject::Import(const std::vector<const Message*>& rows, const call::v1::Caller& caller) {
  resource::v1::ImportResponse result;
  const absl::Status status = world_.cluster().Send(Method(MethodKind::kImport), caller, ImportRequests(rows), &result);
  if (!status.ok()) return absl::StrCat(ReasonOf(status), " ", status.ToString());
  std::string text = absl::StrCat(result.created_count(), " made ", result.updated_count(), " changed ",
                                  result.unchanged_count(), " same");
  for (const auto& error : result.errors()) absl::StrAppend(&text, "; ", error.column(), " ", error.reason());
  return text;
}

void Subject::Age() {
  auto run = [&](const std::string& sql) {
    Check(
        world_.cluster()
            .Pool(describe::ServiceOf(type_->file()))
            .Read(absl::Now() + absl::Seconds(20), [&](db::Session& session) { return session.Execute(sql).status(); }),
        sql);
  };
  const std::string back =
      "create_time = create_time - INTERVAL 60 SECOND, update_time = update_time - INTERVAL 60 SECOND";
  run(absl::StrCat("UPDATE `", table_->name(), "` SET ", back));
  if (table_->keeps_history()) {
    run(absl::StrCat("UPDATE `", table_->name(), "_history` SET ", back,
                     ", history_to = history_to - INTERVAL 60 SECOND"));
  }
}

bool Subject::Declared(const google::protobuf::RepeatedField<int>& roles, int role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

World::World()
    : maker_(codes_, calendar::Today(SystemClock()),
             [this](absl::string_view dataset, absl::string_view name, int others) {
               return Reference(dataset, name, others);
             }) {
  for (const Descriptor* type : Resources()) subjects_[type->full_name()] = std::make_unique<Subject>(*this, type);
}

Subject* World::ByPattern(const std::string& pattern, const Descriptor* nearest) {
  Subject* found = nullptr;
  for (const auto& [name, subject] : subjects_) {
    if (subject->table().pattern().text != pattern) continue;
    const bool near = nearest != nullptr && describe::OwnerOf(subject->type()) == describe::OwnerOf(nearest);
    if (found == nullptr || near) found = subject.get();
  }
  return found;
}

std::vector<Subject*> World::ChildrenOf(const Subject& parent) {
  std::vector<Subject*> children;
  for (const auto& [name, subject] : subjects_) {
    if (describe::OwnerOf(subject->type()) == describe::OwnerOf(parent.type()) &&
        describe::ParentPattern(subject->table().pattern()).text == parent.table().pattern().text) {
      children.push_back(subject.get());
    }
  }
  return children;
}

std::string World::Reference(absl::string_view dataset, absl::string_view name, int others) {
  const Descriptor* type = describe::FindDataset(dataset);
  if (type == nullptr || subjects_.find(type->full_name()) == subjects_.end()) return "";
  Subject& subject = Of(type);
  if (others > 0) {
    std::string& known = references_[absl::StrCat("other ", others, " ", dataset)];
    if (known.empty()) known = NameOf(*subject.Make(subject.Parent()));
    return known;
  }
  const describe::Pattern parent = describe::ParentPattern(subject.table().pattern());
  // The beginning of `name` that is a parent of such a row; else any parent in its district.
  const std::vector<std::string> parts = absl::StrSplit(name, '/');
  const size_t depth = parent.segments.size();
  std::string under;
  if (parts.size() >= depth) {
    under = absl::StrJoin(parts.begin(), parts.begin() + static_cast<long>(depth), "/");
    if (!describe::ParseName(parent, under)) under = "";
  }
  if (under.empty()) under = subject.Parent(parts.size() > 1 ? parts[1] : kDistrict);
  const std::string key = absl::StrCat(dataset, " ", under);
  std::string& known = references_[key];
  // The first row of a dataset that refers to itself has nothing to refer to.
  if (known.empty() && making_.insert(key).second) {
    known = NameOf(*subject.Make(under));
    making_.erase(key);
  }
  return known;
}

}  // namespace edudelta::contract
