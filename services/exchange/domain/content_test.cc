#include "exchange/domain/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "edudelta/planning/v1/planning.pb.h"
#include "edudelta/planning/v1/school.pb.h"
#include "edudelta/teachers/v1/teacher.pb.h"

namespace edudelta::exchange::domain {
namespace {

constexpr int64_t kStart = 1796054400;  // 2026-12-01, 00:00 in UTC.
constexpr int64_t kDay = 86400;

v1::Agreement Draft() {
  // Names the descriptors, so that the linker keeps them.
  EXPECT_NE(planning::v1::School::descriptor(), nullptr);
  EXPECT_NE(teachers::v1::Teacher::descriptor(), nullptr);
  v1::Agreement agreement;
  agreement.set_name("agreements/a");
  agreement.set_provider("organizations/jiading");
  agreement.set_consumer("organizations/kunshan");
  agreement.add_provider_districts("310114");
  v1::DatasetGrant* grant = agreement.add_datasets();
  grant->set_dataset("planning.School");
  grant->add_fields("display_name");
  agreement.add_purposes("BALANCE_EVALUATION");
  agreement.mutable_start_time()->set_seconds(kStart);
  agreement.mutable_end_time()->set_seconds(kStart + 365 * kDay);
  agreement.set_delivery(v1::Agreement::DELIVERY_QUERY);
  agreement.set_legal_ground("政务数据共享条例");
  return agreement;
}

std::string Shape(const v1::Agreement& agreement) { return ReasonOf(CheckShape(agreement)); }

std::string Content(const v1::Agreement& agreement) {
  return ReasonOf(
      CheckContent(ContentOf(agreement),
                   {[](absl::string_view code) { return code == "BALANCE_EVALUATION"; },
                    [](const v1::DatasetGrant&) { return Invalid("datasets", "FILTER_SYNTAX", "筛选有误"); }}));
}

TEST(CheckShape, TakesAGoodOne) { EXPECT_EQ(Shape(Draft()), ""); }

TEST(CheckShape, BoundsTheTerm) {
  v1::Agreement agreement = Draft();
  agreement.mutable_end_time()->set_seconds(kStart);
  EXPECT_EQ(Shape(agreement), "TERM_REVERSED");
  // 2026-12-01 to 2029-12-01: three years with one leap day.
  agreement.mutable_end_time()->set_seconds(kStart + (3 * 365 + 1) * kDay);
  EXPECT_EQ(Shape(agreement), "");
  agreement.mutable_end_time()->set_nanos(1);
  EXPECT_EQ(Shape(agreement), "TERM_TOO_LONG");
  agreement.mutable_end_time()->set_seconds(253402300799);
  EXPECT_EQ(Shape(agreement), "TERM_TOO_LONG");
}

TEST(CheckShape, RefusesWhatSaysTheSameTwice) {
  v1::Agreement agreement = Draft();
  agreement.add_provider_districts("310114");
  EXPECT_EQ(Shape(agreement), "DISTRICT_TWICE");
  agreement = Draft();
  *agreement.add_datasets() = agreement.datasets(0);
  EXPECT_EQ(Shape(agreement), "DATASET_TWICE");
  agreement = Draft();
  agreement.mutable_datasets(0)->add_fields("display_name");
  EXPECT_EQ(Shape(agreement), "FIELD_TWICE");
  agreement = Draft();
  agreement.add_purposes("BALANCE_EVALUATION");
  EXPECT_EQ(Shape(agreement), "PURPOSE_TWICE");
}

TEST(CheckShape, RefusesEqualPartiesNoFieldsAndBadCells) {
  v1::Agreement agreement = Draft();
  agreement.set_consumer(agreement.provider());
  EXPECT_EQ(Shape(agreement), "PARTIES_EQUAL");
  agreement = Draft();
  agreement.mutable_datasets(0)->clear_fields();
  EXPECT_EQ(Shape(agreement), "DATASET_FIELDS_REQUIRED");
  agreement = Draft();
  agreement.set_provider_districts(0, "31011x");
  EXPECT_EQ(Shape(agreement), "DISTRICT_CODE_FORMAT");
  agreement = Draft();
  agreement.set_smallest_cell(5);
  EXPECT_EQ(Shape(agreement), "SMALLEST_CELL_NOT_AGGREGATE");
  agreement.set_delivery(v1::Agreement::DELIVERY_AGGREGATE);
  EXPECT_EQ(Shape(agreement), "");
  agreement.clear_smallest_cell();
  EXPECT_EQ(Shape(agreement), "SMALLEST_CELL_REQUIRED");
}

TEST(CheckContent, RefusesWhatIsUnknown) {
  EXPECT_EQ(Content(Draft()), "");
  v1::Agreement agreement = Draft();
  agreement.add_purposes("CURIOSITY");
  EXPECT_EQ(Content(agreement), "PURPOSE_UNKNOWN");
  agreement = Draft();
  agreement.mutable_datasets(0)->set_dataset("planning.Nothing");
  EXPECT_EQ(Content(agreement), "DATASET_UNKNOWN");
  agreement.mutable_datasets(0)->set_dataset("planning.ListSchoolsRequest");
  EXPECT_EQ(Content(agreement), "DATASET_UNKNOWN") << "a message that is no resource";
  agreement.mutable_datasets(0)->set_dataset("exchange.Agreement");
  EXPECT_EQ(Content(agreement), "DATASET_NOT_SHARED");
  agreement = Draft();
  agreement.mutable_datasets(0)->add_fields("secret");
  EXPECT_EQ(Content(agreement), "FIELD_UNKNOWN");
  agreement = Draft();
  agreement.mutable_datasets(0)->add_fields("etag");
  EXPECT_EQ(Content(agreement), "FIELD_UNKNOWN");
  agreement = Draft();
  agreement.mutable_datasets(0)->set_row_filter("nonsense");
  EXPECT_EQ(Content(agreement), "FILTER_SYNTAX");
}

TEST(CheckContent, AsksACaseNumberForSensitiveFields) {
  v1::Agreement agreement = Draft();
  agreement.mutable_datasets(0)->set_dataset("teachers.Teacher");
  agreement.mutable_datasets(0)->set_fields(0, "identity_number");
  EXPECT_EQ(Content(agreement), "CASE_NUMBER_REQUIRED");
  agreement.set_case_number_required(true);
  EXPECT_EQ(Content(agreement), "");
  agreement.set_legal_ground(" ");
  EXPECT_EQ(Content(agreement), "LEGAL_GROUND_REQUIRED");
}

TEST(HashOf, ChangesWithEveryField) {
  const std::string hash = HashOf(ContentOf(Draft()));
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(hash, HashOf(ContentOf(Draft())));
  const auto* type = v1::AgreementContent::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    v1::AgreementContent content = ContentOf(Draft());
    const auto* field = type->field(i);
    const auto* reflection = content.GetReflection();
    if (field->is_repeated()) {
      if (field->message_type() != nullptr) {
        reflection->AddMessage(&content, field);
      } else {
        reflection->AddString(&content, field, "x");
      }
    } else if (field->message_type() != nullptr) {
      reflection->ClearField(&content, field);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      reflection->SetString(&content, field, "x");
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_BOOL) {
      reflection->SetBool(&content, field, true);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_ENUM) {
      reflection->SetEnumValue(&content, field, v1::Agreement::DELIVERY_FEED);
    } else {
      reflection->SetInt32(&content, field, 7);
    }
    EXPECT_NE(HashOf(content), hash) << field->name();
  }
}

TEST(ContentOf, TakesEveryField) {
  // What both parties sign has every field of the agreement that they can set, by name.
  const auto* content = v1::AgreementContent::descriptor();
  const auto* agreement = v1::Agreement::descriptor();
  v1::Agreement full = Draft();
  full.set_case_number_required(true);
  full.set_daily_call_quota(1);
  full.set_daily_record_quota(2);
  full.set_retention_days(3);
  full.set_onward_sharing(true);
  full.set_smallest_cell(4);
  full.set_obligations("o");
  full.set_supersedes("agreements/b");
  const v1::AgreementContent made = ContentOf(full);
  std::vector<const google::protobuf::FieldDescriptor*> set;
  made.GetReflection()->ListFields(made, &set);
  EXPECT_EQ(static_cast<int>(set.size()), content->field_count());
  for (int i = 1; i < content->field_count(); ++i) {
    EXPECT_NE(agreement->FindFieldByName(content->field(i)->name()), nullptr) << content->field(i)->name();
  }
}

}  // namespace
}  // namespace edudelta::exchange::domain
