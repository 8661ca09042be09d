#include "common/resource/reader.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/crypto/canonical.h"
#include "common/describe/district.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"
#include "common/resource/filter.h"
#include "common/resource/page_token.h"
#include "common/resource/permission.h"
#include "common/rpc/limits.h"

namespace edudelta::resource {
namespace {

using google::protobuf::FieldDescriptor;

constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 1000;
constexpr int kExportPage = 500;

void AddRow(Message* response, Message* row) {
  const FieldDescriptor* rows = response->GetDescriptor()->field(0);
  Message* added = response->GetReflection()->AddMessage(response, rows);
  added->GetReflection()->Swap(added, row);
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

struct Reader::Wanted {
  std::string name;
  Ids ids;
  Where where;
  std::optional<Projection> projection;
  // Whether the name alone says that the caller may read it; else the row must.
  bool by_name = false;
  bool now = true;
  rpc::DescribedService::WaitingCall* call = nullptr;

  bool AsksLike(const Wanted& other) const {
    return now && other.now && projection == other.projection && where.sql == other.where.sql &&
           where.values == other.where.values;
  }
};

absl::StatusOr<Reader::Wanted> Reader::PlanGet(const rpc::Call& call, const Message& request) const {
  Wanted wanted;
  wanted.name = TextOf(request, "name");
  RETURN_IF_ERROR(MayAskFor(call, request));
  if (call.caller.has_scope()) {
    ASSIGN_OR_RETURN(Scoped scoped, ScopeOf(call.caller.scope(), table_, cipher_));
    wanted.projection = std::move(scoped.projection);
    wanted.where = std::move(scoped.where);
  } else {
    wanted.by_name = HoldsRole(call.caller, ReadersOf(table_), wanted.name);
    if (!wanted.by_name && table_.options().within().empty()) return RoleMissing();
  }
  ASSIGN_OR_RETURN(wanted.ids, IdsOf(table_, wanted.name));
  const auto* read_time = request.GetDescriptor()->FindFieldByName("read_time");
  wanted.now = read_time == nullptr || !request.GetReflection()->HasField(request, read_time);
  return wanted;
}

absl::Status Reader::Answer(const Wanted& wanted, Message* row) const {
  const rpc::Call& call = wanted.call->call();
  if (call.caller.has_scope()) {
    // The same answer for a row that is not there and for one that the agreement leaves out.
    if (row == nullptr) return Denied("OUTSIDE_AGREEMENT_ROWS", "协议范围内没有这条记录");
  } else {
    const bool may_read = wanted.by_name || (row != nullptr && HoldsRole(call.caller, ReadersOf(table_), table_, *row));
    if (!may_read) return RoleMissing();
    if (row == nullptr) return Missing(wanted.name);
  }
  Message* response = wanted.call->response();
  response->GetReflection()->Swap(response, row);
  presenter_.Read(call, response);
  return absl::OkStatus();
}

void Reader::Find(absl::Span<const Wanted> alike) {
  const Wanted& first = alike.front();
  Store::Read read;
  if (first.projection) read.projection = &*first.projection;
  read.where = first.where;
  absl::Time deadline = absl::InfinitePast();
  std::vector<Ids> ids;
  // By name, how many ask for it.
  absl::flat_hash_map<absl::string_view, int> askers;
  for (const Wanted& wanted : alike) {
    deadline = std::max(deadline, wanted.call->call().deadline);
    ids.push_back(wanted.ids);
    ++askers[wanted.name];
  }
  absl::flat_hash_map<std::string, std::unique_ptr<Message>> found;
  const absl::Status status = pool_.Read(deadline, [&](db::Session& session) -> absl::Status {
    if (!first.now) {
      ASSIGN_OR_RETURN(read.read_time, ReadTimeOf(first.call->call(), session, first.call->request()));
    }
    ASSIGN_OR_RETURN(std::vector<Row> rows, store_.Find(session, ids, read));
    for (Row& row : rows) found.emplace(TextOf(*row.message, "name"), std::move(row.message));
    return absl::OkStatus();
  });
  if (alike.size() > 1 && !status.ok() && !absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) {
    // A row that cannot be read is the failure of those alone who ask for it.
    for (const Wanted& wanted : alike) Find({&wanted, 1});
    return;
  }
  for (const Wanted& wanted : alike) {
    if (!status.ok()) {
      wanted.call->End(status);
      continue;
    }
    const auto row = found.find(wanted.name);
    std::unique_ptr<Message> copy;
    if (row != found.end() && --askers[wanted.name] > 0) {
      copy.reset(row->second->New());
      copy->CopyFrom(*row->second);
    }
    Message* mine = row == found.end() ? nullptr : copy != nullptr ? copy.get() : row->second.get();
    wanted.call->End(Answer(wanted, mine));
  }
}

void Reader::Get(rpc::DescribedService::Batch calls) {
  std::vector<std::vector<Wanted>> groups;
  for (rpc::DescribedService::WaitingCall& call : calls) {
    absl::StatusOr<Wanted> wanted = PlanGet(call.call(), call.request());
    if (!wanted.ok()) {
      call.End(wanted.status());
      continue;
    }
    wanted->call = &call;
    const auto alike = absl::c_find_if(groups, [&](const auto& group) { return group.front().AsksLike(*wanted); });
    (alike == groups.end() ? groups.emplace_back() : *alike).push_back(*std::move(wanted));
  }
  for (const std::vector<Wanted>& group : groups) Find(group);
}

absl::Status Reader::Get(const rpc::Call& call, const Message& request, Message* response) {
  absl::Status answer;
  rpc::DescribedService::WaitingCall one(&call, &request, response, [&](absl::Status status) { answer = status; });
  Get(absl::MakeSpan(&one, 1));
  return answer;
}

struct Reader::Plan {
  Where where;
  std::optional<Projection> projection;
  std::string query;  // Binds page tokens.
  int sought = 0;     // Values of personal fields that the filter asks for.
};

absl::StatusOr<Reader::Plan> Reader::PlanList(const rpc::Call& call, const Message& request) const {
  RETURN_IF_ERROR(MayAskFor(call, request));
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
    const bool district =
        !table_.has_district() || (ids && (ids->front() == "-" || describe::IsDistrictCode(ids->front())));
    if (!ids || !district) return Invalid("parent", "NAME_INVALID", absl::StrCat("上级名称应为 ", pattern.text));
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
  // One more than the page has, to see that there is more, unless so many would be too large.
  int asked = limit + 1;
  RETURN_IF_ERROR(pool.Read(call.deadline, [&](db::Session& session) -> absl::Status {
    Store::Read read;
    if (plan.projection) read.projection = &*plan.projection;
    read.where = plan.where;
    ASSIGN_OR_RETURN(read.read_time, ReadTimeOf(call, session, request));
    ASSIGN_OR_RETURN(asked, store_.Fitting(session, read, after, limit + 1, rpc::kPageBytes));
    ASSIGN_OR_RETURN(rows, store_.Page(session, read, after, asked));
    return absl::OkStatus();
  }));
  last->clear();
  bool more = rows.size() == static_cast<size_t>(asked);
  if (rows.size() > static_cast<size_t>(limit)) rows.resize(limit);
  std::string name;
  size_t bytes = 0;
  for (Row& row : rows) {
    presenter_.Read(call, row.message.get());
    bytes += row.message->ByteSizeLong();
    // One row goes, however large it is.
    if (bytes > rpc::kPageBytes && !name.empty()) {
      more = true;
      break;
    }
    name = NameOf(*row.message);
    AddRow(response, row.message.get());
  }
  if (more) {
    ASSIGN_OR_RETURN(*last, IdsOf(table_, name));
  }
  return absl::OkStatus();
}

absl::Status Reader::List(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(Plan plan, PlanList(call, request));
  // That nobody has the value is an answer about whoever might.
  if (plan.sought > 0) call.Show(rpc::Shown::kClear);
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
  // Of all pages, before the first.
  if (reader_->table_.has_personal()) {
    const bool clear = call.caller.has_scope() || SeesPersonalSomewhere(call.caller);
    call.Show(clear ? rpc::Shown::kClear : rpc::Shown::kMasked);
  }
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
