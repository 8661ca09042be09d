#include "common/resource/reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/crypto/canonical.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"
#include "common/resource/filter.h"
#include "common/resource/page_token.h"
#include "common/resource/permission.h"

namespace edudelta::resource {
namespace {

using google::protobuf::FieldDescriptor;

constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 1000;
constexpr int kExportPage = 500;

Message* AddRow(Message* response, Message* row) {
  const FieldDescriptor* rows = response->GetDescriptor()->field(0);
  Message* added = response->GetReflection()->AddMessage(response, rows);
  added->GetReflection()->Swap(added, row);
  return added;
}

// Columns and rows that an agreement lets through.
struct Scoped {
  Projection projection;
  Where where;
};

absl::StatusOr<Scoped> ScopeOf(const call::v1::Scope& scope, const Table& table, const crypto::FieldCipher& cipher) {
  if (scope.dataset() != table.dataset()) return Denied("METHOD_NOT_SHARED", "协议不包括此数据集");
  Scoped scoped;
  // A derived field is computed from others, which Present() takes away again.
  const bool derives = std::any_of(table.derived().begin(), table.derived().end(), [&](const FieldDescriptor* field) {
    return std::find(scope.fields().begin(), scope.fields().end(), field->name()) != scope.fields().end();
  });
  for (const Column& column : table.columns()) {
    if (derives || std::find(scope.fields().begin(), scope.fields().end(), column.name) != scope.fields().end()) {
      scoped.projection.push_back(&column);
    }
  }
  if (table.has_district()) {
    if (scope.districts().empty()) return Denied("NO_AGREEMENT", "协议没有包括任何区划");
    std::vector<db::Value> districts(scope.districts().begin(), scope.districts().end());
    scoped.where.And(
        absl::StrCat("`district_id` IN (", absl::StrJoin(std::vector<std::string>(districts.size(), "?"), ", "), ")"),
        districts);
  }
  ASSIGN_OR_RETURN(std::vector<Condition> conditions, ParseFilter(scope.row_filter()));
  ASSIGN_OR_RETURN(Where rows, FilterToSql(conditions, table, cipher, Search::kNo, nullptr));
  scoped.where.And(rows);
  return scoped;
}

}  // namespace

absl::StatusOr<int> PageSizeOf(const Message& request) {
  const int size = request.GetReflection()->GetInt32(request, request.GetDescriptor()->FindFieldByName("page_size"));
  if (size < 0) return Invalid("page_size", "PAGE_SIZE_NEGATIVE", "每页条数不能是负数");
  return size == 0 ? kDefaultPage : std::min(size, kLargestPage);
}

Reader::Reader(const Table& table, const Store& store, const Presenter& presenter, db::Pool& pool, db::Pool& bulk_pool,
               const crypto::FieldCipher& cipher, const Clock& clock)
    : table_(table),
      store_(store),
      presenter_(presenter),
      pool_(pool),
      bulk_pool_(bulk_pool),
      cipher_(cipher),
      clock_(clock),
      search_limiter_(60, absl::Minutes(1)) {}

absl::Status Reader::Get(const rpc::Call& call, const Message& request, Message* response) {
  const std::string name = TextOf(request, "name");
  Store::Read read;
  Scoped scoped;
  const Roles readers = ReadersOf(table_);
  if (call.caller.has_scope()) {
    ASSIGN_OR_RETURN(scoped, ScopeOf(call.caller.scope(), table_, cipher_));
    read.projection = &scoped.projection;
    read.where = scoped.where;
  } else if (!HoldsRole(call.caller, readers, name) && table_.options().within().empty()) {
    return RoleMissing();
  }
  ASSIGN_OR_RETURN(Ids ids, IdsOf(table_, name));
  std::optional<Row> row;
  RETURN_IF_ERROR(pool_.Read(call.deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(read.read_time, ReadTimeOf(session, request));
    ASSIGN_OR_RETURN(row, store_.Find(session, ids, read));
    return absl::OkStatus();
  }));
  if (call.caller.has_scope()) {
    // The same answer for a row that is not there and for one that the agreement leaves out.
    if (!row) return Denied("OUTSIDE_AGREEMENT_ROWS", "协议范围内没有这条记录");
  } else {
    const bool by_name = HoldsRole(call.caller, readers, name);
    if (!by_name && (!row || !HoldsRole(call.caller, readers, table_, *row->message))) return RoleMissing();
    if (!row) return Missing(name);
  }
  response->GetReflection()->Swap(response, row->message.get());
  presenter_.Read(call, response);
  return absl::OkStatus();
}

struct Reader::Plan {
  Where where;
  std::optional<Projection> projection;
  std::string query;  // Binds page tokens.
  int sought = 0;     // Values of personal fields that the filter asks for.
};

