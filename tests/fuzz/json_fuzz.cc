// JSON bodies against protobuf's own utility, on a message that has every kind of field.
#include "absl/strings/match.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gateway/codec/json.h"
#include "google/protobuf/util/field_comparator.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using sample::v1::Everything;

bool Same(const Everything& a, const Everything& b) {
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  return differencer.Compare(a, b);
}

// A day is one text here; the utility, which has no word for it, wants an object.
bool HasDay(absl::string_view json) {
  return absl::StrContains(json, "a_date") || absl::StrContains(json, "aDate") || absl::StrContains(json, "dates") ||
         absl::StrContains(json, "type.Date");
}

}  // namespace

bool Try(absl::string_view input) {
  static const auto& codec = *new gateway::codec::JsonCodec({Everything::descriptor()});
  Everything message;
  const absl::Status status = codec.Read(input, &message);
  if (!status.ok()) {
    MustBeRefusal(status,
                  "JSON_SYNTAX JSON_TOO_DEEP INVALID_UTF8 UNKNOWN_FIELD DUPLICATE_FIELD ONEOF_DUPLICATE "
                  "VALUE_WRONG_TYPE VALUE_NULL VALUE_NOT_A_NUMBER NUMBER_OUT_OF_RANGE ENUM_UNKNOWN DATE_INVALID "
                  "TIME_INVALID DURATION_INVALID FIELD_MASK_INVALID BASE64_INVALID ANY_TYPE_UNKNOWN");
    return false;
  }
  std::string printed;
  Everything again;
  const absl::Status written = codec.Write(message, &printed);
  Must(written.ok(), "what was read can be written", written.ToString());
  Must(codec.Read(printed, &again).ok() && Same(message, again), "written and read again it is the same", printed);
  std::string from_wire;
  Must(codec.WriteWire(Everything::descriptor(), message.SerializeAsString(), &from_wire).ok() &&
           codec.Read(from_wire, &again).ok() && Same(message, again),
       "written from the wire it is the same", from_wire);

  const std::string ours(printed);
  if (HasDay(ours)) return true;
  Must(google::protobuf::util::JsonStringToMessage(ours, &again).ok() && Same(message, again),
       "the utility reads what we write as the same", ours);
  Must(google::protobuf::util::JsonStringToMessage(std::string(input), &again).ok() && Same(message, again),
       "what we take, the utility takes as the same", input);
  return true;
}

}  // namespace edudelta::fuzz
