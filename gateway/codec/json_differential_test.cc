// The codec against protobuf's own JSON utility, on random messages and on random damage to their texts.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "absl/base/casts.h"
#include "common/base/error.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gateway/codec/json.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::codec {
namespace {

namespace pb = sample::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// EDUDELTA_CASES sets the number of cases of a long run, EDUDELTA_SEED where it begins.
int64_t FromEnvironment(const char* name, int64_t usual) {
  const char* wanted = std::getenv(name);
  return wanted != nullptr ? std::atoll(wanted) : usual;
}
int64_t Cases(int64_t usual) { return FromEnvironment("EDUDELTA_CASES", usual); }
int64_t Seed() { return FromEnvironment("EDUDELTA_SEED", 0); }

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  uint64_t Next() { return random_(); }
  int Below(int limit) { return static_cast<int>(random_() % limit); }

  std::string Text() {
    static constexpr const char* kPieces[] = {"a",     "学校", "\"", "\\",      "\n",
                                              "\x01",  "\x7f", "𠮷", "<&>",     "/",
                                              " ",     "é",    "\t", "e\u2028", "long plain text",
                                              "{[,:]}"};
    std::string text;
    for (int i = Below(6); i > 0; --i) text += kPieces[Below(16)];
    return text;
  }

  void Fill(Message* message, int depth) {
    const auto* type = message->GetDescriptor();
    const std::string& name = type->full_name();
    if (name == "google.protobuf.Timestamp") return FillTime(message, -62135596800, 253402300799, true);
    if (name == "google.protobuf.Duration") return FillTime(message, -315576000000, 315576000000, false);
    if (name == "google.protobuf.FieldMask") {
      for (int i = Below(3); i > 0; --i) Add(message, type->field(0), i == 1 ? "display_name" : "an_inner.text");
      return;
    }
    if (name == "google.protobuf.Any") {
      google::protobuf::Any any;
      if (Below(2) == 0) {
        pb::Everything::Inner inner;
        Fill(&inner, depth + 1);
        any.PackFrom(inner);
      } else {
        google::protobuf::Timestamp time;
        Fill(&time, depth + 1);
        any.PackFrom(time);
      }
      message->CopyFrom(any);
      return;
    }
    if (name == "google.protobuf.Value") {
      const auto* field = type->field(depth > 3 ? Below(4) : Below(6));
      return One(message, field, depth);
    }
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      // A day has its own text, which the utility does not know.
      if (field->message_type() != nullptr && field->message_type()->full_name() == "google.type.Date") continue;
      if (depth > 2 && field->message_type() != nullptr) continue;
      if (name == "edudelta.sample.v1.Everything" && Below(6) != 0) continue;
      if (field->is_map()) {
        FillMap(message, field, depth);
      } else if (field->is_repeated()) {
        for (int n = Below(4); n > 0; --n) One(message, field, depth);
      } else {
        One(message, field, depth);
      }
    }
  }

 private:
  double Real() {
    const double reals[] = {0, -0.0, 1, -1.5, 1e300, 1e-300, 5e-324, 0.1, 123456789.123, 9007199254740994.0};
    switch (Below(4)) {
      case 0:
        return static_cast<double>(Next());
      case 1: {
        const auto any = absl::bit_cast<double>(Next());
        return std::isnan(any) ? std::numeric_limits<double>::infinity() : any;
      }
      default:
        return reals[Below(10)];
    }
  }

  void Add(Message* message, const FieldDescriptor* field, const char* text) {
    message->GetReflection()->AddString(message, field, text);
  }

  void FillTime(Message* message, int64_t low, int64_t high, bool only_positive) {
    static constexpr int kNanos[] = {0, 1, 1000, 120000000, 999999999, 500000};
    int64_t seconds = low + static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low));
    int nanos = kNanos[Below(6)];
    if (!only_positive && seconds < 0) nanos = -nanos;
    message->GetReflection()->SetInt64(message, message->GetDescriptor()->field(0), seconds);
    message->GetReflection()->SetInt32(message, message->GetDescriptor()->field(1), nanos);
  }

  void FillMap(Message* message, const FieldDescriptor* field, int depth) {
    const auto* reflection = message->GetReflection();
    std::set<std::string> seen;
    for (int n = Below(4); n > 0; --n) {
      Message* pair = reflection->AddMessage(message, field);
      One(pair, field->message_type()->field(0), depth);
      const std::string key = pair->SerializePartialAsString();
      if (!seen.insert(key).second) {
        reflection->RemoveLast(message, field);
        continue;
      }
      One(pair, field->message_type()->field(1), depth);
    }
  }

  void One(Message* m, const FieldDescriptor* f, int depth) {
    const auto* r = m->GetReflection();
    const bool many = f->is_repeated();
    const int64_t edges[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, static_cast<int64_t>(Next())};
    const int64_t number = edges[Below(8)];
    double real = Real();
    // A Value is a number or a text, and JSON has no infinite number.
    if (!std::isfinite(real) && f->containing_type()->full_name() == "google.protobuf.Value") real = 0.5;
    switch (f->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return many ? r->AddInt32(m, f, static_cast<int32_t>(number)) : r->SetInt32(m, f, static_cast<int32_t>(number));
      case FieldDescriptor::CPPTYPE_INT64:
        return many ? r->AddInt64(m, f, number) : r->SetInt64(m, f, number);
      case FieldDescriptor::CPPTYPE_UINT32:
        return many ? r->AddUInt32(m, f, static_cast<uint32_t>(number))
                    : r->SetUInt32(m, f, static_cast<uint32_t>(number));
      case FieldDescriptor::CPPTYPE_UINT64:
        return many ? r->AddUInt64(m, f, number) : r->SetUInt64(m, f, number);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return many ? r->AddDouble(m, f, real) : r->SetDouble(m, f, real);
      case FieldDescriptor::CPPTYPE_FLOAT: {
        const float small = std::isfinite(real) && std::abs(real) > 1e38 ? 1.1f : static_cast<float>(real);
        return many ? r->AddFloat(m, f, small) : r->SetFloat(m, f, small);
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        return many ? r->AddBool(m, f, number & 1) : r->SetBool(m, f, number & 1);
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = f->enum_type()->full_name() == "google.protobuf.NullValue" ? 0 : Below(5) - 1;
        return many ? r->AddEnumValue(m, f, value) : r->SetEnumValue(m, f, value);
      }
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string text = f->type() == FieldDescriptor::TYPE_BYTES ? std::to_string(Next()) + "\xff" : Text();
        return many ? r->AddString(m, f, text) : r->SetString(m, f, text);
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Fill(many ? r->AddMessage(m, f) : r->MutableMessage(m, f), depth + 1);
    }
  }

  std::mt19937_64 random_;
};

