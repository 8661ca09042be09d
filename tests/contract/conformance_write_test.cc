// Writing methods.
#include "common/codes/mask.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "tests/contract/conformance.h"

namespace edudelta::contract {
namespace {

using options::v1::Field;

TEST_P(ConformanceOfCreate, CreateAnswersWhatGetReads) {
  const MessagePtr row = Fresh();
  // What callers may not set: all of it is sent, none of it is taken.
  const MessagePtr sent(row->New());
  sent->CopyFrom(*row);
  for (const resource::Column& column : table_.columns()) {
    if (!Is(column, Field::OUTPUT_ONLY)) continue;
    if (column.field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      const auto* type = column.field->enum_type();
      sent->GetReflection()->SetEnumValue(sent.get(), column.field, type->value(type->value_count() - 1)->number());
    } else {
      TheWorld().maker().Fill(column.field, 7, sent.get());
    }
  }
  SetText(sent.get(), "etag", "\"f-f\"");
  const auto made = Create(*sent);
  ASSERT_THAT(made, IsOk());
  const auto got = subject_.Get(NameOf(*row));
  ASSERT_THAT(got, IsOk());
  for (const resource::Column& column : table_.columns()) {
    if (Is(column, Field::OUTPUT_ONLY)) {
      EXPECT_FALSE(resource::IsSet(*sent, column.field) && resource::FieldEquals(**got, *sent, column.field))
          << column.name << " was taken from the request";
    } else {
      EXPECT_TRUE(resource::FieldEquals(**got, *row, column.field)) << column.name << "\n" << (*got)->DebugString();
    }
  }
  EXPECT_FALSE(TextOf(**made, "etag").empty());
  EXPECT_NE(TextOf(**made, "etag"), "\"f-f\"");
  EXPECT_TRUE((*made)->GetReflection()->HasField(**made, table_.create_time_field()));
  EXPECT_EQ(Bytes(*Masked(NameOf(*row))), Bytes(**made));
}

TEST_P(ConformanceOfCreate, CreateRefusesATakenId) {
  const MessagePtr row = Fresh();
  const auto made = Create(*row);
  ASSERT_THAT(made, IsOk());
  const auto again = Create(*row);
  if (table_.options().append_only()) {
    ASSERT_THAT(again, IsOk()) << "sent twice counts once";
    EXPECT_EQ(Bytes(**again), Bytes(**made));
    EXPECT_THAT(Create(*subject_.Other(*row)), StatusIs(absl::StatusCode::kAlreadyExists));
  } else {
    EXPECT_THAT(again, StatusIs(absl::StatusCode::kAlreadyExists));
  }
}

// Breaks one field of a valid row in every way its annotation forbids.
TEST_P(ConformanceOfCreate, CreateRefusesBadFields) {
  const MessagePtr row = Fresh();
  auto refused = [&](const resource::Column& column, const std::string& reason, auto change) {
    const MessagePtr bad(row->New());
    bad->CopyFrom(*row);
    change(bad.get());
    const absl::Status status = Create(*bad).status();
    EXPECT_THAT(status, StatusIs(reason == "REFERENCE_NOT_FOUND" ? absl::StatusCode::kFailedPrecondition
                                                                 : absl::StatusCode::kInvalidArgument))
        << column.name << " " << reason;
    EXPECT_TRUE(reason.empty() || ReasonOf(status) == reason) << column.name << " " << reason << ": " << status;
    EXPECT_TRUE(!absl::IsInvalidArgument(status) || FieldOf(status) == column.name)
        << column.name << " " << reason << ": " << status;
  };
  for (const resource::Column& column : table_.columns()) {
    if (Is(column, Field::OUTPUT_ONLY)) continue;
    const FieldDescriptor* field = column.field;
    const Field& options = *column.options;
    auto text = [&](const std::string& value) {
      return [field, value](Message* bad) { bad->GetReflection()->SetString(bad, field, value); };
    };
    if (Is(column, Field::REQUIRED)) {
      refused(column, "FIELD_REQUIRED", [&](Message* bad) { bad->GetReflection()->ClearField(bad, field); });
    }
    if (column.storage == resource::Storage::kText || column.storage == resource::Storage::kCipher) {
      const int longest = options.max_length() > 0 ? options.max_length() : 255;
      std::string longer;
      for (int i = 0; i <= longest; ++i) longer += "学";
      // A code that is too long is told with those that there are.
      const std::string too_long = options.code_set().empty() ? "FIELD_TOO_LONG" : "CODE_UNKNOWN";
      refused(column, too_long, text(longer));
      refused(column, too_long, text(std::string(1 << 20, 'x')));
      if (!options.code_set().empty()) refused(column, "CODE_UNKNOWN", text("~"));
      if (options.format() != Field::FORMAT_UNSPECIFIED) refused(column, "", text("~"));
      if (column.personal())
        refused(column, "VALUE_MASKED", text(codes::Mask(options.mask(), TextOf(*row, column.name))));
      if (options.reference_size() > 0) refused(column, "REFERENCE_NOT_FOUND", text(TextOf(*row, column.name) + "x"));
      if (options.code_set().empty() && options.format() == Field::FORMAT_UNSPECIFIED &&
          options.reference_size() == 0) {
        refused(column, "FIELD_CHARACTERS", text(std::string("\0", 1)));
      }
    }
    if (column.storage == resource::Storage::kDecimal) refused(column, "DECIMAL_INVALID", text("1,5"));
    if (column.storage == resource::Storage::kDate) {
      refused(column, "DATE_INVALID", [&](Message* bad) {
        auto* date = static_cast<google::type::Date*>(bad->GetReflection()->MutableMessage(bad, field));
        date->set_year(2026);
        date->set_month(2);
        date->set_day(30);
      });
    }
    if (column.storage == resource::Storage::kTimestamp) {
      refused(column, "TIME_INVALID", [&](Message* bad) {
        static_cast<google::protobuf::Timestamp*>(bad->GetReflection()->MutableMessage(bad, field))
            ->set_seconds(INT64_MAX);
      });
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !field->is_repeated()) {
      refused(column, "ENUM_UNKNOWN", [&](Message* bad) { bad->GetReflection()->SetEnumValue(bad, field, 99); });
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32 && !field->is_repeated()) {
      auto number = [&](double value) {
        return
            [field, value](Message* bad) { bad->GetReflection()->SetInt32(bad, field, static_cast<int32_t>(value)); };
      };
      if (options.has_max()) refused(column, "NUMBER_OUT_OF_RANGE", number(options.max() + 1));
      if (options.has_min() && options.min() != 1) refused(column, "NUMBER_OUT_OF_RANGE", number(options.min() - 1));
    }
  }
  EXPECT_THAT(subject_.Get(NameOf(*row)), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(ConformanceOfCreate, RequestIdsMakeWritesRepeatable) {
  const MessagePtr row = Fresh();
  const std::string id = NewUuid();
  const auto made = Create(*row, id);
  ASSERT_THAT(made, IsOk());
  const auto again = Create(*row, id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(Bytes(**again), Bytes(**made));
  EXPECT_THAT(Create(*subject_.Other(*row), id), HasReason("REQUEST_ID_REUSED"));
  EXPECT_THAT(Create(*row, "1234"), HasReason("REQUEST_ID_FORMAT"));
}

TEST_P(ConformanceOfUpdate, UpdateChangesWhatTheMaskNames) {
  const MessagePtr made = Fresh();
  ASSERT_THAT(Create(*made), IsOk());
  const MessagePtr other = subject_.Other(*made);
  int changeable = 0;
  int changed = 0;
  for (const resource::Column& column : table_.columns()) {
    auto before = subject_.Get(NameOf(*made));
    ASSERT_THAT(before, IsOk());
    if (resource::FieldEquals(**before, *other, column.field)) continue;
    SetText(other.get(), "etag", TextOf(**before, "etag"));
    if (Is(column, Field::OUTPUT_ONLY)) {
      const auto ignored = Update(*other, {column.name});
      ASSERT_THAT(ignored, IsOk()) << column.name;
      EXPECT_EQ(Bytes(**subject_.Get(NameOf(*made))), Bytes(**before)) << column.name << " is the service's";
      continue;
    }
    if (Is(column, Field::IMMUTABLE)) {
      EXPECT_THAT(Update(*other, {column.name}), HasReason("FIELD_IMMUTABLE")) << column.name;
      continue;
    }
    ++changeable;
    const std::string id = NewUuid();
    const auto after = Update(*other, {column.name}, id);
    // Rules between fields may refuse one alone.
    if (!after.ok() && (absl::IsInvalidArgument(after.status()) || absl::IsFailedPrecondition(after.status())))
      continue;
    ASSERT_THAT(after, IsOk()) << column.name;
    ++changed;
    const auto got = subject_.Get(NameOf(*made));
    ASSERT_THAT(got, IsOk());
    EXPECT_TRUE(resource::FieldEquals(**got, *other, column.field)) << column.name;
    for (const resource::Column& rest : table_.columns()) {
      EXPECT_TRUE(&rest == &column || resource::FieldEquals(**got, **before, rest.field))
          << column.name << " changed " << rest.name;
    }
    EXPECT_NE(TextOf(**got, "etag"), TextOf(**before, "etag")) << column.name;
    EXPECT_EQ(Bytes(*Masked(NameOf(*made))), Bytes(**after)) << column.name;
    const auto repeated = Update(*other, {column.name}, id);
    ASSERT_THAT(repeated, IsOk()) << column.name << ": the same request, though its etag is old";
    EXPECT_EQ(Bytes(**repeated), Bytes(**after)) << column.name;
    EXPECT_THAT(Update(*other, {column.name}), HasReason("ETAG_MISMATCH")) << column.name;
  }
  EXPECT_TRUE(changeable == 0 || changed > 0);
}

TEST_P(ConformanceOfUpdate, UpdateOfNothingWritesNothing) {
  const MessagePtr made = Make();
  for (const std::vector<std::string>& mask : {std::vector<std::string>{}, {"*"}}) {
    const auto same = Update(*made, mask);
    ASSERT_THAT(same, IsOk());
    EXPECT_EQ(Bytes(**same), Bytes(*Masked(NameOf(*made))));
    EXPECT_EQ(Bytes(**subject_.Get(NameOf(*made))), Bytes(*made));
  }
  EXPECT_THAT(Update(*made, {"nonexistent"}), HasReason("MASK_PATH_UNKNOWN"));
  EXPECT_THAT(Update(*Fresh(), {"*"}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(ConformanceOfDelete, DeleteNeedsTheEtagAndLeavesHistory) {
  const MessagePtr fresh = Fresh();
  const auto made = Create(*fresh);
  ASSERT_THAT(made, IsOk());
  const std::string name = NameOf(**made);
  EXPECT_THAT(Delete(name, "\"0-0\""), HasReason("ETAG_MISMATCH"));
  subject_.Age();
  EXPECT_THAT(Delete(name, TextOf(**made, "etag")), IsOk());
  EXPECT_THAT(subject_.Get(name), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Delete(name), StatusIs(absl::StatusCode::kNotFound));
  subject_.Age();
  const MethodDescriptor* get = subject_.Method(MethodKind::kGet);
  const MessagePtr past = subject_.NameRequest(get, name);
  auto* read_time = static_cast<google::protobuf::Timestamp*>(
      past->GetReflection()->MutableMessage(past.get(), past->GetDescriptor()->FindFieldByName("read_time")));
  read_time->set_seconds(absl::ToUnixSeconds(absl::Now()) - 90);
  EXPECT_THAT(subject_.Run(get, *past), IsOk()) << "it was there then";
  read_time->set_seconds(absl::ToUnixSeconds(absl::Now()) - 30);
  EXPECT_THAT(subject_.Run(get, *past), StatusIs(absl::StatusCode::kNotFound));
  read_time->set_seconds(absl::ToUnixSeconds(absl::Now()));
  EXPECT_THAT(subject_.Run(get, *past), HasReason("READ_TIME_TOO_RECENT"));
  const auto second = Create(*fresh);
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(TextOf(**second, "etag"), TextOf(**made, "etag"));
  EXPECT_THAT(Delete(name, TextOf(**made, "etag")), HasReason("ETAG_MISMATCH")) << "another row of the same name";
}

TEST_P(ConformanceOfParents, AreNotDeletedBeforeTheirChildren) {
  ASSERT_FALSE(TheWorld().ChildrenOf(subject_).empty());
  for (Subject* child : TheWorld().ChildrenOf(subject_)) {
    const MessagePtr made = Make();
    child->Make(NameOf(*made));
    EXPECT_THAT(Delete(NameOf(*made)), StatusIs(absl::StatusCode::kFailedPrecondition)) << child->type()->name();
    EXPECT_THAT(subject_.Get(NameOf(*made)), IsOk());
  }
}

TEST_P(ConformanceOfBatchCreate, BatchCreateIsAllOrNothing) {
  const MethodDescriptor* method = subject_.Method(MethodKind::kBatchCreate);
  const std::string parent = subject_.Parent();
  std::vector<MessagePtr> rows;
  std::vector<const Message*> views;
  for (int i = 0; i < 12; ++i) views.push_back(rows.emplace_back(subject_.Fresh(parent)).get());
  auto request = subject_.BatchRequest(views);
  SetText(request.get(), "request_id", NewUuid());
  const auto made = subject_.Run(method, *request);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(Names(Subject::RowsOf(**made)).size(), 12u);
  const auto again = subject_.Run(method, *request);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(Bytes(**again), Bytes(**made));
  // One new row and one that is there, with other content.
  const MessagePtr fresh = subject_.Fresh(parent);
  const MessagePtr taken = subject_.Other(*rows[0]);
  EXPECT_THAT(subject_.Run(method, *subject_.BatchRequest({fresh.get(), taken.get()})),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(subject_.Get(NameOf(*fresh)), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(ConformanceOfImport, ExportAndImportAreInverse) {
  const std::string parent = subject_.Parent();
  std::vector<MessagePtr> rows;
  std::vector<const Message*> views;
  for (int i = 0; i < 12; ++i) views.push_back(rows.emplace_back(subject_.Fresh(parent)).get());
  EXPECT_EQ(subject_.Import(views), "12 made 0 changed 0 same");
  for (const MessagePtr& row : rows) {
    const auto got = subject_.Get(NameOf(*row));
    ASSERT_THAT(got, IsOk());
    EXPECT_TRUE(resource::SameInput(**got, *row, table_)) << (*got)->DebugString() << row->DebugString();
  }
  EXPECT_EQ(subject_.Import(views), "0 made 0 changed 12 same");
  if (Has(MethodKind::kExport)) {
    const auto exported = subject_.Export(parent);
    ASSERT_THAT(exported, IsOk());
    std::vector<const Message*> all;
    for (const MessagePtr& row : *exported) all.push_back(row.get());
    EXPECT_GE(all.size(), 12u);
    EXPECT_EQ(subject_.Import(all), absl::StrCat("0 made 0 changed ", all.size(), " same"));
    if (table_.has_personal()) {
      auto blind = Almighty();
      blind.clear_purpose();
      const auto masked = subject_.Export(parent, blind);
      ASSERT_THAT(masked, IsOk());
      // What is shown masked says, when it comes back, that it stays.
      std::vector<const Message*> shown;
      for (const MessagePtr& row : *masked) shown.push_back(row.get());
      EXPECT_EQ(subject_.Import(shown, blind), absl::StrCat("0 made 0 changed ", shown.size(), " same"));
      // Whoever sees no more is not told what is the same.
      EXPECT_EQ(subject_.Import(views, blind), "0 made 12 changed 0 same");
      const MessagePtr other(shown[0]->New());
      other->CopyFrom(*shown[1]);
      SetText(other.get(), "name", NameOf(*shown[0]));
      SetText(other.get(), "etag", "");
      const std::string answer = subject_.Import({other.get()}, blind);
      EXPECT_NE(answer.find("VALUE_MASKED"), std::string::npos) << answer;
    }
  }
  const MessagePtr twice = subject_.Fresh(parent);
  EXPECT_EQ(subject_.Import({twice.get(), twice.get()}), "1 made 0 changed 0 same; name ROW_REPEATED");
}

}  // namespace
}  // namespace edudelta::contract
