#include "common/resource/keep_unknown.h"

#include "absl/strings/str_join.h"
#include "common/resource/check.h"
#include "common/resource/test_engine.h"
#include "edudelta/planning/v1/indicator_set.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/util/json_util.h"

namespace edudelta::resource {
namespace {

using planning::v1::IndicatorSet;
using testing::IsOk;

TEST(KeepUnknown, KeepsFieldsOfObjectsAndOfElementsThatStay) {
  struct {
    const char* stored;
    const char* before;
    const char* after;
    const char* kept;
  } cases[] = {
      {R"({"a":1,"new":2})", R"({"a":1})", R"({"a":1})", R"({"a":1,"new":2})"},
      {R"({"a":1,"new":2})", R"({"a":1})", R"({"a":3})", R"({"a":3,"new":2})"},
      {R"({"a":1,"b":2,"new":2})", R"({"a":1,"b":2})", R"({"b":2})", R"({"b":2,"new":2})"},
      {R"({"a":{"x":1,"new":2}})", R"({"a":{"x":1}})", R"({"a":{"x":3}})", R"({"a":{"x":3,"new":2}})"},
      // Default values are not printed.
      {R"({"a":0,"new":2})", R"({})", R"({"a":5})", R"({"a":5,"new":2})"},
      {R"([{"a":1,"new":1},{"a":2,"new":2}])", R"([{"a":1},{"a":2}])", R"([{"a":2},{"a":3},{"a":1}])",
       R"([{"a":2,"new":2},{"a":3},{"a":1,"new":1}])"},
      {R"([{"a":1,"new":1},{"a":1,"new":2}])", R"([{"a":1},{"a":1}])", R"([{"a":1},{"a":1},{"a":1}])",
       R"([{"a":1,"new":1},{"a":1,"new":2},{"a":1}])"},
      {R"(["A","NEWER"])", R"(["A"])", R"(["B"])", R"(["B"])"},
      {"not json", R"({"a":1})", R"({"a":2})", R"({"a":2})"},
  };
  for (const auto& one : cases) EXPECT_EQ(KeepUnknown(one.stored, one.before, one.after), one.kept) << one.stored;
}

// The next release's IndicatorSet: its standards have a further field.
class Newer {
 public:
  Newer() {
    Add(*IndicatorSet::descriptor()->file());
    set_ = pool_.FindMessageTypeByName(IndicatorSet::descriptor()->full_name());
  }

  // The column's text with `field` set in each standard.
  std::string Write(const std::string& stored, const std::string& value) {
    const auto row = Parse(stored);
    for (int i = 0; i < Count(*row); ++i) {
      Message* standard = row->GetReflection()->MutableRepeatedMessage(row.get(), Standards(), i);
      standard->GetReflection()->SetString(standard, Ground(), value);
    }
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    EXPECT_TRUE(MessageToJsonString(*row, &json, options).ok());
    const std::string head = "{\"standards\":";
    return json.substr(head.size(), json.size() - head.size() - 1);
  }

  // "limit ground, ..."
  std::string Read(const std::string& stored) {
    const auto row = Parse(stored);
    std::vector<std::string> found;
    for (int i = 0; i < Count(*row); ++i) {
      const Message& standard = row->GetReflection()->GetRepeatedMessage(*row, Standards(), i);
      found.push_back(absl::StrCat(TextOf(standard, "coefficient_limit"), " ", TextOf(standard, "ground")));
    }
    return absl::StrJoin(found, ", ");
  }

