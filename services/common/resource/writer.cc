#include "common/resource/writer.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/crypto/digest.h"
#include "common/describe/limits.h"
#include "common/resource/check.h"
#include "common/resource/field_mask.h"
#include "common/resource/fields.h"
#include "common/resource/permission.h"

namespace edudelta::resource {
namespace {

using google::protobuf::FieldDescriptor;

// An id that a repeated request makes again.
std::string MakeId(const rpc::Call& call, const std::string& request_id, int index) {
  if (request_id.empty()) return RandomHex(10);
  return absl::BytesToHexString(crypto::Sm3(absl::StrCat(call.caller.principal(), "\n", request_id, "\n", index)))
      .substr(0, 20);
}

}  // namespace

absl::Status Duplicate(const absl::Status& status, const Table& table) {
  if (!absl::IsAlreadyExists(status)) return status;
  return Error(absl::StatusCode::kAlreadyExists, absl::StrCat(ReasonWord(table.type()->name()), "_EXISTS"),
               absl::StrCat("已有相同的", table.options().label()));
}

absl::StatusOr<std::unique_ptr<Message>> Writer::NewRow(const rpc::Call& call, const Message& create,
                                                        absl::string_view parent, const std::string& made_id) const {
  const Message* given = nullptr;
  std::string given_field;
  std::string id;
  const auto* descriptor = create.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->message_type() == table_.type()) {
      given = MessageOf(create, field->name());
      given_field = field->name();
    }
    if (absl::EndsWith(field->name(), "_id") && field->name() != "request_id") id = TextOf(create, field->name());
  }
  std::unique_ptr<Message> next = table_.New();
  if (given != nullptr) next->CopyFrom(*given);
  if (id.empty()) id = made_id;
  std::string name = absl::StrCat(parent, parent.empty() ? "" : "/", describe::CollectionOf(table_.pattern()), "/", id);
  next->GetReflection()->SetString(next.get(), table_.name_field(), name);
  RETURN_IF_ERROR(checks_.MayWrite(call, *next));
  if (given == nullptr) return Invalid(given_field, "FIELD_REQUIRED", "缺少记录内容");
  RETURN_IF_ERROR(checks_.CheckId(id));
  RETURN_IF_ERROR(IdsOf(table_, name).status());
  checks_.Start(next.get());
  RETURN_IF_ERROR(checks_.CheckWhole(next.get()));
  RETURN_IF_ERROR(checks_.CheckTogether(*next));
  return next;
}

absl::Status Writer::Emit(db::Tx& tx, const std::string& now, const std::vector<outbox::Change>& changes) {
  if (!table_.options().events() || changes.empty()) return absl::OkStatus();
  // Without etags: they are of the row here and no data, and rows that were inserted together have none yet.
  std::vector<outbox::Change> bare = changes;
  std::vector<std::unique_ptr<Message>> copies;
  auto strip = [&](const Message*& row) {
    if (row == nullptr || TextOf(*row, "etag").empty()) return;
    copies.emplace_back(row->New())->CopyFrom(*row);
    copies.back()->GetReflection()->ClearField(copies.back().get(), table_.etag_field());
    row = copies.back().get();
  };
  for (outbox::Change& change : bare) {
    strip(change.before);
    strip(change.after);
  }
  return outbox_.Append(tx, now, bare);
}