absl::StatusOr<Reader::Plan> Reader::PlanList(const rpc::Call& call, const Message& request) const {
  const bool search = request.GetDescriptor()->name().rfind("Search", 0) == 0;
  Plan plan;
  const std::string parent = TextOf(request, "parent");
  const describe::Pattern pattern = describe::ParentPattern(table_.pattern());
  const std::vector<std::string>* visible = nullptr;
  std::vector<std::string> granted;
  if (call.caller.has_scope()) {
    ASSIGN_OR_RETURN(Scoped scoped, ScopeOf(call.caller.scope(), table_, cipher_));
    plan.where = std::move(scoped.where);
    plan.projection = std::move(scoped.projection);
    granted.assign(call.caller.scope().fields().begin(), call.caller.scope().fields().end());
    visible = &granted;
  } else {
    const Roles readers = ReadersOf(table_);
    // A role at the parent or above sees all below it; one further down or beside it sees its own rows.
    if (parent.empty() || !HoldsRole(call.caller, readers, parent)) {
      auto rows = ReadableRows(call.caller, readers, table_);
      if (!rows) return RoleMissing();
      plan.where = *std::move(rows);
    }
  }
  if (!pattern.segments.empty()) {
    const auto ids = describe::ParseName(pattern, parent, describe::Wildcard::kAllowed);
    if (!ids) return Invalid("parent", "NAME_INVALID", absl::StrCat("上级名称应为 ", pattern.text));
    if (call.caller.has_scope() && table_.has_district() && ids->front() != "-") {
      const auto& districts = call.caller.scope().districts();
      if (std::find(districts.begin(), districts.end(), ids->front()) == districts.end()) {
        return Denied("OUTSIDE_AGREEMENT_ROWS", "协议不包括此区划");
      }
    }
    for (size_t i = 0; i < ids->size(); ++i) {
      if ((*ids)[i] == "-") continue;
      plan.where.And(absl::StrCat("`", table_.keys()[i], "` = ?"), {std::string((*ids)[i])});
    }
  }
  if (search && !call.caller.has_scope() && !SeesPersonalBelow(call.caller, parent)) {
    for (const Column& column : table_.columns()) {
      if (!column.personal()) granted.push_back(column.name);
    }
    visible = &granted;
  }
  ASSIGN_OR_RETURN(std::vector<Condition> conditions, ParseFilter(TextOf(request, "filter")));
  for (const Condition& condition : conditions) {
    const Column* column = table_.Find(condition.field);
    if (column != nullptr && column->personal()) plan.sought += static_cast<int>(condition.literals.size());
  }
  ASSIGN_OR_RETURN(Where filter,
                   FilterToSql(conditions, table_, cipher_, search ? Search::kYes : Search::kNo, visible));
  plan.where.And(filter);
  std::unique_ptr<Message> arguments(request.New());
  arguments->CopyFrom(request);
  for (const char* field : {"page_token", "page_size"}) {
    if (const auto* descriptor = arguments->GetDescriptor()->FindFieldByName(field)) {
      arguments->GetReflection()->ClearField(arguments.get(), descriptor);
    }
  }
  plan.query = absl::StrCat(call.caller.principal(), "\n", call.caller.scope().agreement_hash(), "\n",
                            request.GetTypeName(), "\n", crypto::CanonicalBytes(*arguments));
  return plan;
}

absl::Status Reader::ReadPage(const rpc::Call& call, db::Pool& pool, const Message& request, const Plan& plan,
                              const Ids& after, int limit, Message* response, Ids* last) {
  std::vector<Row> rows;
  RETURN_IF_ERROR(pool.Read(call.deadline, [&](db::Session& session) -> absl::Status {
    Store::Read read;
    if (plan.projection) read.projection = &*plan.projection;
    read.where = plan.where;
    ASSIGN_OR_RETURN(read.read_time, ReadTimeOf(session, request));
    ASSIGN_OR_RETURN(rows, store_.Page(session, read, after, limit + 1));
    return absl::OkStatus();
  }));
  last->clear();
  const bool more = rows.size() > static_cast<size_t>(limit);
  if (more) {
    rows.resize(limit);
    ASSIGN_OR_RETURN(*last, IdsOf(table_, TextOf(*rows.back().message, "name")));
  }
  for (Row& row : rows) presenter_.Read(call, AddRow(response, row.message.get()));
  return absl::OkStatus();
}

absl::Status Reader::List(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(Plan plan, PlanList(call, request));
  const auto* descriptor = request.GetDescriptor();
  if (descriptor->name().rfind("Search", 0) == 0 &&
      !search_limiter_.Take(call.caller.principal(), clock_.Now(), std::max(1, plan.sought))) {
    return Error(absl::StatusCode::kResourceExhausted, "SEARCH_LIMIT", "按敏感字段查找过于频繁，请稍后再试");
  }
  ASSIGN_OR_RETURN(const int size, PageSizeOf(request));
  Ids after;
  const std::string token = TextOf(request, "page_token");
  if (!token.empty()) {
    ASSIGN_OR_RETURN(after, ReadPageToken(token, plan.query, cipher_));
  }
  Ids last;
  RETURN_IF_ERROR(ReadPage(call, pool_, request, plan, after, size, response, &last));
  if (!last.empty()) {
    const auto* next = response->GetDescriptor()->FindFieldByName("next_page_token");
    response->GetReflection()->SetString(response, next, MakePageToken(last, plan.query, cipher_));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Reader::Exporter::Next(const rpc::Call& call, Message* response) {
  if (done_) return false;
  ASSIGN_OR_RETURN(Plan plan, reader_->PlanList(call, *request_));
  response->Clear();
  RETURN_IF_ERROR(
      reader_->ReadPage(call, reader_->bulk_pool_, *request_, plan, after_, kExportPage, response, &after_));
  done_ = after_.empty();
  const auto* rows = response->GetDescriptor()->field(0);
  return response->GetReflection()->FieldSize(*response, rows) > 0;
}

absl::StatusOr<Row> Reader::Load(const rpc::Call& call, absl::string_view name) {
  ASSIGN_OR_RETURN(Ids ids, IdsOf(table_, name));
  std::optional<Row> row;
  RETURN_IF_ERROR(pool_.Read(call.deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(row, store_.Find(session, ids, {}));
    return absl::OkStatus();
  }));
  if (!row) return Missing(name);
  return *std::move(row);
}

}  // namespace edudelta::resource
