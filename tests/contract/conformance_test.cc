// Reading methods, and that every resource is tested.
#include "tests/contract/conformance.h"

#include <set>

#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace edudelta::contract {
namespace {

using options::v1::Field;

std::string TestName(const ::testing::TestParamInfo<const Descriptor*>& info) {
  return absl::StrCat(describe::ServiceOf(info.param->file()), "_", info.param->name());
}

auto Those(bool (*have)(const Descriptor* resource)) {
  std::vector<const Descriptor*> those;
  for (const Descriptor* resource : Resources()) {
    if (have(resource)) those.push_back(resource);
  }
  return ::testing::ValuesIn(those);
}

template <MethodKind kind>
bool Have(const Descriptor* resource) {
  return FindMethod(resource, kind) != nullptr;
}

bool HaveChildren(const Descriptor* resource) {
  for (const Descriptor* other : Resources()) {
    const auto pattern = describe::ParsePattern(describe::ResourceOf(other)->pattern());
    if (pattern.ok() && describe::OwnerOf(other) == describe::OwnerOf(resource) &&
        describe::ParentPattern(*pattern).text == describe::ResourceOf(resource)->pattern())
      return Have<MethodKind::kDelete>(resource);
  }
  return false;
}

bool HavePersonalFields(const Descriptor* resource) {
  for (int i = 0; i < resource->field_count(); ++i) {
    if (resource->field(i)->options().GetExtension(options::v1::field).level() >= Field::L3) return true;
  }
  return false;
}

bool HaveSteps(const Descriptor* resource) {
  for (const Shaped& shaped : MethodsOf(MethodKind::kTransition)) {
    if (shaped.method->output_type() == resource) return true;
  }
  return false;
}

INSTANTIATE_TEST_SUITE_P(All, Conformance, ::testing::ValuesIn(Resources()), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfCreate, Those(Have<MethodKind::kCreate>), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfUpdate, Those(Have<MethodKind::kUpdate>), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfDelete, Those(Have<MethodKind::kDelete>), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfBatchCreate, Those(Have<MethodKind::kBatchCreate>), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfImport, Those(Have<MethodKind::kImport>), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfSearch, Those(Have<MethodKind::kSearch>), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfParents, Those(HaveChildren), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfPersonal, Those(HavePersonalFields), TestName);
INSTANTIATE_TEST_SUITE_P(All, ConformanceOfSteps, Those(HaveSteps), TestName);

// A literal of the filter language, empty when the field is not set; and the order of values.
std::string LiteralOf(const Message& row, const resource::Column& column) {
  const auto* reflection = row.GetReflection();
  const FieldDescriptor* field = column.field;
  if (field->has_presence() && !reflection->HasField(row, field)) return "";
  switch (column.storage) {
    case resource::Storage::kInt:
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return reflection->GetEnum(row, field)->name();
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return reflection->GetBool(row, field) ? "true" : "false";
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) return absl::StrCat(reflection->GetInt32(row, field));
      return absl::StrCat(reflection->GetInt64(row, field));
    case resource::Storage::kDate: {
      const auto& date = static_cast<const google::type::Date&>(reflection->GetMessage(row, field));
      char text[32];
      snprintf(text, sizeof(text), "%04d-%02d-%02d", date.year(), date.month(), date.day());
      return text;
    }
    case resource::Storage::kTimestamp: {
      const auto& time = static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(row, field));
      return absl::StrCat(
          "\"",
          absl::FormatTime(absl::RFC3339_full, absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()),
                           absl::UTCTimeZone()),
          "\"");
    }
    default:
      return absl::StrCat("\"", reflection->GetString(row, field), "\"");
  }
}

TEST_P(Conformance, PagesToTheEnd) {
  ASSERT_TRUE(Has(MethodKind::kGet) && Has(MethodKind::kList));
  const std::string parent = subject_.Parent();
  std::set<std::string> made;
  for (int i = 0; i < 7; ++i) made.insert(NameOf(*Make()));
  const auto whole = subject_.List(parent);
  ASSERT_THAT(whole, IsOk());
  std::vector<std::string> names = Names(*whole);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size()) << "a row twice";
  for (const std::string& name : made) EXPECT_TRUE(std::find(names.begin(), names.end(), name) != names.end()) << name;
  const int page = std::max<int>(2, static_cast<int>(names.size()) / 5);
  const auto paged = subject_.List(parent, "", Almighty(), page);
  ASSERT_THAT(paged, IsOk());
  EXPECT_EQ(Names(*paged), names);
  for (size_t i = 0; i < names.size() && i < 5; ++i) EXPECT_EQ(Bytes(**subject_.Get(names[i])), Bytes(*(*whole)[i]));
  if (Has(MethodKind::kExport)) {
    const auto exported = subject_.Export(parent);
    ASSERT_THAT(exported, IsOk());
    EXPECT_EQ(Names(*exported), names);
  }
}