absl::StatusOr<Written> Writer::InsertNew(const rpc::Call& call, db::Tx& tx, const std::string& now,
                                          const Verdict& references, Message* next) {
  RETURN_IF_ERROR(references.any);
  const std::string name = NameOf(*next);
  if (table_.options().append_only()) {
    // Sent twice counts once.
    ASSIGN_OR_RETURN(Ids ids, IdsOf(table_, name));
    ASSIGN_OR_RETURN(std::vector<Row> found, store_.Lock(tx, {ids}));
    if (!found.empty() && SameInput(*found[0].message, *next, table_) &&
        MayTellSame(call.caller, table_, *found[0].message, *next)) {
      next->CopyFrom(*found[0].message);
      return Written{name, found[0].version, found[0].update_time, true};
    }
  }
  RETURN_IF_ERROR(references.Of(nullptr, *next));
  RETURN_IF_ERROR(checks_.CheckElsewhere(tx, *next));
  if (rules_.in_transaction) RETURN_IF_ERROR(rules_.in_transaction(call, tx, nullptr, next));
  const auto row_id = store_.InsertOne(tx, now, *next);
  if (!row_id.ok()) return Duplicate(row_id.status(), table_);
  RETURN_IF_ERROR(log_.AppendCreated(call, tx, now, {next}));
  SetTime(next, table_.create_time_field(), now);
  SetTime(next, table_.update_time_field(), now);
  next->GetReflection()->SetString(next, table_.etag_field(), store_.EtagOf(*row_id, 1));
  RETURN_IF_ERROR(Emit(tx, now,
                       {{table_.dataset(), std::string(describe::DistrictOf(name)), name, feed::v1::Event::KIND_CREATED,
                         nullptr, next}}));
  return Written{name, 1};
}

absl::Status Writer::Create(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(std::unique_ptr<Message> next,
                   NewRow(call, request, TextOf(request, "parent"), MakeId(call, RequestIdOf(request), 0)));
  RETURN_IF_ERROR(references_.MayName(call, table_, nullptr, *next));
  std::vector<Verdict> each(1);
  RETURN_IF_ERROR(references_.CheckCopies(call, table_, {next.get()}, &each));
  RETURN_IF_ERROR(each[0].any);
  RETURN_IF_ERROR(once_.Run(
      call, request,
      [&](db::Tx& tx, const std::string& now) -> absl::StatusOr<Written> {
        std::vector<Verdict> local = each;
        RETURN_IF_ERROR(references_.CheckRows(tx, table_, {next.get()}, &local));
        response->CopyFrom(*next);
        std::vector<Arrival> arriving = {{nullptr, response}};
        RETURN_IF_ERROR(unique_.Prepare(tx, &arriving));
        RETURN_IF_ERROR(arriving[0].status);
        ASSIGN_OR_RETURN(Written written, InsertNew(call, tx, now, local[0], response));
        if (!written.unchanged) RETURN_IF_ERROR(unique_.CheckWritten(tx, arriving));
        return written;
      },
      [&](db::Tx& tx, const Written& written) { return Replay(tx, written, response); }));
  presenter_.Written(call, response);
  return absl::OkStatus();
}