std::string ByUtility(const Message& message, bool snake) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = snake;
  std::string out;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(message, &out, options).ok());
  return out;
}

// With maps in order of their keys.
std::string Bytes(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// Equal bytes are the same, and so are others in rare cases, such as an Any packed in another order.
bool Same(const Message& a, const Message& b) {
  return Bytes(a) == Bytes(b) || google::protobuf::util::MessageDifferencer::Equals(a, b);
}

TEST(JsonDifferential, MeansWhatTheUtilityMeans) {
  const JsonCodec codec({pb::Everything::descriptor()});
  for (int64_t i = Seed(), end = i + Cases(4000); i < end; ++i) {
    Maker maker(i);
    pb::Everything message;
    maker.Fill(&message, 0);
    std::string ours;
    ASSERT_TRUE(codec.Write(message, &ours).ok()) << i;

    pb::Everything back;
    const auto read = google::protobuf::util::JsonStringToMessage(ours, &back);
    ASSERT_TRUE(read.ok()) << i << " " << read.ToString() << "\n" << ours;
    ASSERT_TRUE(Same(message, back)) << i << "\n" << ours << "\n" << message.DebugString() << back.DebugString();

    const std::string theirs = ByUtility(message, i % 2 == 0);
    const absl::Status status = codec.Read(theirs, &back);
    ASSERT_TRUE(status.ok()) << i << " " << status << "\n" << theirs;
    if (Same(message, back)) continue;
    // It writes -0.0 as -0, which it reads as 0.
    pb::Everything read_by_them;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(theirs, &read_by_them).ok()) << i << "\n" << theirs;
    ASSERT_TRUE(Same(read_by_them, back)) << i << "\n" << theirs;
  }
}

TEST(JsonDifferential, NeverTakesWhatTheUtilityRefuses) {
  const JsonCodec codec({pb::Everything::descriptor()});
  static constexpr const char* kDamage[] = {"\"",   "{", "}",       "[",        "]",  ",",          ":",
                                            "null", "1", "-",       "e",        ".",  "\\",         "true",
                                            " ",    "0", "\\u0041", "\"x\":1,", "\n", "99999999999"};
  int accepted = 0;
  for (int64_t i = Seed() + 1000000, end = i + Cases(20000); i < end; ++i) {
    Maker maker(i);
    pb::Everything message;
    maker.Fill(&message, 2);
    std::string json;
    ASSERT_TRUE(codec.Write(message, &json).ok());
    for (int n = 1 + maker.Below(3); n > 0; --n) {
      const size_t at = maker.Below(static_cast<int>(json.size()));
      switch (maker.Below(3)) {
        case 0:
          json.erase(at, 1 + maker.Below(3));
          break;
        case 1:
          json.insert(at, kDamage[maker.Below(20)]);
          break;
        case 2:
          json[at] = kDamage[maker.Below(20)][0];
          break;
      }
      if (json.empty()) json = "{}";
    }
    pb::Everything ours, theirs;
    const absl::Status status = codec.Read(json, &ours);
    if (!status.ok()) {
      ASSERT_FALSE(ReasonOf(status).empty());
      continue;
    }
    ++accepted;
    // The utility reads a day as a message; ours is a text.
    if (ours.has_a_date() || ours.dates_size() > 0) continue;
    const auto other = google::protobuf::util::JsonStringToMessage(json, &theirs);
    ASSERT_TRUE(other.ok()) << i << " " << other.ToString() << "\n" << json;
    ASSERT_TRUE(Same(ours, theirs)) << i << "\n" << json << "\n" << ours.DebugString() << theirs.DebugString();
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace edudelta::gateway::codec