TEST_P(Conformance, TokensBelongToTheirQuery) {
  for (int i = 0; i < 3; ++i) Make();
  const MethodDescriptor* list = subject_.Method(MethodKind::kList);
  const std::string parent = subject_.Parent();
  MessagePtr request = subject_.ListRequest(list, parent);
  request->GetReflection()->SetInt32(request.get(), list->input_type()->FindFieldByName("page_size"), 1);
  const auto first = subject_.Run(list, *request);
  ASSERT_THAT(first, IsOk());
  const std::string token = TextOf(**first, "next_page_token");
  ASSERT_FALSE(token.empty());
  SetText(request.get(), "page_token", token);
  EXPECT_THAT(subject_.Run(list, *request), IsOk());
  EXPECT_THAT(subject_.Run(list, *request, Almighty("users/another")), HasReason("PAGE_TOKEN_INVALID"));
  SetText(request.get(), "page_token", token + "A");
  EXPECT_THAT(subject_.Run(list, *request), HasReason("PAGE_TOKEN_INVALID"));
  SetText(request.get(), "page_token", token);
  for (const resource::Column& column : table_.columns()) {
    if (!column.options->filterable() || column.personal()) continue;
    const auto row = Make();
    SetText(request.get(), "filter", absl::StrCat(column.name, " = ", LiteralOf(*row, column)));
    EXPECT_THAT(subject_.Run(list, *request), HasReason("PAGE_TOKEN_INVALID")) << column.name;
    break;
  }
  request->GetReflection()->SetInt32(request.get(), list->input_type()->FindFieldByName("page_size"), -1);
  EXPECT_THAT(subject_.Run(list, *request), StatusIs(absl::StatusCode::kInvalidArgument));
}

// Each filterable field, with the values that rows have, against a filter in this program.
TEST_P(Conformance, FiltersByEveryFilterableField) {
  const std::string parent = subject_.Parent();
  for (int i = 0; i < 4; ++i) Make();
  const auto rows = subject_.List(parent);
  ASSERT_THAT(rows, IsOk());
  for (const resource::Column& column : table_.columns()) {
    if (!column.options->filterable()) {
      EXPECT_THAT(subject_.List(parent, column.name + " = \"1\""), HasReason("FILTER_FIELD_NOT_FILTERABLE"))
          << column.name;
      continue;
    }
    std::set<std::string> literals;
    for (const MessagePtr& row : *rows) literals.insert(LiteralOf(*row, column));
    literals.erase("");
    if (column.personal()) {
      EXPECT_THAT(subject_.List(parent, absl::StrCat(column.name, " = ", *literals.begin())),
                  HasReason("FILTER_FIELD_NEEDS_SEARCH"))
          << column.name;
      continue;
    }
    if (literals.size() > 4) literals.erase(std::next(literals.begin(), 4), literals.end());
    for (const std::string& literal : literals) {
      auto expected = [&](auto keep) {
        std::vector<std::string> names;
        for (const MessagePtr& row : *rows) {
          const std::string own = LiteralOf(*row, column);
          if (!own.empty() && keep(own)) names.push_back(NameOf(*row));
        }
        return names;
      };
      auto expect = [&](const std::string& filter, const std::vector<std::string>& names) {
        const auto found = subject_.List(parent, filter);
        ASSERT_THAT(found, IsOk()) << filter;
        EXPECT_EQ(Names(*found), names) << filter;
      };
      expect(absl::StrCat(column.name, " = ", literal),
             expected([&](const std::string& own) { return own == literal; }));
      expect(absl::StrCat(column.name, " != ", literal),
             expected([&](const std::string& own) { return own != literal; }));
      expect(absl::StrCat(column.name, " IN (", literal, ", ", literal, ")"),
             expected([&](const std::string& own) { return own == literal; }));
      if (column.storage != resource::Storage::kInt) {
        expect(absl::StrCat(column.name, " < ", literal),
               expected([&](const std::string& own) { return own < literal; }));
        expect(absl::StrCat(column.name, " >= ", literal),
               expected([&](const std::string& own) { return own >= literal; }));
      }
    }
  }
  EXPECT_THAT(subject_.List(parent, "nonexistent = 1"), HasReason("FILTER_FIELD_UNKNOWN"));
  EXPECT_THAT(subject_.List(parent, "row_id = 1"), HasReason("FILTER_FIELD_UNKNOWN"));
  EXPECT_THAT(subject_.List(parent, "x'; DROP TABLE y"), HasReason("FILTER_SYNTAX"));
}

TEST_P(ConformanceOfSearch, SearchFindsPersonalFields) {
  const MethodDescriptor* search = subject_.Method(MethodKind::kSearch);
  const auto made = Make();
  for (const resource::Column& column : table_.columns()) {
    if (!column.options->filterable() || !column.personal()) continue;
    const auto found = subject_.Run(
        search,
        *subject_.ListRequest(search, subject_.Parent(), absl::StrCat(column.name, " = ", LiteralOf(*made, column))));
    ASSERT_THAT(found, IsOk()) << column.name;
    EXPECT_EQ(Names(Subject::RowsOf(**found)), (std::vector<std::string>{NameOf(*made)})) << column.name;
  }
}