absl::Status Writer::BatchCreate(const rpc::Call& call, const Message& request, Message* response) {
  const auto* reflection = request.GetReflection();
  const FieldDescriptor* requests = request.GetDescriptor()->FindFieldByName("requests");
  const std::string batch_parent = TextOf(request, "parent");
  RETURN_IF_ERROR(CheckWritesBelow(call.caller, table_, describe::MethodKind::kBatchCreate, batch_parent));
  const int size = reflection->FieldSize(request, requests);
  if (size == 0 || size > describe::kMostItems) return Invalid("requests", "BATCH_SIZE", "每批应有1至1000条");
  std::vector<std::unique_ptr<Message>> rows;
  std::vector<const Message*> views;
  for (int i = 0; i < size; ++i) {
    const Message& create = reflection->GetRepeatedMessage(request, requests, i);
    const std::string parent = TextOf(create, "parent").empty() ? batch_parent : TextOf(create, "parent");
    if (const absl::Status below = CheckBelow(batch_parent, parent, "parent"); !below.ok()) {
      return WithFieldPrefix(below, absl::StrCat("requests[", i, "]"));
    }
    // The batch's own is the one that counts.
    RETURN_IF_ERROR(WithFieldPrefix(CheckRequestId(create), absl::StrCat("requests[", i, "]")));
    auto next = NewRow(call, create, parent, MakeId(call, RequestIdOf(request), i));
    absl::Status status = next.status();
    if (status.ok()) status = references_.MayName(call, table_, nullptr, **next);
    if (!status.ok()) return WithFieldPrefix(status, absl::StrCat("requests[", i, "]"));
    rows.push_back(*std::move(next));
    views.push_back(rows.back().get());
  }
  std::vector<Verdict> each(size);
  RETURN_IF_ERROR(references_.CheckCopies(call, table_, views, &each));
  const FieldDescriptor* output = response->GetDescriptor()->field(0);
  RETURN_IF_ERROR(once_.Run(
      call, request,
      [&](db::Tx& tx, const std::string& now) -> absl::StatusOr<Written> {
        response->Clear();
        bool unchanged = false;
        std::vector<Verdict> local = each;
        RETURN_IF_ERROR(references_.CheckRows(tx, table_, views, &local));
        std::vector<Arrival> arriving;
        for (const Message* view : views) {
          Message* next = response->GetReflection()->AddMessage(response, output);
          next->CopyFrom(*view);
          arriving.push_back({nullptr, next, SeesPersonalBelow(call.caller, ParentOf(NameOf(*next)))});
        }
        RETURN_IF_ERROR(unique_.Prepare(tx, &arriving));
        for (int i = 0; i < size; ++i) {
          absl::Status status = arriving[i].status;
          absl::StatusOr<Written> written = Written();
          if (status.ok()) written = InsertNew(call, tx, now, local[i], arriving[i].next);
          if (status.ok()) status = written.status();
          if (!status.ok()) return WithFieldPrefix(status, absl::StrCat("requests[", i, "]"));
          unchanged |= written->unchanged;
        }
        // Without saying which: what was tried beside it would be told not to be there.
        RETURN_IF_ERROR(unique_.CheckWritten(tx, arriving));
        return Written{NameOf(*views[0]), 1, "", unchanged};
      },
      [&](db::Tx& tx, const Written& written) -> absl::Status {
        response->Clear();
        for (const Message* row : views) {
          RETURN_IF_ERROR(
              Replay(tx, {NameOf(*row), 1, written.time}, response->GetReflection()->AddMessage(response, output)));
        }
        return absl::OkStatus();
      }));
  for (int i = 0; i < size; ++i)
    presenter_.Written(call, response->GetReflection()->MutableRepeatedMessage(response, output, i));
  return absl::OkStatus();
}

absl::StatusOr<Row> Writer::Lock(db::Tx& tx, const std::string& name) const {
  ASSIGN_OR_RETURN(Ids ids, IdsOf(table_, name));
  ASSIGN_OR_RETURN(std::vector<Row> rows, store_.Lock(tx, {ids}));
  if (rows.empty()) return Missing(name);
  return std::move(rows[0]);
}

absl::StatusOr<Written> Writer::Replace(const rpc::Call& call, db::Tx& tx, const std::string& start, const Row& old,
                                        Message* next) {
  const std::string name = NameOf(*next);
  const std::string now = After(start, old);
  RETURN_IF_ERROR(checks_.CheckElsewhere(tx, *next));
  if (rules_.in_transaction) RETURN_IF_ERROR(rules_.in_transaction(call, tx, old.message.get(), next));
  std::vector<Arrival> arriving = {{old.message.get(), next}};
  RETURN_IF_ERROR(unique_.Prepare(tx, &arriving));
  RETURN_IF_ERROR(arriving[0].status);
  if (const absl::Status status = store_.Replace(tx, now, old, *next); !status.ok()) return Duplicate(status, table_);
  RETURN_IF_ERROR(unique_.CheckWritten(tx, arriving));
  SetTime(next, table_.update_time_field(), now);
  next->GetReflection()->SetString(next, table_.etag_field(), store_.EtagOf(old.row_id, old.version + 1));
  RETURN_IF_ERROR(Emit(tx, now,
                       {{table_.dataset(), std::string(describe::DistrictOf(name)), name, feed::v1::Event::KIND_UPDATED,
                         old.message.get(), next}}));
  return Written{name, old.version + 1, now};
}

