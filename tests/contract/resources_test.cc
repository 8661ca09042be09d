// What every declared resource, field and enum obeys; the numbers are AIPs.
#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/describe/declared.h"
#include "gtest/gtest.h"
#include "tests/contract/apis.h"

namespace edudelta::contract {
namespace {

using describe::AnnotationOf;
using describe::MethodKind;
using describe::ResourceOf;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::ServiceDescriptor;
using options::v1::Field;

std::vector<const FieldDescriptor*> Fields() {
  std::vector<const FieldDescriptor*> fields;
  for (const Descriptor* resource : Resources()) {
    for (int i = 0; i < resource->field_count(); ++i) fields.push_back(resource->field(i));
  }
  return fields;
}

bool IsMessage(const FieldDescriptor* field, const std::string& type) {
  return field != nullptr && field->message_type() != nullptr && field->message_type()->full_name() == type;
}

bool IsString(const FieldDescriptor* field) {
  return field != nullptr && field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated();
}

bool IsSensitive(const FieldDescriptor* field) { return AnnotationOf(field).level() >= Field::L3; }

TEST(Files, StandInTheFolderOfTheirVersionedPackage_Aip191_185) {
  for (const FileDescriptor* file : Files()) {
    EXPECT_TRUE(std::regex_match(file->package(), std::regex("edudelta\\.[a-z]+\\.v[1-9][0-9]*"))) << file->package();
    const std::string folder = absl::StrReplaceAll(file->package(), {{".", "/"}});
    EXPECT_EQ(file->name().substr(0, file->name().rfind('/')), folder);
    EXPECT_EQ(file->syntax(), FileDescriptor::SYNTAX_PROTO3) << file->name();
  }
}

TEST(Files, ImportNoOtherServicesMessages_Aip215) {
  for (const FileDescriptor* file : Files()) {
    for (int i = 0; i < file->dependency_count(); ++i) {
      const std::string name = file->dependency(i)->name();
      EXPECT_TRUE(absl::StartsWith(name, "google/") || absl::StartsWith(name, "edudelta/options/") ||
                  absl::StartsWith(name, "edudelta/resource/") || absl::StartsWith(name, "edudelta/call/") ||
                  file->dependency(i)->package() == file->package())
          << file->name() << " imports " << name << ": only names cross the border between services";
    }
  }
}

TEST(Services, HaveALabelAndAreNamedAfterTheirPackage) {
  for (const ServiceDescriptor* service : Services()) {
    EXPECT_FALSE(service->options().GetExtension(options::v1::service_label).empty()) << service->full_name();
    std::string name = describe::ServiceOf(service->file());
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    EXPECT_EQ(service->name(), name + "Service");
  }
}

TEST(Resources, BeginWithTheirName_Aip122) {
  for (const Descriptor* resource : Resources()) {
    const FieldDescriptor* name = resource->FindFieldByNumber(1);
    EXPECT_TRUE(IsString(name) && name->name() == "name") << resource->full_name();
  }
}

TEST(Resources, EndWithRecordTimesAndEtag_Aip148_154) {
  for (const Descriptor* resource : Resources()) {
    SCOPED_TRACE(resource->full_name());
    const FieldDescriptor* etag = resource->FindFieldByName("etag");
    EXPECT_TRUE(IsString(etag) && etag->number() == 99);
    for (const auto& [name, number] : {std::pair("create_time", 97), std::pair("update_time", 98)}) {
      const FieldDescriptor* time = resource->FindFieldByName(name);
      ASSERT_TRUE(IsMessage(time, "google.protobuf.Timestamp")) << name;
      EXPECT_EQ(time->number(), number);
      EXPECT_TRUE(describe::Has(AnnotationOf(time), Field::OUTPUT_ONLY)) << name;
    }
  }
}

TEST(Resources, HaveALabelATableAndAShareClassWithItsGround) {
  std::set<std::string> tables;
  for (const Descriptor* resource : Resources()) {
    SCOPED_TRACE(resource->full_name());
    const auto& annotation = *ResourceOf(resource);
    EXPECT_FALSE(annotation.label().empty());
    EXPECT_TRUE(tables.insert(describe::ServiceOf(resource->file()) + "." + annotation.table()).second);
    EXPECT_TRUE(std::regex_match(annotation.table(), std::regex("[a-z]+(_[a-z]+)*"))) << annotation.table();
    EXPECT_NE(annotation.share(), options::v1::Resource::SHARE_UNSPECIFIED);
    EXPECT_TRUE(annotation.share() == options::v1::Resource::NOT_SHARED || !annotation.share_ground().empty());
  }
}

TEST(Resources, HaveTheirOwnPatternOfPluralCollections_Aip122) {
  std::set<std::string> patterns;
  for (const Descriptor* resource : Resources()) {
    SCOPED_TRACE(resource->full_name());
    const auto pattern = describe::ParsePattern(ResourceOf(resource)->pattern());
    ASSERT_TRUE(pattern.ok()) << pattern.status();
    EXPECT_TRUE(patterns.insert(pattern->text).second) << pattern->text;
    EXPECT_TRUE(pattern->ends_with_variable());
    for (size_t i = 0; i < pattern->segments.size(); ++i) {
      const auto& segment = pattern->segments[i];
      EXPECT_EQ(segment.variable, i % 2 == 1) << segment.text;
      EXPECT_TRUE(segment.variable ? std::regex_match(segment.text, std::regex("[a-z]+(_[a-z]+)*"))
                                   : std::regex_match(segment.text, std::regex("[a-z][a-zA-Z]*s")))
          << segment.text;
    }
  }
}

TEST(Resources, OfARegisterBeginWithTheirDistrict) {
  for (const Descriptor* resource : Resources()) {
    if (describe::ServiceOf(resource->file()) == "exchange") continue;  // organisations and agreements span districts
    const std::string& pattern = ResourceOf(resource)->pattern();
    EXPECT_TRUE(absl::StartsWith(pattern, "districts/{district}") || absl::StartsWith(pattern, "indicatorSets/"))
        << pattern << ": who owns a row is seen in its name";
  }
}

TEST(Resources, CanBeReadAndListed_Aip131_132) {
  for (const Descriptor* resource : Resources()) {
    EXPECT_NE(FindMethod(resource, MethodKind::kGet), nullptr) << resource->full_name();
    EXPECT_NE(FindMethod(resource, MethodKind::kList), nullptr) << resource->full_name();
  }
}

TEST(Resources, ThatAreFixedHaveNoMethodsThatChangeThem) {
  for (const Descriptor* resource : Resources()) {
    SCOPED_TRACE(resource->full_name());
    const auto& annotation = *ResourceOf(resource);
    if (annotation.append_only() || annotation.read_only()) {
      EXPECT_EQ(FindMethod(resource, MethodKind::kUpdate), nullptr);
      EXPECT_EQ(FindMethod(resource, MethodKind::kDelete), nullptr);
    }
    if (annotation.read_only()) {
      for (MethodKind kind : {MethodKind::kCreate, MethodKind::kBatchCreate, MethodKind::kImport}) {
        EXPECT_EQ(FindMethod(resource, kind), nullptr) << describe::ToString(kind);
      }
    } else {
      EXPECT_NE(FindMethod(resource, MethodKind::kCreate), nullptr);
    }
  }
}

TEST(Resources, WhoseSensitiveFieldsAreFilterableCanBeSearched) {
  for (const FieldDescriptor* field : Fields()) {
    if (!IsSensitive(field) || !AnnotationOf(field).filterable()) continue;
    EXPECT_NE(FindMethod(field->containing_type(), MethodKind::kSearch), nullptr)
        << field->full_name() << ": a sensitive value does not go into a URL";
  }
}

TEST(Fields, HaveALabelAndALevel) {
  for (const FieldDescriptor* field : Fields()) {
    if (field->name() == "name" || field->name() == "etag") continue;
    EXPECT_FALSE(AnnotationOf(field).label().empty()) << field->full_name();
    EXPECT_NE(AnnotationOf(field).level(), Field::LEVEL_UNSPECIFIED) << field->full_name();
  }
}

TEST(Fields, HaveLabelsThatTellThemApart) {
  for (const Descriptor* resource : Resources()) {
    std::set<std::string> labels;
    for (int i = 0; i < resource->field_count(); ++i) {
      const std::string& label = AnnotationOf(resource->field(i)).label();
      EXPECT_TRUE(label.empty() || labels.insert(label).second)
          << resource->full_name() << " " << label << ": labels are the headers of CSV files";
    }
  }
}

TEST(Fields, AreSnakeCase_Aip140) {
  for (const FieldDescriptor* field : Fields()) {
    EXPECT_TRUE(std::regex_match(field->name(), std::regex("[a-z][a-z0-9]*(_[a-z0-9]+)*"))) << field->full_name();
  }
}

TEST(Fields, OfTimeSayWhatTheyAre_Aip142) {
  for (const FieldDescriptor* field : Fields()) {
    if (IsMessage(field, "google.protobuf.Timestamp")) {
      EXPECT_TRUE(absl::EndsWith(field->name(), "_time")) << field->full_name();
    }
    if (IsMessage(field, "google.type.Date")) {
      EXPECT_TRUE(absl::EndsWith(field->name(), "date") || absl::EndsWith(field->name(), "day")) << field->full_name();
    }
  }
}

TEST(Fields, AreNeverMapsOneofsOrBinaryFractions) {
  for (const FieldDescriptor* field : Fields()) {
    EXPECT_FALSE(field->is_map()) << field->full_name();
    EXPECT_EQ(field->real_containing_oneof(), nullptr) << field->full_name();
    EXPECT_TRUE(field->type() != FieldDescriptor::TYPE_DOUBLE && field->type() != FieldDescriptor::TYPE_FLOAT)
        << field->full_name() << ": amounts are exact";
  }
}

TEST(Fields, ThatAreSensitiveHaveAMaskWhenTheyAreText) {
  for (const FieldDescriptor* field : Fields()) {
    if (!IsSensitive(field) || !IsString(field)) continue;
    EXPECT_NE(AnnotationOf(field).mask(), Field::MASK_UNSPECIFIED) << field->full_name();
  }
}

TEST(Fields, OfDecimalsAndFormatsAreText) {
  for (const FieldDescriptor* field : Fields()) {
    const Field& annotation = AnnotationOf(field);
    if (annotation.has_decimal() || annotation.format() != Field::FORMAT_UNSPECIFIED ||
        !annotation.code_set().empty() || annotation.mask() != Field::MASK_UNSPECIFIED) {
      EXPECT_EQ(field->type(), FieldDescriptor::TYPE_STRING) << field->full_name();
    }
    if (annotation.has_decimal()) {
      EXPECT_GE(annotation.decimal().precision(), annotation.decimal().scale()) << field->full_name();
    }
  }
}

TEST(Fields, ReferToResourcesThatAreThere_Aip122) {
  for (const FieldDescriptor* field : Fields()) {
    for (const std::string& reference : AnnotationOf(field).reference()) {
      EXPECT_NE(describe::FindDataset(reference), nullptr) << field->full_name();
    }
  }
  for (const Descriptor* resource : Resources()) {
    const auto& annotation = *ResourceOf(resource);
    EXPECT_TRUE(annotation.parent().empty() || describe::FindDataset(annotation.parent()) != nullptr)
        << resource->full_name();
    for (const std::string& within : annotation.within()) {
      const FieldDescriptor* field = resource->FindFieldByName(within);
      EXPECT_TRUE(IsString(field)) << resource->full_name() << " within " << within;
    }
  }
}

TEST(Services, AskInNoCircleAndFollowWhatHasEvents) {
  describe::Asks asks;
  for (const auto* service : Services()) {
    const std::string name = describe::ServiceOf(service->file());
    const describe::Asks from = describe::AsksFrom(name);
    EXPECT_TRUE(from.contains(name)) << name;
    asks.insert(from.begin(), from.end());
    const auto followed = describe::FollowedBy(*service);
    EXPECT_TRUE(followed.ok()) << followed.status();
  }
  EXPECT_TRUE(describe::CheckAsks(asks).ok()) << describe::CheckAsks(asks);
}

TEST(Enums, BeginWithUnspecifiedAndLabelTheRest_Aip126) {
  for (const EnumDescriptor* type : Enums()) {
    SCOPED_TRACE(type->full_name());
    EXPECT_EQ(type->value(0)->number(), 0);
    EXPECT_TRUE(absl::EndsWith(type->value(0)->name(), "_UNSPECIFIED"));
    std::set<std::string> labels;
    for (int i = 1; i < type->value_count(); ++i) {
      const EnumValueDescriptor* value = type->value(i);
      const std::string& label = value->options().GetExtension(options::v1::value_label);
      EXPECT_FALSE(label.empty()) << value->name();
      EXPECT_TRUE(labels.insert(label).second) << value->name() << ": " << label << " is read back from CSV files";
    }
  }
}

}  // namespace
}  // namespace edudelta::contract
