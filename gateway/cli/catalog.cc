#include "gateway/cli/catalog.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

bool Matches(absl::string_view pattern, absl::string_view text) {
  const std::vector<absl::string_view> wanted = absl::StrSplit(pattern, '/');
  const std::vector<absl::string_view> given = absl::StrSplit(text, '/');
  if (wanted.size() != given.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!absl::StartsWith(wanted[i], "{") && wanted[i] != given[i]) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Catalog> Catalog::Fetch(Session& session) {
  ASSIGN_OR_RETURN(Json catalog, session.Get("/catalog"));
  return Catalog(std::move(catalog));
}

const Json* Catalog::OfName(absl::string_view name) const {
  for (const Json& dataset : List(catalog_, "datasets")) {
    if (Matches(Text(dataset, "pattern"), name)) return &dataset;
  }
  return nullptr;
}

const Json* Catalog::OfCollection(absl::string_view collection) const { return OfName(absl::StrCat(collection, "/-")); }

std::string Catalog::LabelOfVariable(absl::string_view variable) const {
  for (const Json& dataset : List(catalog_, "datasets")) {
    if (absl::EndsWith(Text(dataset, "pattern"), absl::StrCat("/{", variable, "}"))) return Text(dataset, "label");
  }
  return "";
}

std::string IdParameter(const Json& dataset) {
  const std::string name = Text(dataset, "dataset");
  std::string out;
  for (const char c : name.substr(name.find('.') + 1)) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !out.empty()) out += '_';
    out += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return absl::StrCat(out, "_id");
}

std::string ValueLabel(const Json& field, absl::string_view value) {
  for (const Json& known : List(field, "values")) {
    if (Text(known, "name") == value) return Text(known, "label");
  }
  return std::string(value);
}

std::string ShowValue(const Json& field, const Json& value) {
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const Json& item : value) parts.push_back(ShowValue(field, item));
    return absl::StrJoin(parts, value.empty() || value[0].is_object() ? " " : "、");
  }
  if (value.is_boolean()) return value.get<bool>() ? "是" : "否";
  if (!value.is_string()) return value.is_null() ? "" : Dump(value);
  const auto text = value.get<std::string>();
  const std::string type = Text(field, "type");
  if (type == "timestamp") return LocalTime(text);
  if (type == "enum") return ValueLabel(field, text);
  return Text(field, "reference").empty() ? text : LastSegment(text);
}

}  // namespace edudelta::gateway::cli