absl::Status Writer::Update(const rpc::Call& call, const Message& request, Message* response) {
  const Message* given = nullptr;
  for (int i = 0; i < request.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = request.GetDescriptor()->field(i);
    if (field->message_type() == table_.type()) given = MessageOf(request, field->name());
  }
  if (given == nullptr) return Invalid("name", "FIELD_REQUIRED", "缺少记录内容");
  const std::string name = NameOf(*given);
  if (table_.options().append_only()) return Denied("RESOURCE_APPEND_ONLY", "此类记录不能修改");
  // Where the stored row says it belongs decides who may write, and where the new one would; before that nothing is
  // told of what it names.
  const std::unique_ptr<Message> named = table_.Named(name);
  std::optional<Row> stored;
  if (!table_.options().within().empty() && !call.caller.has_scope()) {
    auto loaded = reader_.Load(call, name);
    if (!loaded.ok() && !absl::IsNotFound(loaded.status())) return loaded.status();
    if (loaded.ok()) stored = *std::move(loaded);
  }
  RETURN_IF_ERROR(checks_.MayWrite(call, stored ? *stored->message : *named));
  ASSIGN_OR_RETURN(std::vector<const FieldDescriptor*> mask, WritableFields(request, *given, table_));
  if (stored) {
    CopyFields(*given, mask, stored->message.get());
    RETURN_IF_ERROR(checks_.MayWrite(call, *stored->message));
  }
  // What is not written need not be right.
  std::unique_ptr<Message> written = table_.New();
  CopyFields(*given, mask, written.get());
  RETURN_IF_ERROR(checks_.CheckTogether(*written));
  std::vector<Verdict> each(1);
  RETURN_IF_ERROR(references_.CheckCopies(call, table_, {written.get()}, &each, name));
  RETURN_IF_ERROR(each[0].any);
  RETURN_IF_ERROR(once_.Run(
      call, request,
      [&](db::Tx& tx, const std::string& now) -> absl::StatusOr<Written> {
        auto locked = Lock(tx, name);
        if (absl::IsNotFound(locked.status())) RETURN_IF_ERROR(checks_.MayWrite(call, *named));
        if (!locked.ok()) return locked.status();
        const Row& old = *locked;
        RETURN_IF_ERROR(checks_.MayWrite(call, *old.message));
        RETURN_IF_ERROR(CheckEtag(TextOf(*given, "etag"), old));
        response->CopyFrom(*old.message);
        CopyFields(*given, mask, response);
        RETURN_IF_ERROR(CheckImmutable(*old.message, *response, table_));
        RETURN_IF_ERROR(checks_.MayWrite(call, *response));
        RETURN_IF_ERROR(references_.MayName(call, table_, old.message.get(), *response));
        RETURN_IF_ERROR(checks_.CheckWhole(response));
        if (SameContent(*old.message, *response, table_) && MayTellSame(call.caller, table_, *old.message, *written)) {
          return Written{name, old.version, After(now, old), true};
        }
        RETURN_IF_ERROR(checks_.MayChange(*old.message, *response));
        std::vector<Verdict> local = each;
        RETURN_IF_ERROR(references_.CheckRows(tx, table_, {response}, &local));
        RETURN_IF_ERROR(local[0].Of(old.message.get(), *response));
        return Replace(call, tx, now, old, response);
      },
      [&](db::Tx& tx, const Written& done) -> absl::Status {
        RETURN_IF_ERROR(Replay(tx, done, response));
        return checks_.MayWrite(call, *response);
      }));
  presenter_.Written(call, response);
  return absl::OkStatus();
}

