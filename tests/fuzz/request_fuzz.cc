// From an HTTP request to a gRPC one, with the routes of every service. Input: "METHOD target", a line's end, the body.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "gateway/http/message.h"
#include "gateway/routes/fill.h"
#include "gateway/routes/query.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/contract/apis.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using describe::MethodKind;
using gateway::codec::JsonCodec;
using gateway::routes::Match;
using gateway::routes::RouteTable;
using google::protobuf::Message;

std::string Encode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
  return encoded;
}

// Every character of a name written as an escape.
std::string Escaped(absl::string_view path) {
  const size_t colon = path.find(':', std::min(path.size(), path.rfind('/')));
  std::vector<std::string> parts;
  for (absl::string_view part :
       absl::StrSplit(path.substr(4, colon == absl::string_view::npos ? colon : colon - 4), '/')) {
    std::string plain;
    if (!gateway::routes::DecodePercent(part, &plain)) return "";
    parts.push_back(Encode(plain));
  }
  return absl::StrCat("/v1/", absl::StrJoin(parts, "/"), colon == absl::string_view::npos ? "" : path.substr(colon));
}

// The name or parent of the finished request.
std::string NamedIn(const gateway::routes::Route& route, const Message& request) {
  const Message* holder = &request;
  if (route.shape.kind == MethodKind::kUpdate) {
    holder = &request.GetReflection()->GetMessage(request, route.shape.resource_field);
  }
  const auto* type = holder->GetDescriptor();
  const auto* field = route.collection ? type->FindFieldByName("parent") : type->FindFieldByName("name");
  if (field == nullptr && !route.collection) field = type->FindFieldByName("parent");
  return field == nullptr ? "" : holder->GetReflection()->GetString(*holder, field);
}

void TryQuery(absl::string_view text) {
  const auto query = gateway::routes::ParseQuery(text);
  if (!query.ok()) return MustBeRefusal(query.status(), "QUERY_INVALID");
  std::vector<std::string> parts;
  for (const auto& [name, value] : *query) parts.push_back(absl::StrCat(Encode(name), "=", Encode(value)));
  const auto again = gateway::routes::ParseQuery(absl::StrJoin(parts, "&"));
  // "a&&=&b" has a nameless part that its printed form keeps as "=".
  Must(again.ok() && *again == *query, "a query printed and read again is the same", text);
}

bool TryFill(const Match& match, absl::string_view query, absl::string_view body, const JsonCodec& json) {
  const auto& route = *match.route;
  const auto filled = FillRequest(match, query, body, json);
  if (!filled.ok()) {
    Must(filled.status().code() == absl::StatusCode::kInvalidArgument && !ReasonOf(filled.status()).empty() &&
             !FieldOf(filled.status()).empty(),
         "a refusal names a field and why", filled.status().ToString());
    return false;
  }
  const std::string named = NamedIn(route, *filled->request);
  Must(named == match.name || (route.collection && match.name.empty()), "the request is about what its path says",
       named);
  if (route.http_method == "GET" || route.http_method == "DELETE") Must(body.empty(), "reading takes no body", body);
  // What the service gets can be told in JSON and means the same.
  std::string printed;
  std::unique_ptr<Message> again(filled->request->New());
  Must(json.Write(*filled->request, &printed).ok() && json.Read(printed, again.get()).ok() &&
           google::protobuf::util::MessageDifferencer::Equals(*filled->request, *again),
       "printed and read again it is the same", printed);
  return true;
}

// HEAD is GET without its body.
bool Serves(const gateway::routes::Route& route, absl::string_view method) {
  return route.http_method == method || (route.http_method == "GET" && method == "HEAD");
}

}  // namespace

bool Try(absl::string_view input) {
  static const auto& json = *new JsonCodec({});
  static const auto table = *RouteTable::Make(contract::Services());
  const absl::string_view head = input.substr(0, input.find('\n'));
  const absl::string_view body = input.substr(std::min(input.size(), head.size() + 1));
  const std::pair<absl::string_view, absl::string_view> words = absl::StrSplit(head, absl::MaxSplits(' ', 1));
  gateway::http::Request request;
  request.method = std::string(words.first);
  request.target = std::string(words.second);
  // No HTTP parser hands such a target on.
  if (std::any_of(request.target.begin(), request.target.end(),
                  [](unsigned char c) { return c <= ' ' || c == 0x7f; })) {
    return false;
  }
  TryQuery(request.query());

  const Match match = table->Find(request.method, request.path());
  if (match.route == nullptr) {
    Must(std::find(match.allow.begin(), match.allow.end(), request.method) == match.allow.end(),
         "an allowed method has a route", head);
    for (const std::string& method : match.allow) {
      const Match other = table->Find(method, request.path());
      Must(other.route == nullptr || Serves(*other.route, method), "a route has its method", head);
    }
    return false;
  }
  Must(Serves(*match.route, request.method), "a route has its method", head);
  const auto wildcard = match.route->wildcard ? describe::Wildcard::kAllowed : describe::Wildcard::kRefused;
  Must(match.name.empty() ? match.route->pattern.segments.empty()
                          : describe::ParseName(match.route->pattern, match.name, wildcard).has_value(),
       "a route's name has its pattern", match.name);
  const std::string escaped = Escaped(request.path());
  const Match other = table->Find(request.method, escaped);
  Must(other.route == match.route && other.name == match.name, "escapes change nothing", escaped);
  return TryFill(match, request.query(), body, json);
}

}  // namespace edudelta::fuzz
