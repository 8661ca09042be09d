#include "common/testing/sample.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/decimal.h"
#include "common/calendar/days.h"
#include "common/codes/identifiers.h"
#include "common/describe/describe.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace edudelta::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using options::v1::Field;

std::string ResidentId(int number) {
  // The order digit is odd: men.
  const std::string body = absl::StrFormat("310114198%d%02d%02d%02d1", number % 10, 1 + number / 10 % 12,
                                           1 + number / 120 % 28, number % 100);
  return body + codes::ResidentIdCheck(body).value_or('0');
}

std::string SocialCreditCode(int number) {
  const std::string inner = absl::StrFormat("MA%06d", number % 1000000);
  const std::string body =
      absl::StrCat("12310114", inner, std::string(1, codes::OrganizationCodeCheck(inner).value_or('0')));
  return body + codes::SocialCreditCheck(body).value_or('0');
}

std::string Formatted(Field::Format format, int number) {
  switch (format) {
    case Field::RESIDENT_ID:
      return ResidentId(number);
    case Field::SOCIAL_CREDIT_CODE:
      return SocialCreditCode(number);
    case Field::SCHOOL_CODE:
      return absl::StrFormat("2131%06d", number % 1000000);
    case Field::TEACHER_CERTIFICATE:
      return absl::StrFormat("20103110011%06d", number % 1000000);
    case Field::TOWN_CODE:
      return absl::StrFormat("310114%03d", number % 1000);
    case Field::DISTRICT_CODE:
      // A province that the standard leaves free.
      return absl::StrFormat("91%02d%02d", 1 + number / 98 % 98, 1 + number % 98);
    case Field::PHONE_NUMBER:
      return absl::StrFormat("138%08d", number % 100000000);
    default:
      return "";
  }
}

// A number within the field's bounds; 0 would be no number where one is required.
int64_t Within(const Field& options, int number) {
  double least = options.has_min() ? std::ceil(options.min()) : 1;
  if (least == 0 && describe::Has(options, Field::REQUIRED)) least = 1;
  const double most = options.has_max() ? std::floor(options.max()) : least + 1000;
  return static_cast<int64_t>(least) + number % std::max<int64_t>(1, static_cast<int64_t>(most - least) + 1);
}

// Fields but this one that name rows of the dataset.
int References(const Message& message, const std::string& dataset, const FieldDescriptor* but) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  return static_cast<int>(std::count_if(set.begin(), set.end(), [&](const FieldDescriptor* field) {
    const Field& options = describe::AnnotationOf(field);
    return field != but && options.reference_size() > 0 && options.reference(0) == dataset;
  }));
}

}  // namespace

std::string SampleMaker::Id(const Descriptor* type, int number) const {
  const options::v1::Resource* resource = describe::ResourceOf(type);
  const std::string id = resource == nullptr ? "" : Formatted(resource->id_format(), number);
  return id.empty() ? absl::StrFormat("s%04d", number) : id;
}

std::string SampleMaker::Text(const FieldDescriptor* field, const Field& options, int number,
                              const Message& message) const {
  if (options.reference_size() > 0) {
    // Of several types the first.
    const std::string& dataset = options.reference(0);
    const auto* name = message.GetDescriptor()->FindFieldByName("name");
    return reference_(dataset, name == nullptr ? "" : message.GetReflection()->GetString(message, name),
                      References(message, dataset, field));
  }
  if (options.format() != Field::FORMAT_UNSPECIFIED) return Formatted(options.format(), number);
  if (!options.code_set().empty()) {
    const codes::CodeSet* set = codes_.Find(options.code_set());
    return set == nullptr || set->codes.empty() ? "" : set->codes[number % set->codes.size()].code;
  }
  if (options.has_decimal()) {
    const int scale = options.decimal().scale();
    int64_t value = Within(options, number % 1000);
    for (int i = 0; i < scale; ++i) value *= 10;
    return FormatDecimal(value, scale);
  }
  // Of the kind that is meant where nothing is said.
  if (options.mask() == Field::IDENTITY_NUMBER) return ResidentId(number);
  if (options.level() >= Field::L3) return number % 2 == 0 ? "张三" : "李四";
  const int longest = options.max_length() > 0 ? options.max_length() : 255;
  const std::string text = absl::StrCat("值", number);
  return longest >= 8 ? text : absl::StrCat(number).substr(0, longest);
}

void SampleMaker::Fill(const FieldDescriptor* field, int number, Message* message) const {
  FillAs(field, describe::AnnotationOf(field), number, message);
}

void SampleMaker::FillStep(const Descriptor* resource, int number, Message* request) const {
  for (int i = 0; i < request->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = request->GetDescriptor()->field(i);
    if (field->name() == "name" || field->name() == "etag") continue;
    const FieldDescriptor* declared = resource->FindFieldByName(field->name());
    if (declared == nullptr || declared->type() != field->type() || declared->message_type() != field->message_type()) {
      if (!field->options().HasExtension(options::v1::field)) continue;
      declared = field;
    }
    FillAs(field, describe::AnnotationOf(declared), number, request);
  }
}

void SampleMaker::FillAs(const FieldDescriptor* field, const Field& options, int number, Message* message) const {
  const auto* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = Text(field, options, number, *message);
      if (text.empty()) return;
      return field->is_repeated() ? reflection->AddString(message, field, text)
                                  : reflection->SetString(message, field, text);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int values = field->enum_type()->value_count();
      const int value = field->enum_type()->value(values == 1 ? 0 : 1 + number % (values - 1))->number();
      return field->is_repeated() ? reflection->AddEnumValue(message, field, value)
                                  : reflection->SetEnumValue(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = static_cast<int32_t>(Within(options, number));
      return field->is_repeated() ? reflection->AddInt32(message, field, value)
                                  : reflection->SetInt32(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_INT64:
      return field->is_repeated() ? reflection->AddInt64(message, field, Within(options, number))
                                  : reflection->SetInt64(message, field, Within(options, number));
    case FieldDescriptor::CPPTYPE_BOOL:
      if (!field->is_repeated()) reflection->SetBool(message, field, number % 2 == 0);
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      if (!field->is_repeated()) reflection->SetDouble(message, field, static_cast<double>(Within(options, number)));
      return;
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* inner =
          field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
      if (auto* date = dynamic_cast<google::type::Date*>(inner)) {
        *date = calendar::ToProto(today_ - 400 + number % 365);
      } else if (auto* time = dynamic_cast<google::protobuf::Timestamp*>(inner)) {
        time->set_seconds(absl::ToUnixSeconds(calendar::StartOf(today_ - 1)) - 60 * (number % 1000));
      } else {
        for (int i = 0; i < inner->GetDescriptor()->field_count(); ++i) {
          const FieldDescriptor* part = inner->GetDescriptor()->field(i);
          if (part->real_containing_oneof() == nullptr && part->message_type() != inner->GetDescriptor())
            Fill(part, number, inner);
        }
      }
      return;
    }
    default:
      return;
  }
}

std::unique_ptr<Message> SampleMaker::Make(const Descriptor* type, const std::string& name, int number) const {
  std::unique_ptr<Message> message(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  message->GetReflection()->SetString(message.get(), type->FindFieldByName("name"), name);
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->name() == "name" || field->name() == "etag") continue;
    const Field& options = describe::AnnotationOf(field);
    if (describe::Has(options, Field::OUTPUT_ONLY) || options.derived()) continue;
    Fill(field, number, message.get());
  }
  return message;
}

}  // namespace edudelta::testing
