#include "gateway/forward/headers.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/entity_tag.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/calendar/days.h"
#include "common/codes/case_number.h"
#include "gateway/codec/text.h"
#include "gateway/forward/streams.h"

namespace edudelta::gateway::forward {
namespace {

using describe::MethodKind;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kIfMatch[] = "if-match", kIfNoneMatch[] = "if-none-match";
constexpr char kGzip[] = "gzip";
// What fits a packet or two arrives no sooner in gzip, and most answers do.
constexpr std::size_t kLeastToGzip = 2048;
// As the evidence log can hold it.
constexpr std::size_t kMaxStated = 63;
// No row has it.
constexpr char kNoRows[] = "\"\"";

bool IsGiven(const http::Request& request, absl::string_view name) {
  return absl::c_any_of(request.headers, [name](const auto& header) { return header.first == name; });
}

// A list may be sent in several lines.
std::string ListOf(const http::Request& request, absl::string_view name) {
  std::vector<absl::string_view> lines;
  for (const auto& [key, value] : request.headers) {
    if (key == name) lines.push_back(value);
  }
  return absl::StrJoin(lines, ", ");
}

absl::Status Unsupported(absl::string_view header) {
  return Invalid(header, "PRECONDITION_UNSUPPORTED", absl::StrCat("此地址的这个方法不支持 ", header));
}

// `"v1;clear"` as `"v1"`: services' own tags have no semicolon.
std::string WithoutView(absl::string_view tag) {
  const auto view = tag.find(';');
  return view == absl::string_view::npos ? std::string(tag) : absl::StrCat(tag.substr(0, view), "\"");
}

// `"v1;gzip"` as `"v1"`.
std::string WithoutGzip(absl::string_view tag) {
  return absl::ConsumeSuffix(&tag, ";gzip\"") ? absl::StrCat(tag, "\"") : std::string(tag);
}

const FieldDescriptor* StringField(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated() ? field : nullptr;
}

using Tags = std::optional<std::vector<EntityTag>>;

// Nothing for "*".
absl::StatusOr<Tags> TagsOf(const http::Request& from, absl::string_view name) {
  const std::string list = ListOf(from, name);
  const absl::string_view header = name == kIfMatch ? "If-Match" : "If-None-Match";
  if (!codec::IsUtf8(list)) return Invalid("etag", "INVALID_UTF8", absl::StrCat(header, " 不是 UTF-8 文字"));
  Tags tags = ParseEntityTags(list);
  if (tags || list == "*") return tags;
  return Invalid("etag", "PRECONDITION_MALFORMED", absl::StrCat(header, " 应为带双引号的版本，用逗号隔开，或为 *"));
}

// Who creates with "*" asks for what creating asks anyway.
absl::Status CheckIfNoneMatch(const http::Request& from, const routes::Route& route) {
  if (!IsGiven(from, kIfNoneMatch)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Tags tags, TagsOf(from, kIfNoneMatch));
  const bool creates = route.shape.kind == MethodKind::kCreate && !tags;
  return creates || route.http_method == "GET" ? absl::OkStatus() : Unsupported("If-None-Match");
}

absl::Status FillEtag(const http::Request& from, const routes::Route& route, bool partner, Message* request) {
  if (!IsGiven(from, kIfMatch)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto tags, TagsOf(from, kIfMatch));
  // What is answered decides, if that has a tag.
  if (route.shape.kind == MethodKind::kGet) {
    return HasTag(route.method->output_type(), partner) ? absl::OkStatus() : Unsupported("If-Match");
  }
  Message* holder = request;
  if (route.shape.kind == MethodKind::kUpdate) {
    holder = request->GetReflection()->MutableMessage(request, route.shape.resource_field);
  }
  const FieldDescriptor* field = route.shape.kind == MethodKind::kCreate ? nullptr : StringField(*holder, "etag");
  if (field == nullptr) return Unsupported("If-Match");
  // The row must be there, which these methods ask for anyway.
  if (!tags) return absl::OkStatus();
  std::vector<std::string> strong;
  for (const EntityTag& tag : *tags) {
    if (!tag.weak) strong.push_back(WithoutView(tag.text));
  }
  const std::string given = holder->GetReflection()->GetString(*holder, field);
  if (!given.empty() && given != "*") {
    if (!absl::c_linear_search(strong, given) && !absl::c_linear_search(strong, absl::StrCat("\"", given, "\""))) {
      return Invalid("etag", "ETAG_MISMATCH", "If-Match 与请求体中的 etag 不一致");
    }
    return absl::OkStatus();
  }
  holder->GetReflection()->SetString(holder, field, strong.empty() ? kNoRows : absl::StrJoin(strong, ", "));
  return absl::OkStatus();
}

bool IsStated(absl::string_view value) {
  return value.size() <= kMaxStated && absl::c_all_of(value, absl::ascii_isprint);
}

absl::Status CheckCase(absl::string_view number, absl::Time now) {
  if (number.empty()) return absl::OkStatus();
  switch (codes::CheckCaseNumber(number, calendar::DayOf(now))) {
    case codes::CaseNumberFault::kNone:
      return absl::OkStatus();
    case codes::CaseNumberFault::kFormat:
      return Invalid("Edudelta-Case-Number", "CASE_NUMBER_INVALID",
                     "办件编号应为最多63个字母、数字或 -_./:()#，并以字母或数字开头");
    case codes::CaseNumberFault::kPersonal:
      return Invalid("Edudelta-Case-Number", "CASE_NUMBER_PERSONAL", "办件编号中不能有身份证件号或手机号码");
  }
  return absl::OkStatus();
}

absl::Status FillRequestId(const http::Request& from, Message* request) {
  const absl::string_view key = from.Header("idempotency-key");
  if (!codec::IsUtf8(key)) return Invalid("request_id", "INVALID_UTF8", "Idempotency-Key 不是 UTF-8 文字");
  const FieldDescriptor* request_id = StringField(*request, "request_id");
  if (key.empty() || request_id == nullptr) return absl::OkStatus();
  const std::string given = request->GetReflection()->GetString(*request, request_id);
  if (!given.empty() && !absl::EqualsIgnoreCase(given, key)) {
    return Invalid("request_id", "REQUEST_ID_MISMATCH", "Idempotency-Key 与请求中的 request_id 不一致");
  }
  request->GetReflection()->SetString(request, request_id, std::string(key));
  return absl::OkStatus();
}

}  // namespace

http::CorsOptions CorsFor(std::vector<std::string> origins) {
  return {std::move(origins),
          {"GET", "HEAD", "POST", "PATCH", "DELETE"},
          {"Authorization", "Content-Type", "Edudelta-Case-Number", "Edudelta-Purpose", "Edudelta-Timeout-Ms",
           "Idempotency-Key", "If-Match", "If-None-Match", "traceparent", "X-Request-Id"},
          {"Allow", "Edudelta-Entry", "Edudelta-Entry-Key", "ETag", "Retry-After", "traceparent", "WWW-Authenticate",
           "X-Request-Id"}};
}

absl::Status CheckPurposeAndCase(const http::Request& request, absl::Time now) {
  if (!IsStated(request.Header("edudelta-purpose"))) {
    return Invalid("Edudelta-Purpose", "PURPOSE_INVALID", "用途代码格式有误");
  }
  return CheckCase(request.Header("edudelta-case-number"), now);
}

bool HasTag(const google::protobuf::Descriptor* row, bool partner) {
  if (partner) return false;
  for (int i = 0; i < row->field_count(); ++i) {
    if (describe::AnnotationOf(row->field(i)).derived()) return false;
  }
  return true;
}

absl::Status FillFromHeaders(const http::Request& from, const routes::Route& route, bool partner, Message* request) {
  RETURN_IF_ERROR(CheckIfNoneMatch(from, route));
  RETURN_IF_ERROR(FillEtag(from, route, partner, request));
  return FillRequestId(from, request);
}

bool IsFailedPrecondition(const http::Request& request, const absl::Status& refused) {
  // Of other rows with the same values "*" says nothing.
  if (absl::IsAlreadyExists(refused) && FieldOf(refused).empty() && IsGiven(request, kIfNoneMatch)) return true;
  return absl::IsAborted(refused) && ReasonOf(refused) == "ETAG_MISMATCH" && IsGiven(request, kIfMatch);
}

std::string TagOfView(absl::string_view etag, absl::string_view view) {
  static const std::string process = NewUuid().substr(0, 8);
  if (!absl::ConsumeSuffix(&etag, "\"")) return std::string(etag);
  return absl::StrCat(etag, ";", process, view.empty() ? "" : ";", view, "\"");
}

std::string AcceptedFormat(const http::Request& request) {
  std::optional<double> csv, ndjson, any;
  bool ndjson_first = false;
  const std::string list = ListOf(request, "accept");
  for (const absl::string_view one : absl::StrSplit(list, ',')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(one, absl::MaxSplits(';', 1));
    const absl::string_view type = absl::StripAsciiWhitespace(parts.first);
    const double weight = http::WeightOf(parts.second);
    const bool is_ndjson = absl::c_any_of(kNdjsonTypes, [&](auto name) { return absl::EqualsIgnoreCase(type, name); });
    if (is_ndjson) {
      ndjson_first = ndjson_first || !csv;
      ndjson = weight;
    }
    if (absl::EqualsIgnoreCase(type, "text/csv")) csv = weight;
    if (type == "*/*") any = weight;
  }
  const double of_csv = csv.value_or(any.value_or(0)), of_ndjson = ndjson.value_or(any.value_or(0));
  return of_ndjson > of_csv || (of_ndjson == of_csv && of_csv > 0 && ndjson_first) ? "ndjson" : "csv";
}

http::Accepted AcceptedCoding(const http::Request& request) {
  return http::ReadAcceptEncoding(ListOf(request, "accept-encoding"));
}

void MarkGzip(http::Headers* headers) {
  for (auto& [name, value] : *headers) {
    absl::string_view tag = value;
    if (name == "ETag" && absl::ConsumeSuffix(&tag, "\"")) value = absl::StrCat(tag, ";", kGzip, "\"");
  }
  headers->emplace_back("Content-Encoding", kGzip);
}

void Encode(const http::Request& request, http::Response* response) {
  response->headers.emplace_back("Vary", "Accept-Encoding");
  if (response->body.empty()) return;
  const http::Accepted accepted = AcceptedCoding(request);
  if (accepted == http::Accepted::kPlain) return;
  if (accepted == http::Accepted::kGzip && response->body.size() < kLeastToGzip) return;
  auto zipped = http::Gzip::Whole(response->body);
  if (!zipped) return;
  response->body = *std::move(zipped);
  MarkGzip(&response->headers);
}

absl::Status MeetPreconditions(const http::Request& request, http::Response* response) {
  const auto etag = absl::c_find_if(response->headers, [](const auto& header) { return header.first == "ETag"; });
  if (response->status != 200 || etag == response->headers.end()) return absl::OkStatus();
  const auto is_its = [&etag](const EntityTag& tag) { return WithoutGzip(tag.text) == etag->second; };
  if (IsGiven(request, kIfMatch)) {
    ASSIGN_OR_RETURN(const Tags tags, TagsOf(request, kIfMatch));
    const std::string version = WithoutView(etag->second);
    const auto names = [&](const EntityTag& tag) { return !tag.weak && WithoutView(tag.text) == version; };
    if (tags && absl::c_none_of(*tags, names)) {
      return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH", "记录的版本不是 If-Match 所列的版本");
    }
  }
  if (!IsGiven(request, kIfNoneMatch)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Tags tags, TagsOf(request, kIfNoneMatch));
  if (tags) {
    const auto known = absl::c_find_if(*tags, is_its);
    if (known == tags->end()) return absl::OkStatus();
    // Of the form that the client has.
    etag->second = known->text;
  }
  response->status = 304;
  response->body.clear();
  response->document = nullptr;
  std::erase_if(response->headers, [](const auto& header) { return header.first == "Content-Type"; });
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::forward