TEST_P(ConformanceOfPersonal, FieldsAreMasked) {
  const auto made = Make();
  const MessagePtr masked = Masked(NameOf(*made));
  for (const resource::Column& column : table_.columns()) {
    if (!column.personal() || !resource::IsSet(*made, column.field)) continue;
    EXPECT_FALSE(resource::FieldEquals(*masked, *made, column.field)) << column.name;
    EXPECT_NE(TextOf(*masked, column.name).find('*'), std::string::npos) << column.name;
  }
}

TEST_P(ConformanceOfUpdate, ReadTimeSeesTheOldVersion) {
  const MessagePtr fresh = Fresh();
  ASSERT_THAT(Create(*fresh), IsOk());
  const auto made = subject_.Get(NameOf(*fresh));
  ASSERT_THAT(made, IsOk());
  subject_.Age();
  const MessagePtr other = subject_.Other(*fresh);
  bool changed = false;
  for (const resource::Column& column : table_.columns()) {
    if (Is(column, Field::OUTPUT_ONLY) || Is(column, Field::IMMUTABLE)) continue;
    if (!resource::FieldEquals(**made, *other, column.field)) changed = changed || Update(*other, {column.name}).ok();
  }
  ASSERT_TRUE(changed);
  subject_.Age();
  const MethodDescriptor* list = subject_.Method(MethodKind::kList);
  MessagePtr request = subject_.ListRequest(list, ParentOf(NameOf(*fresh)));
  request->GetReflection()->SetInt32(request.get(), list->input_type()->FindFieldByName("page_size"), 1000);
  auto* read_time = static_cast<google::protobuf::Timestamp*>(
      request->GetReflection()->MutableMessage(request.get(), request->GetDescriptor()->FindFieldByName("read_time")));
  auto find = [&](int seconds_ago) -> MessagePtr {
    read_time->set_seconds(absl::ToUnixSeconds(absl::Now()) - seconds_ago);
    auto page = subject_.Run(list, *request);
    EXPECT_THAT(page, IsOk());
    MessagePtr found;
    for (MessagePtr& row : Subject::RowsOf(**page)) {
      if (NameOf(*row) != NameOf(*fresh)) continue;
      EXPECT_EQ(found, nullptr) << "twice";
      found = std::move(row);
    }
    return found;
  };
  EXPECT_EQ(find(200), nullptr);
  const MessagePtr then = find(90);
  ASSERT_NE(then, nullptr);
  EXPECT_TRUE(resource::SameContent(*then, **made, table_));
  const MessagePtr later = find(30);
  ASSERT_NE(later, nullptr);
  EXPECT_FALSE(resource::SameContent(*later, **made, table_));
}

TEST_P(ConformanceOfUpdate, RevisionsAreWhatWas) {
  const MessagePtr fresh = Fresh();
  ASSERT_THAT(Create(*fresh), IsOk());
  const std::string name = NameOf(*fresh);
  std::vector<std::string> expected = {Bytes(**subject_.Get(name))};
  const MessagePtr other = subject_.Other(*fresh);
  for (const resource::Column& column : table_.columns()) {
    if (Is(column, Field::OUTPUT_ONLY) || Is(column, Field::IMMUTABLE)) continue;
    if (!Update(*other, {column.name}).ok()) continue;
    if (std::string now = Bytes(**subject_.Get(name)); now != expected.front()) expected.insert(expected.begin(), now);
  }
  ASSERT_GT(expected.size(), 1u);
  const MethodDescriptor* method = subject_.Method(MethodKind::kListRevisions);
  const MessagePtr request = subject_.NameRequest(method, name);
  request->GetReflection()->SetInt32(request.get(), method->input_type()->FindFieldByName("page_size"), 2);
  std::vector<std::string> found;
  std::string token;
  do {
    SetText(request.get(), "page_token", token);
    const auto page = subject_.Run(method, *request);
    ASSERT_THAT(page, IsOk());
    const auto rows = Subject::RowsOf(**page);
    EXPECT_LE(rows.size(), 2u);
    for (const MessagePtr& row : rows) found.push_back(Bytes(*row));
    token = TextOf(**page, "next_page_token");
  } while (!token.empty());
  EXPECT_EQ(found, expected);
  EXPECT_THAT(subject_.Run(method, *subject_.NameRequest(method, NameOf(*Fresh()))),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(Conformance, RefusesMalformedNames) {
  for (const char* name :
       {"", "x", "districts/310114/nonsense/1/2/3/4/5/6", "districts//schools/1", "../x", "districts/310114/"}) {
    EXPECT_FALSE(subject_.Get(name).ok()) << name;
    EXPECT_THAT(subject_.Get(name), ::testing::Not(StatusIs(absl::StatusCode::kInternal))) << name;
  }
}

}  // namespace
}  // namespace edudelta::contract
