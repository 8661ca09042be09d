// Who may do what: the declared matrix, tenancy, and what an agreement lets through.
#include <algorithm>
#include <functional>

#include "google/protobuf/timestamp.pb.h"
#include "tests/contract/conformance.h"

namespace edudelta::contract {
namespace {

using options::v1::Role;

// One method called so that it changes nothing whoever calls: an allowed caller is refused for another reason.
struct Probe {
  std::string what;
  // It would make another row.
  bool makes = false;
  std::function<absl::Status(const call::v1::Caller&)> call;
};

struct Place {
  std::string prefix;
  bool holds = false;
  bool above = false;
  // Holds for that row alone.
  bool own = false;
};

// A row's district or organisation and what is above it, beside it and below it. A row that belongs to no district is
// also below the resources that its `within` fields name.
std::vector<Place> PlacesOf(const Message& row, const resource::Table& table) {
  const std::string name = NameOf(row);
  if (table.has_district()) {
    const std::string district = name.substr(0, sizeof("districts/310114") - 1);
    return {{district, true, false},
            {district.substr(0, district.size() - 2) + "00", true, true},
            {"districts/000000", true, true},
            {"*", true, false},
            {"districts/320505", false, false},
            {"districts/310115", false, false},
            {district + "/schools/2131999999", false, false},
            {"organizations/x", false, false}};
  }
  std::vector<Place> places = {{"*", true, false},
                               {name, true, false, true},
                               {name + "x", false, false},
                               {"organizations/x", false, false},
                               {"districts/000000", false, false},
                               {"districts/310114", false, false}};
  if (!ParentOf(name).empty()) places.push_back({ParentOf(name), true, false});
  for (const std::string& within : table.options().within()) places.push_back({TextOf(row, within), true, false});
  return places;
}

std::vector<Probe> WriteProbes(Subject& subject, const Message& row) {
  std::vector<Probe> probes;
  const MessagePtr stale = MessagePtr(row.New());
  stale->CopyFrom(row);
  SetText(stale.get(), "etag", "\"0-0\"");
  auto add = [&](MethodKind kind, const MessagePtr& request) {
    const MethodDescriptor* method = subject.Method(kind);
    std::shared_ptr<Message> shared(request->New());
    shared->CopyFrom(*request);
    const bool makes = kind == MethodKind::kCreate || kind == MethodKind::kBatchCreate;
    probes.push_back({method->name(), makes, [&subject, method, shared](const call::v1::Caller& caller) {
                        return subject.Run(method, *shared, caller).status();
                      }});
  };
  // It says to whom the row would belong, and could not be made.
  const MessagePtr empty(row.New());
  for (const std::string& within : subject.table().options().within()) {
    if (!subject.table().has_district()) SetText(empty.get(), within, TextOf(row, within));
  }
  SetText(empty.get(), "name", ParentOf(NameOf(row)) + (ParentOf(NameOf(row)).empty() ? "" : "/") + "x/bad id");
  if (subject.Method(MethodKind::kCreate)) add(MethodKind::kCreate, subject.CreateRequest(*empty));
  if (subject.Method(MethodKind::kBatchCreate)) add(MethodKind::kBatchCreate, subject.BatchRequest({empty.get()}));
  if (subject.Method(MethodKind::kUpdate)) add(MethodKind::kUpdate, subject.UpdateRequest(*stale, {"*"}));
  if (subject.Method(MethodKind::kDelete)) {
    add(MethodKind::kDelete, subject.NameRequest(subject.Method(MethodKind::kDelete), NameOf(row), "\"0-0\""));
  }
  if (subject.Method(MethodKind::kImport)) {
    std::shared_ptr<Message> shared(row.New());
    shared->CopyFrom(*empty);
    SetText(shared.get(), "name",
            ParentOf(NameOf(row)) + "/" + describe::CollectionOf(subject.table().pattern()) + "/bad id");
    probes.push_back({"Import", true, [&subject, shared](const call::v1::Caller& caller) {
                        const std::string answer = subject.Import({shared.get()}, caller);
                        const bool denied = answer.find("ROLE_MISSING") != std::string::npos ||
                                            answer.find("METHOD_NOT_SHARED") != std::string::npos;
                        return denied ? absl::PermissionDeniedError(answer) : absl::InvalidArgumentError(answer);
                      }});
  }
  return probes;
}

void Expect(bool allowed, const absl::Status& status, const std::string& what) {
  if (allowed) {
    EXPECT_FALSE(absl::IsPermissionDenied(status)) << what << " should be allowed: " << status;
  } else {
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << what << " should be denied: " << status;
  }
  EXPECT_FALSE(absl::IsInternal(status) || absl::IsUnavailable(status) || absl::IsUnimplemented(status))
      << what << ": " << status;
}

// Reads the dataset of the row's district under an agreement, which grants no field yet.
call::v1::Caller PartnerOf(const resource::Table& table, const std::string& name) {
  call::v1::Caller partner;
  partner.set_principal("organizations/p/clients/c");
  partner.set_kind(call::v1::Caller::KIND_CLIENT);
  auto* scope = partner.mutable_scope();
  scope->set_agreement("agreements/a");
  scope->set_agreement_hash("h");
  scope->set_dataset(table.dataset());
  scope->add_districts(name.substr(sizeof("districts/") - 1, 6));
  return partner;
}

TEST_P(Conformance, FollowsThePermissionMatrix) {
  const auto made = Make();
  const std::string name = NameOf(*made);
  const auto& options = table_.options();
  const std::vector<Probe> writes = WriteProbes(subject_, *made);
  const MethodDescriptor* list = subject_.Method(MethodKind::kList);
  for (int role = options::v1::Role_MIN + 1; role <= options::v1::Role_MAX; ++role) {
    const bool writer = subject_.Declared(options.write(), role);
    const bool reader = writer || subject_.Declared(options.read(), role);
    for (const Place& place : PlacesOf(*made, table_)) {
      const auto caller = CallerOf("users/matrix", {role}, place.prefix);
      const std::string who = absl::StrCat(options::v1::Role_Name(role), " at ", place.prefix, ": ");
      Expect(reader && place.holds, subject_.Get(name, caller).status(), who + "Get");
      for (const MethodKind kind : {MethodKind::kListTransitions, MethodKind::kListRevisions}) {
        if (!Has(kind)) continue;
        const auto past =
            subject_.Run(subject_.Method(kind), *subject_.NameRequest(subject_.Method(kind), name), caller);
        Expect(reader && place.holds, past.status(), absl::StrCat(who, describe::ToString(kind)));
      }
      const auto listed = subject_.Run(list, *subject_.ListRequest(list, subject_.Parent()), caller);
      if (!reader) Expect(false, listed.status(), who + "List");
      if (reader && place.holds) {
        EXPECT_THAT(listed, IsOk()) << who << "List";
      } else if (listed.ok() && !subject_.Parent().empty()) {
        EXPECT_TRUE(Subject::RowsOf(**listed).empty()) << who << "List shows rows of others";
      }
      if (Has(MethodKind::kExport) && !(reader && place.holds) && !subject_.Parent().empty()) {
        const auto exported = subject_.Export(subject_.Parent(), caller);
        EXPECT_TRUE(!exported.ok() || exported->empty()) << who << "Export";
      }
      // Before a row is looked at: an answer with a refusal per row would tell their faults, too.
      if (!writer && Has(MethodKind::kImport)) {
        EXPECT_THAT(subject_.Import({made.get()}, caller), ::testing::StartsWith("ROLE_MISSING ")) << who << "Import";
      }
      for (const Probe& probe : writes) {
        Expect(writer && place.holds && !(probe.makes && place.own), probe.call(caller), who + probe.what);
      }
    }
  }
  // Nobody's methods are open to a caller without roles.
  const auto nobody = CallerOf("users/nobody", {}, "*");
  Expect(false, subject_.Get(name, nobody).status(), "Get by nobody");
  for (const Probe& probe : writes) Expect(false, probe.call(nobody), "by nobody: " + probe.what);
}

TEST_P(ConformanceOfSteps, FollowTheirRoles) {
  const auto made = Make();
  for (const MethodDescriptor* method : subject_.Transitions()) {
    const auto& transition = method->options().GetExtension(options::v1::transition);
    const MessagePtr request = subject_.StepRequest(method, NameOf(*made), "\"0-0\"");
    for (int role = options::v1::Role_MIN + 1; role <= options::v1::Role_MAX; ++role) {
      for (const Place& place : PlacesOf(*made, table_)) {
        const bool allowed =
            subject_.Declared(transition.role(), role) && (transition.upper_level() ? place.above : place.holds);
        const auto caller = CallerOf("users/matrix", {role}, place.prefix);
        Expect(allowed, subject_.Run(method, *request, caller).status(),
               absl::StrCat(method->name(), " by ", options::v1::Role_Name(role), " at ", place.prefix));
      }
    }
    EXPECT_THAT(subject_.Run(method, *request), HasReason("ETAG_MISMATCH")) << method->name();
  }
}

TEST_P(Conformance, PartnersSeeWhatTheirAgreementGrants) {
  const auto made = Make();
  const std::string name = NameOf(*made);
  call::v1::Caller partner = PartnerOf(table_, name);
  auto* scope = partner.mutable_scope();
  // Every second field.
  const resource::Column* hidden = nullptr;
  const resource::Column* shown = nullptr;
  for (size_t i = 0; i < table_.columns().size(); ++i) {
    const resource::Column& column = table_.columns()[i];
    if (i % 2 == 0) scope->add_fields(column.name);
    if (!column.options->filterable() || column.personal()) continue;
    (i % 2 == 0 ? shown : hidden) = &column;
  }
  const auto got = subject_.Get(name, partner);
  ASSERT_THAT(got, IsOk());
  std::vector<const FieldDescriptor*> set;
  (*got)->GetReflection()->ListFields(**got, &set);
  for (const FieldDescriptor* field : set) {
    const bool granted =
        std::find(scope->fields().begin(), scope->fields().end(), field->name()) != scope->fields().end();
    EXPECT_TRUE(granted || field->name() == "name") << field->name() << " was not granted";
    EXPECT_TRUE(resource::FieldEquals(**got, *made, field)) << field->name();
  }
  const auto listed = subject_.List(subject_.Parent(), "", partner);
  ASSERT_THAT(listed, IsOk());
  EXPECT_FALSE(listed->empty());
  for (const MessagePtr& row : *listed) {
    EXPECT_TRUE(TextOf(*row, "etag").empty());
    EXPECT_FALSE(hidden != nullptr && resource::IsSet(*row, hidden->field)) << hidden->name;
  }
  if (hidden != nullptr) {
    EXPECT_THAT(subject_.List(subject_.Parent(), hidden->name + " = \"x\"", partner), HasReason("FILTER_FIELD_UNKNOWN"))
        << hidden->name;
  }
  for (const Probe& probe : WriteProbes(subject_, *made))
    Expect(false, probe.call(partner), "by a partner: " + probe.what);
  for (const MethodDescriptor* method : subject_.Transitions()) {
    Expect(false, subject_.Run(method, *subject_.NameRequest(method, name), partner).status(),
           "by a partner: " + method->name());
  }
  if (table_.has_district()) {
    auto elsewhere = partner;
    elsewhere.mutable_scope()->set_districts(0, kOtherDistrict);
    EXPECT_THAT(subject_.Get(name, elsewhere), HasReason("OUTSIDE_AGREEMENT_ROWS"));
    EXPECT_FALSE(subject_.Get(name + "x", elsewhere).ok());
    elsewhere.mutable_scope()->clear_districts();
    EXPECT_THAT(subject_.Get(name, elsewhere), StatusIs(absl::StatusCode::kPermissionDenied));
  }
  auto another = partner;
  another.mutable_scope()->set_dataset("planning.Nothing");
  EXPECT_THAT(subject_.Get(name, another), HasReason("METHOD_NOT_SHARED"));
  EXPECT_THAT(subject_.List(subject_.Parent(), "", another), HasReason("METHOD_NOT_SHARED"));
  // A row filter that no row of the sample meets.
  for (const resource::Column& column : table_.columns()) {
    if (!column.options->filterable() || column.storage != resource::Storage::kText || column.personal()) continue;
    auto filtered = partner;
    filtered.mutable_scope()->set_row_filter(column.name + " = \"~none~\"");
    EXPECT_THAT(subject_.Get(name, filtered), HasReason("OUTSIDE_AGREEMENT_ROWS")) << column.name;
    EXPECT_TRUE(subject_.List(subject_.Parent(), "", filtered)->empty()) << column.name;
    break;
  }
}

TEST_P(ConformanceOfUpdate, RevisionsAreNotShared) {
  const auto made = Make();
  call::v1::Caller partner = PartnerOf(table_, NameOf(*made));
  for (const resource::Column& column : table_.columns()) partner.mutable_scope()->add_fields(column.name);
  const MethodDescriptor* revisions = subject_.Method(MethodKind::kListRevisions);
  EXPECT_THAT(subject_.Run(revisions, *subject_.NameRequest(revisions, NameOf(*made)), partner),
              HasReason("METHOD_NOT_SHARED"));
}

// What was is not what is shared: a row may have left the agreement, or have been corrected before it began.
TEST_P(Conformance, PartnersSeeNothingOfThePast) {
  const auto made = Make();
  call::v1::Caller partner = PartnerOf(table_, NameOf(*made));
  for (const resource::Column& column : table_.columns()) partner.mutable_scope()->add_fields(column.name);
  subject_.Age();
  std::vector<const MethodDescriptor*> methods;
  for (const MethodKind kind : {MethodKind::kGet, MethodKind::kList, MethodKind::kSearch, MethodKind::kExport}) {
    if (Has(kind)) methods.push_back(subject_.Method(kind));
  }
  for (const Shaped& shaped : MethodsOf(MethodKind::kCustom)) {
    const std::string& shared = shaped.method->options().GetExtension(options::v1::method).dataset();
    if (shared == table_.dataset()) methods.push_back(shaped.method);
  }
  const auto ask = [&](const MethodDescriptor* method, const Message& request) {
    return method->server_streaming() ? TheWorld().cluster().Receive(method, partner, request).status()
                                      : subject_.Run(method, request, partner).status();
  };
  for (const MethodDescriptor* method : methods) {
    const FieldDescriptor* time = method->input_type()->FindFieldByName("read_time");
    if (time == nullptr) continue;
    const bool by_name = method->input_type()->FindFieldByName("name") != nullptr;
    const MessagePtr request =
        by_name ? subject_.NameRequest(method, NameOf(*made)) : subject_.ListRequest(method, subject_.Parent());
    EXPECT_THAT(ask(method, *request), IsOk()) << method->name();
    auto* past = request->GetReflection()->MutableMessage(request.get(), time);
    static_cast<google::protobuf::Timestamp*>(past)->set_seconds(absl::ToUnixSeconds(absl::Now()) - 30);
    EXPECT_THAT(ask(method, *request), HasReason("READ_TIME_NOT_SHARED")) << method->name();
  }
}

// Custom methods of the resource's service that are about this resource: only their roles, only at the name or above.
TEST_P(Conformance, CustomMethodsFollowTheirRoles) {
  for (const Shaped& shaped : MethodsOf(MethodKind::kCustom)) {
    const auto& custom = shaped.method->options().GetExtension(options::v1::method);
    if (custom.pattern() != table_.pattern().text ||
        TheWorld().ByPattern(custom.pattern(), shaped.shape.resource) != &subject_)
      continue;
    const std::string name = NameOf(*Make());
    const std::vector<Place> places = {{name, true, false},
                                       {"*", true, false},
                                       {"districts/000000", table_.has_district(), true},
                                       {"districts/990000", false, false}};
    for (int role = options::v1::Role_MIN + 1; role <= options::v1::Role_MAX; ++role) {
      for (const Place& place : places) {
        const auto caller = CallerOf("users/matrix", {role}, place.prefix);
        Expect(subject_.Declared(custom.role(), role) && place.holds,
               subject_.Run(shaped.method, *subject_.NameRequest(shaped.method, name), caller).status(),
               absl::StrCat(shaped.method->name(), " by ", options::v1::Role_Name(role), " at ", place.prefix));
      }
    }
  }
}

}  // namespace
}  // namespace edudelta::contract
