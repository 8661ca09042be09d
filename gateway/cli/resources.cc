#include "gateway/cli/resources.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "gateway/cli/catalog.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/files.h"
#include "gateway/cli/table.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

constexpr size_t kColumns = 8;
constexpr int kWidest = 40;

const Json& FieldNamed(const Json& dataset, absl::string_view name) {
  static const Json kNone;
  for (const Json& field : List(dataset, "fields")) {
    if (Text(field, "name") == name) return field;
  }
  return kNone;
}

// The fields a table shows: those asked for, else the first simple ones.
std::vector<std::string> FieldsOf(const Json& dataset, const std::string& asked, const std::vector<Json>& rows) {
  if (!asked.empty()) return absl::StrSplit(asked, ',', absl::SkipWhitespace());
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    const auto has = [&](const Json& row) { return row.contains(name) && !row[name].is_object(); };
    const bool dull =
        name == "name" || name == "etag" || name == "create_time" || name == "update_time" || name == "generated";
    if (names.size() < kColumns && !dull && std::any_of(rows.begin(), rows.end(), has)) names.push_back(name);
  };
  for (const Json& field : List(dataset, "fields")) {
    if (Text(field, "type").find('.') == std::string::npos) add(Text(field, "name"));
  }
  if (names.empty() && !rows.empty()) {
    for (const auto& [name, value] : rows.front().items()) add(name);
  }
  return names;
}

bool IsNumber(const Json& field) {
  const std::string type = Text(field, "type");
  return type == "decimal" || absl::StartsWith(type, "int") || type == "double";
}

void PrintRows(Session& session, const Json& dataset, const std::vector<Json>& rows, const ListOptions& options) {
  const bool wild = absl::StrContains(options.collection, "-/") || absl::StrContains(options.collection, "/-");
  Table table;
  table.Column(wild ? "名称" : "编号");
  const std::vector<std::string> fields = FieldsOf(dataset, options.fields, rows);
  for (const std::string& name : fields) {
    const Json& field = FieldNamed(dataset, name);
    const std::string label = Text(field, "label");
    table.Column(label.empty() ? name : label, IsNumber(field) ? Align::kRight : Align::kLeft, kWidest);
  }
  for (const Json& row : rows) {
    const std::string name = Text(row, "name");
    std::vector<std::string> cells = {wild ? name : LastSegment(name)};
    for (const std::string& field : fields) {
      cells.push_back(ShowValue(FieldNamed(dataset, field), Member(row, field.c_str())));
    }
    table.Row(std::move(cells));
  }
  if (!table.empty()) table.Print(session.out());
}

// What a GET takes instead of a body.
void Flatten(const std::string& prefix, const Json& value, Query* query) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items())
      Flatten(prefix.empty() ? key : absl::StrCat(prefix, ".", key), member, query);
  } else if (value.is_array()) {
    for (const Json& item : value) Flatten(prefix, item, query);
  } else if (!value.is_null()) {
    query->emplace_back(prefix, value.is_string() ? value.get<std::string>() : Dump(value));
  }
}

}  // namespace

absl::StatusOr<Json> ReadData(const std::string& data) {
  std::string text = data;
  if (absl::StartsWith(data, "@")) {
    ASSIGN_OR_RETURN(text, ReadFile(data.substr(1)));
  }
  RETURN_IF_ERROR(CheckDepth("--data", text));
  Json value = ParseJson(text);
  if (!value.is_object()) return Fail(Exit::kUsage, "--data 应是一个 JSON 对象，或 @文件");
  return value;
}

absl::Status ShowResource(Session& session, const Json& resource) {
  if (session.globals().json) {
    session.out() << Dump(resource, 2) << '\n';
    return absl::OkStatus();
  }
  const absl::StatusOr<Catalog> catalog = Catalog::Fetch(session);
  const Json* found = catalog.ok() ? catalog->OfName(Text(resource, "name")) : nullptr;
  const Json dataset = found == nullptr ? Json() : *found;
  Table table;
  table.Column("字段");
  table.Column("值");
  for (const auto& [name, value] : resource.items()) {
    const Json& field = FieldNamed(dataset, name);
    const std::string label = Text(field, "label");
    const std::string unit = Text(field, "unit");
    const bool whole = name == "name" || !Text(field, "reference").empty();
    const std::string shown = whole && value.is_string() ? value.get<std::string>() : ShowValue(field, value);
    table.Row({label.empty() ? (name == "name" ? "名称" : name) : label,
               unit.empty() ? shown : absl::StrCat(shown, " ", unit)});
  }
  table.Print(session.out());
  return absl::OkStatus();
}