 private:
  void Add(const google::protobuf::FileDescriptor& file) {
    if (pool_.FindFileByName(file.name()) != nullptr) return;
    for (int i = 0; i < file.dependency_count(); ++i) Add(*file.dependency(i));
    google::protobuf::FileDescriptorProto proto;
    file.CopyTo(&proto);
    for (auto& type : *proto.mutable_message_type()) {
      if (file.package() != "edudelta.planning.v1" || type.name() != "StageStandard") continue;
      auto* field = type.add_field();
      field->set_name("ground");
      field->set_number(50);
      field->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
      field->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
    }
    ASSERT_NE(pool_.BuildFile(proto), nullptr) << file.name();
  }
  std::unique_ptr<Message> Parse(const std::string& stored) {
    std::unique_ptr<Message> row(factory_.GetPrototype(set_)->New());
    EXPECT_TRUE(
        google::protobuf::util::JsonStringToMessage(absl::StrCat("{\"standards\":", stored, "}"), row.get()).ok())
        << stored;
    return row;
  }
  const google::protobuf::FieldDescriptor* Standards() const { return set_->FindFieldByName("standards"); }
  const google::protobuf::FieldDescriptor* Ground() const {
    return Standards()->message_type()->FindFieldByName("ground");
  }
  int Count(const Message& row) const { return row.GetReflection()->FieldSize(row, Standards()); }

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_{&pool_};
  const google::protobuf::Descriptor* set_ = nullptr;
};

class NewerRowTest : public ::testing::Test {
 protected:
  NewerRowTest() {
    IndicatorSet set;
    set.set_name("districts/310114/indicatorSets/s");
    set.set_display_name("指标");
    *set.mutable_effective_date() = calendar::ToProto(absl::CivilDay(2026, 1, 1));
    for (const char* limit : {"0.50", "0.45"}) set.add_standards()->set_coefficient_limit(limit);
    service_.Insert({&set});
    WriteText(newer_.Write(Text(), "新"));
  }

  // By a program of this release, as updates, steps and imports write.
  void Change(const std::function<void(IndicatorSet&)>& change) {
    const Store& store = service_.engine("planning.IndicatorSet").store();
    ASSERT_THAT(service_.pool->Transact(Soon(),
                                        [&](db::Tx& tx) -> absl::Status {
                                          ASSIGN_OR_RETURN(const auto rows, store.Lock(tx, {{"310114", "s"}}));
                                          IndicatorSet next;
                                          next.CopyFrom(*rows.at(0).message);
                                          change(next);
                                          return store.Replace(tx, "2026-02-01 00:00:00.000000", rows[0], next);
                                        }),
                IsOk());
  }
  std::string Text() { return service_.Ask("SELECT standards FROM indicator_set"); }
  void WriteText(const std::string& text) { service_.Run("UPDATE indicator_set SET standards = ?", {text}); }

  TestService service_{{IndicatorSet::descriptor()}};
  Newer newer_;
};

TEST_F(NewerRowTest, KeepsWhatANewerProgramWroteWhenAnotherFieldChanges) {
  ASSERT_EQ(newer_.Read(Text()), "0.50 新, 0.45 新");
  const std::string text = Text();
  Change([](IndicatorSet& set) { set.set_display_name("改名"); });
  EXPECT_EQ(Text(), text);
  EXPECT_EQ(service_.Ask("SELECT display_name FROM indicator_set"), "改名");
  EXPECT_EQ(service_.Ask("SELECT standards FROM indicator_set_history"), text);
}

TEST_F(NewerRowTest, KeepsItInTheElementsThatStay) {
  Change([](IndicatorSet& set) {
    set.mutable_standards()->SwapElements(0, 1);
    set.add_standards()->set_coefficient_limit("0.40");
  });
  EXPECT_EQ(newer_.Read(Text()), "0.45 新, 0.50 新, 0.40 ");
  Change([](IndicatorSet& set) { set.mutable_standards()->DeleteSubrange(0, 1); });
  EXPECT_EQ(newer_.Read(Text()), "0.50 新, 0.40 ");
  Change([](IndicatorSet& set) { set.clear_standards(); });
  EXPECT_EQ(service_.Ask("SELECT standards IS NULL FROM indicator_set"), "1");
}

// And rows of the release before, which have no such field.
TEST_F(NewerRowTest, ReadsOldRows) {
  WriteText("[ {\"coefficient_limit\": \"0.50\"} ]");
  EXPECT_EQ(newer_.Read(Text()), "0.50 ");
  Change([](IndicatorSet& set) {
    EXPECT_EQ(set.standards_size(), 1);
    set.add_standards()->set_coefficient_limit("0.45");
  });
  EXPECT_EQ(newer_.Read(Text()), "0.50 , 0.45 ");
}

}  // namespace
}  // namespace edudelta::resource