absl::Status Writer::Delete(const rpc::Call& call, const Message& request) {
  const std::string name = TextOf(request, "name");
  const std::unique_ptr<Message> named = table_.Named(name);
  if (table_.options().within().empty() || call.caller.has_scope()) RETURN_IF_ERROR(checks_.MayWrite(call, *named));
  if (table_.options().append_only()) return Denied("RESOURCE_APPEND_ONLY", "此类记录不能删除");
  ASSIGN_OR_RETURN(Ids ids, IdsOf(table_, name));
  return once_.Run(
      call, request,
      [&](db::Tx& tx, const std::string& now) -> absl::StatusOr<Written> {
        auto locked = Lock(tx, name);
        if (absl::IsNotFound(locked.status())) RETURN_IF_ERROR(checks_.MayWrite(call, *named));
        if (!locked.ok()) return locked.status();
        const Row& old = *locked;
        RETURN_IF_ERROR(checks_.MayWrite(call, *old.message));
        RETURN_IF_ERROR(CheckEtag(TextOf(request, "etag"), old));
        RETURN_IF_ERROR(references_.CheckDeletable(tx, table_, name, ids));
        RETURN_IF_ERROR(checks_.MayDelete(tx, *old.message));
        RETURN_IF_ERROR(store_.Remove(tx, After(now, old), old));
        RETURN_IF_ERROR(Emit(tx, now,
                             {{table_.dataset(), std::string(describe::DistrictOf(name)), name,
                               feed::v1::Event::KIND_DELETED, old.message.get(), nullptr}}));
        return Written{name, 0};
      },
      [&](db::Tx&, const Written&) { return absl::OkStatus(); });
}

absl::Status Writer::CreateAll(const rpc::Call& call, db::Tx& tx, const std::string& now,
                               const std::vector<Message*>& rows) {
  for (Message* row : rows) {
    checks_.Begin(row);
    RETURN_IF_ERROR(checks_.CheckWhole(row));
  }
  std::vector<Verdict> each(rows.size());
  RETURN_IF_ERROR(references_.CheckRows(tx, table_, std::vector<const Message*>(rows.begin(), rows.end()), &each));
  for (size_t i = 0; i < rows.size(); ++i) RETURN_IF_ERROR(each[i].Of(nullptr, *rows[i]));
  return InsertAll(call, tx, now, rows);
}

absl::Status Writer::InsertRows(const rpc::Call& call, db::Tx& tx, const std::string& now,
                                const std::vector<const Message*>& rows) {
  if (const absl::Status status = store_.Insert(tx, now, rows); !status.ok()) return Duplicate(status, table_);
  return log_.AppendCreated(call, tx, now, rows);
}

absl::Status Writer::InsertAll(const rpc::Call& call, db::Tx& tx, const std::string& now,
                               const std::vector<Message*>& rows) {
  std::vector<const Message*> views(rows.begin(), rows.end());
  ASSIGN_OR_RETURN(const std::vector<absl::Status> elsewhere, checks_.CheckElsewhere(tx, views));
  for (const absl::Status& status : elsewhere) RETURN_IF_ERROR(status);
  std::vector<Arrival> arriving;
  for (Message* row : rows) {
    if (rules_.in_transaction) RETURN_IF_ERROR(rules_.in_transaction(call, tx, nullptr, row));
    SetTime(row, table_.create_time_field(), now);
    SetTime(row, table_.update_time_field(), now);
    arriving.push_back({nullptr, row});
  }
  RETURN_IF_ERROR(unique_.Prepare(tx, &arriving));
  for (const Arrival& row : arriving) RETURN_IF_ERROR(row.status);
  RETURN_IF_ERROR(InsertRows(call, tx, now, views));
  RETURN_IF_ERROR(unique_.CheckWritten(tx, arriving));
  std::vector<outbox::Change> changes;
  for (const Message* row : views) {
    const std::string name = NameOf(*row);
    changes.push_back(
        {table_.dataset(), std::string(describe::DistrictOf(name)), name, feed::v1::Event::KIND_CREATED, nullptr, row});
  }
  return Emit(tx, now, changes);
}

absl::Status Writer::Replay(db::Tx& tx, const Written& written, Message* response) const {
  ASSIGN_OR_RETURN(Ids ids, IdsOf(table_, written.name));
  ASSIGN_OR_RETURN(std::optional<Row> row, store_.FindVersion(tx, ids, written.version, written.time));
  if (!row) return Missing(written.name);
  response->GetReflection()->Swap(response, row->message.get());
  return absl::OkStatus();
}

}  // namespace edudelta::resource