void ShowWritten(Session& session, const Json& answer, absl::string_view done) {
  if (session.globals().json) {
    session.out() << Dump(answer, 2) << '\n';
  } else if (!session.globals().quiet) {
    session.out() << done << (answer.contains("name") ? absl::StrCat("：", Printable(Text(answer, "name"))) : "")
                  << '\n';
  }
}

absl::Status GetResource(Session& session, const std::string& name, const std::string& read_time) {
  ASSIGN_OR_RETURN(const Json resource, session.Get(PathOf(CleanName(name), {{"read_time", read_time}})));
  return ShowResource(session, resource);
}

absl::Status ListResources(Session& session, const ListOptions& options) {
  ListOptions wanted = options;
  wanted.collection = CleanName(options.collection);
  std::vector<Json> rows;
  bool more = false;
  RETURN_IF_ERROR(session.List(
      wanted.collection, {{"filter", options.filter}, {"read_time", options.read_time}},
      options.all ? 0 : options.limit, [&](Json row) { rows.push_back(std::move(row)); }, &more));
  if (session.globals().json) {
    session.out() << Dump(Json(rows), 2) << '\n';
    return absl::OkStatus();
  }
  const absl::StatusOr<Catalog> catalog = Catalog::Fetch(session);
  const Json* dataset = catalog.ok() ? catalog->OfCollection(wanted.collection) : nullptr;
  PrintRows(session, dataset == nullptr ? Json() : *dataset, rows, wanted);
  session.Note(absl::StrCat("共 ", Grouped(static_cast<int64_t>(rows.size())), " 条",
                            more ? "，还有更多：用 --limit 或 --all" : ""));
  return absl::OkStatus();
}

absl::Status CreateResource(Session& session, const std::string& collection, const std::string& id,
                            const std::string& data) {
  ASSIGN_OR_RETURN(const Json body, ReadData(data));
  const std::string parent = CleanName(collection);
  Query query;
  if (!id.empty()) {
    ASSIGN_OR_RETURN(const Catalog catalog, Catalog::Fetch(session));
    const Json* dataset = catalog.OfCollection(parent);
    if (dataset == nullptr) return Fail(Exit::kUsage, absl::StrCat("没有这样的集合：", collection));
    query.emplace_back(IdParameter(*dataset), id);
  }
  ASSIGN_OR_RETURN(const Json answer, session.Write("POST", PathOf(parent, query), body));
  ShowWritten(session, answer, "已新增");
  return absl::OkStatus();
}

absl::Status UpdateResource(Session& session, const std::string& name, const std::string& data, const std::string& mask,
                            const std::string& etag) {
  ASSIGN_OR_RETURN(const Json body, ReadData(data));
  const std::string clean = CleanName(name);
  // With an etag the write tells itself what was stored before.
  std::string before = etag;
  if (before.empty()) {
    const absl::StatusOr<Json> stored = session.Get(PathOf(clean));
    if (stored.ok()) before = Text(*stored, "etag");
  }
  ASSIGN_OR_RETURN(const Json answer, session.Write("PATCH", PathOf(clean, {{"update_mask", mask}}), body, etag));
  const bool same = !before.empty() && absl::StrReplaceAll(before, {{"\"", ""}}) ==
                                           absl::StrReplaceAll(Text(answer, "etag"), {{"\"", ""}});
  ShowWritten(session, answer, same ? "没有变化" : before.empty() ? "已提交" : "已修改");
  return absl::OkStatus();
}

absl::Status DeleteResource(Session& session, const std::string& name, const std::string& etag) {
  const std::string clean = CleanName(name);
  RETURN_IF_ERROR(session.Write("DELETE", PathOf(clean), Json(), etag).status());
  ShowWritten(session, {{"name", clean}}, "已删除");
  return absl::OkStatus();
}

absl::Status CallMethod(Session& session, const std::string& target, const std::string& data) {
  const std::string clean = CleanName(target);
  if (!absl::StrContains(clean, ':'))
    return Fail(Exit::kUsage, "应写作 名称:动作，如 districts/310114:evaluateBalance");
  Json body = Json::object();
  if (!data.empty()) {
    ASSIGN_OR_RETURN(body, ReadData(data));
  }
  absl::StatusOr<Json> answer = session.Write("POST", PathOf(clean), body);
  // Methods without side effects are reads, and take their arguments in the query.
  if (absl::IsUnimplemented(answer.status())) {
    Query query;
    Flatten("", body, &query);
    answer = session.Get(PathOf(clean, query));
  }
  if (!answer.ok()) return answer.status();
  session.out() << Dump(*answer, 2) << '\n';
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
