#include "common/resource/importer.h"

#include <algorithm>
#include <chrono>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/codes/mask.h"
#include "common/db/now.h"
#include "common/resource/check.h"
#include "common/resource/field_mask.h"
#include "common/resource/fields.h"
#include "common/resource/permission.h"
#include "common/resource/tree.h"
#include "common/resource/unheeded.h"

namespace edudelta::resource {

using resource::v1::ImportMode;
using resource::v1::ImportResponse;

namespace {

constexpr int kMostErrors = 1000;
// An attempt to land a chunk does not wait longer for a database that is away.
constexpr absl::Duration kLandWithin = absl::Seconds(10);
// How long a chunk keeps its locks for the one before, which may wait for them.
constexpr std::chrono::milliseconds kHoldLocks(500);
// A client that has gone sends its rows again, and others may change them before this chunk lands.
absl::Status StillThere(const rpc::Call& call) {
  return call.gone != nullptr && *call.gone ? absl::CancelledError() : absl::OkStatus();
}

void Tell(int64_t number, const absl::Status& status, google::protobuf::RepeatedPtrField<v1::RowError>* list) {
  if (list->size() >= kMostErrors) return;
  auto* error = list->Add();
  error->set_row(number);
  // The parent is a part of the name, not a field.
  error->set_column(FieldOf(status) == "parent" ? "" : FieldOf(status));
  error->set_reason(ReasonOf(status).empty() ? absl::StatusCodeToString(status.code()) : ReasonOf(status));
  error->set_message(ChineseOf(status));
}

// A failure of one row, not of the service.
bool IsRowFault(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status) || absl::IsAlreadyExists(status) ||
         absl::IsPermissionDenied(status) || absl::IsNotFound(status);
}

// What a row carries: what it says itself, or the file says of all; null for everything.
const ImportColumns* CarriedBy(const Importer::Upsert& row, const ImportColumns* all) {
  return row.columns != nullptr ? row.columns.get() : all;
}

// Input fields come from the file; what it has no column for stays, what the service keeps stays, and so do masked
// values, and of the fields that the file leaves empty the personal and immutable ones and those that a new row begins
// with. A row that says itself what it carries means that.
void KeepStored(const Message& old, const Table& table, const Message& begun, const ImportColumns* all,
                Importer::Upsert* row) {
  const ImportColumns* columns = CarriedBy(*row, all);
  std::vector<const google::protobuf::FieldDescriptor*> stays;
  for (const Column& column : table.columns()) {
    const bool absent = columns != nullptr && !columns->contains(column.name);
    const bool masked = row->masked != nullptr && IsSet(*row->masked, column.field);
    const bool kept = absent || masked || describe::Has(*column.options, options::v1::Field::OUTPUT_ONLY) ||
                      (row->columns == nullptr && !IsSet(*row->next, column.field) &&
                       (column.personal() || describe::Has(*column.options, options::v1::Field::IMMUTABLE) ||
                        IsSet(begun, column.field)));
    if (kept) stays.push_back(column.field);
  }
  CopyFields(old, stays, row->next.get());
}

// The first personal field whose masked value is not what the stored one is shown as; null when there is none, and
// the masked values say nothing new. `columns`: as in Land.
const Column* NotAsShown(const Message& masked, const Message& stored, const Table& table,
                         const ImportColumns* columns) {
  for (const Column& column : table.columns()) {
    if (!IsSet(masked, column.field) || (columns != nullptr && !columns->contains(column.name))) continue;
    const std::string shown =
        codes::Mask(column.options->mask(), stored.GetReflection()->GetString(stored, column.field));
    if (shown != masked.GetReflection()->GetString(masked, column.field)) return &column;
  }
  return nullptr;
}

}  // namespace

absl::Status Importer::TakeGiven(Upsert* row) const {
  while (true) {
    absl::Status status = checks_.CheckGiven(*row->given);
    if (ReasonOf(status) != "VALUE_MASKED") return status;
    if (row->masked == nullptr) row->masked = table_.New();
    const auto* field = table_.Find(FieldOf(status))->field;
    CopyField(*row->given, field, row->masked.get());
    row->given->GetReflection()->ClearField(row->given.get(), field);
  }
}

absl::Status Importer::CheckMasked(const Upsert& row, const Message* stored, const ImportColumns* columns) const {
  if (row.masked == nullptr) return absl::OkStatus();
  if (stored == nullptr) return checks_.CheckGiven(*row.masked);
  const Column* other = NotAsShown(*row.masked, *stored, table_, CarriedBy(row, columns));
  if (other == nullptr) return absl::OkStatus();
  const std::unique_ptr<Message> one = table_.New();
  CopyField(*row.masked, other->field, one.get());
  return checks_.CheckGiven(*one);
}

// What the row and the stored one alone tell; also whether it is there already, as it is. Then nothing is written, and
// it need not be what is asked of rows today.
absl::Status Importer::CheckAlone(const rpc::Call& call, const ImportColumns* columns, const Landing& one) const {
  Upsert& row = *one.row;
  if (one.old == nullptr) {
    if (!row.etag.empty()) {
      return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH", "记录已不存在；要新增请去掉 etag 的值");
    }
    RETURN_IF_ERROR(CheckMasked(row, nullptr, columns));
    RETURN_IF_ERROR(row.if_written);
    checks_.Begin(row.next.get());
    RETURN_IF_ERROR(references_.MayName(call, table_, nullptr, *row.next));
    RETURN_IF_ERROR(checks_.CheckWhole(row.next.get()));
    return row.named.Of(nullptr, *row.next);
  }
  const Message& before = *one.stored();
  RETURN_IF_ERROR(checks_.MayWrite(call, before));
  RETURN_IF_ERROR(CheckEtag(row.etag, *one.old));
  RETURN_IF_ERROR(CheckMasked(row, &before, columns));
  const std::unique_ptr<Message> begun = table_.New();
  checks_.Begin(begun.get());
  KeepStored(before, table_, *begun, columns, &row);
  RETURN_IF_ERROR(references_.MayName(call, table_, &before, *row.next));
  if (row.if_written.ok()) Normalize(row.next.get(), table_);
  if (SameContent(before, *row.next, table_) && MayTellSame(call.caller, table_, before, *row.given)) {
    row.effect = Upsert::Effect::kUnchanged;
    return absl::OkStatus();
  }
  if (table_.options().append_only()) {
    return Refused("RESOURCE_APPEND_ONLY", "已有此记录且内容不同，不能修改");
  }
  RETURN_IF_ERROR(row.if_written);
  RETURN_IF_ERROR(checks_.CheckWhole(row.next.get()));
  RETURN_IF_ERROR(CheckImmutable(before, *row.next, table_));
  RETURN_IF_ERROR(checks_.MayChange(before, *row.next));
  return row.named.Of(&before, *row.next);
}

// What the rows that are still to be written name, and how things stand there. One that is refused makes no part of a
// tree: where there are trees, the others are looked at once more without it.
absl::Status Importer::CheckNamed(db::Tx& tx, std::vector<Landing>* landing) const {
  for (bool again = true; again;) {
    again = false;
    std::vector<const Landing*> left;
    std::vector<const Message*> views;
    for (const Landing& one : *landing) {
      if (!one.row->status.ok() || one.row->effect == Upsert::Effect::kUnchanged) continue;
      left.push_back(&one);
      views.push_back(one.row->next.get());
    }
    std::vector<Verdict> each(views.size());
    RETURN_IF_ERROR(references_.CheckRows(tx, table_, views, &each));
    ASSIGN_OR_RETURN(const std::vector<absl::Status> elsewhere, checks_.CheckElsewhere(tx, views));
    for (size_t i = 0; i < left.size(); ++i) {
      const Landing& one = *left[i];
      absl::Status& status = one.row->status;
      status = each[i].Of(one.stored(), *one.row->next);
      if (status.ok()) status = elsewhere[i];
      again |= !status.ok() && !TreeColumns(table_).empty();
    }
  }
  return absl::OkStatus();
}

void Importer::Hear(const Landing& one) const {
  Upsert& row = *one.row;
  row.unheeded.clear();
  if (row.told == nullptr || !row.status.ok()) return;
  const std::unique_ptr<Message> kept = table_.New();
  kept->MergeFrom(one.old == nullptr ? *row.next : *one.stored());
  if (rules_.derive) rules_.derive(kept.get(), checks_.Today());
  row.unheeded = UnheededIn(*row.told, *kept, table_);
}

absl::Status Importer::LandRows(const rpc::Call& call, db::Tx& tx, const std::string& now, ImportMode mode,
                                const ImportColumns* columns, std::vector<Upsert*>& rows, bool* all_good) {
  std::vector<Ids> ids;
  std::vector<const Message*> views;
  for (Upsert* row : rows) {
    row->effect = Upsert::Effect::kNone;
    row->status = absl::OkStatus();
    row->next.reset(row->given->New());
    row->next->MergeFrom(*row->given);
    ASSIGN_OR_RETURN(Ids one, IdsOf(table_, row->name));
    ids.push_back(std::move(one));
    views.push_back(row->next.get());
  }
  ASSIGN_OR_RETURN(std::vector<Row> found, store_.Lock(tx, ids));
  absl::flat_hash_map<std::string, Row*> by_name;
  for (Row& row : found) by_name[TextOf(*row.message, "name")] = &row;
  std::vector<Landing> landing;
  for (Upsert* row : rows) {
    const auto old = by_name.find(row->name);
    landing.push_back({row, old == by_name.end() ? nullptr : old->second});
    row->status = CheckAlone(call, columns, landing.back());
  }
  RETURN_IF_ERROR(CheckNamed(tx, &landing));
  std::vector<Arrival> arriving;
  for (const Landing& one : landing) {
    // What does not land tells nothing of personal values that the caller may not see.
    const bool tell =
        mode == resource::v1::IMPORT_MODE_PARTIAL || SeesPersonalBelow(call.caller, ParentOf(one.row->name));
    arriving.push_back({one.stored(), one.row->next.get(), tell, one.row->status});
  }
  RETURN_IF_ERROR(unique_.Prepare(tx, &arriving));
  std::vector<const Message*> created;
  std::vector<outbox::Change> changes;
  for (size_t i = 0; i < rows.size(); ++i) {
    Upsert& row = *rows[i];
    const Landing& one = landing[i];
    if (!row.status.ok() || row.effect == Upsert::Effect::kUnchanged) continue;
    if (rules_.in_transaction) row.status = rules_.in_transaction(call, tx, one.stored(), row.next.get());
    if (row.status.ok()) row.status = arriving[i].status;
    if (!row.status.ok()) continue;
    if (one.old == nullptr) {
      SetTime(row.next.get(), table_.create_time_field(), now);
      SetTime(row.next.get(), table_.update_time_field(), now);
      created.push_back(row.next.get());
      changes.push_back({table_.dataset(), std::string(describe::DistrictOf(row.name)), row.name,
                         feed::v1::Event::KIND_CREATED, nullptr, row.next.get()});
      row.effect = Upsert::Effect::kCreated;
      continue;
    }
    const Message& before = *one.stored();
    const std::string time = After(now, *one.old);
    RETURN_IF_ERROR(store_.Replace(tx, time, *one.old, *row.next));
    CopyField(before, table_.create_time_field(), row.next.get());
    SetTime(row.next.get(), table_.update_time_field(), time);
    row.next->GetReflection()->SetString(row.next.get(), table_.etag_field(),
                                         store_.EtagOf(one.old->row_id, one.old->version + 1));
    changes.push_back({table_.dataset(), std::string(describe::DistrictOf(row.name)), row.name,
                       feed::v1::Event::KIND_UPDATED, &before, row.next.get()});
    row.effect = Upsert::Effect::kUpdated;
  }
  RETURN_IF_ERROR(writer_.InsertRows(call, tx, now, created));
  for (const Landing& one : landing) Hear(one);
  *all_good = std::all_of(rows.begin(), rows.end(), [](const Upsert* row) { return row->status.ok(); });
  if (mode == resource::v1::IMPORT_MODE_PARTIAL || (mode == resource::v1::IMPORT_MODE_ATOMIC && *all_good)) {
    for (size_t i = 0; i < rows.size(); ++i) arriving[i].status = rows[i]->status;
    RETURN_IF_ERROR(unique_.CheckWritten(tx, arriving));
  }
  // What stands here unchanged may have been committed a moment ago.
  if (changes.empty() && !rows.empty()) RETURN_IF_ERROR(RequestLog::ForceDurable(call, now, tx));
  return writer_.Emit(tx, now, changes);
}

absl::Status Importer::Land(const rpc::Call& call, ImportMode mode, const ImportColumns* columns, Upserts& rows,
                            const std::shared_future<absl::Status>& earlier) {
  if (mode == resource::v1::IMPORT_MODE_UNSPECIFIED) mode = resource::v1::IMPORT_MODE_PARTIAL;
  const bool validate = mode == resource::v1::IMPORT_MODE_VALIDATE_ONLY;
  const bool whole = mode != resource::v1::IMPORT_MODE_PARTIAL;
  std::vector<Upsert*> good;
  for (Upsert& row : rows) {
    if (row.status.ok()) good.push_back(&row);
  }
  // `concurrent`: with the chunk before still on its way, whose rows may be what a row here misses. So this one is
  // committed only when nothing is amiss, and does not keep its locks for long.
  auto land = [&](std::vector<Upsert*>& some, bool concurrent) -> absl::Status {
    const absl::Time deadline = std::min(call.deadline, clock_.Now() + kLandWithin);
    return pool_.Transact(deadline, [&](db::Tx& tx) -> absl::Status {
      RETURN_IF_ERROR(StillThere(call));
      ASSIGN_OR_RETURN(const std::string now, db::Now(tx));
      bool all_good = true;
      RETURN_IF_ERROR(LandRows(call, tx, now, mode, columns, some, &all_good));
      if (validate || ((whole || concurrent) && !all_good)) return absl::CancelledError();
      if (concurrent && earlier.wait_for(kHoldLocks) != std::future_status::ready) return absl::CancelledError();
      if (concurrent) RETURN_IF_ERROR(earlier.get());
      return StillThere(call);
    });
  };
  absl::Status status = absl::CancelledError();
  if (earlier.valid()) {
    if (!rules_.in_transaction && !whole && !good.empty()) {
      const ChunkSlots::Slot slot(slots_);
      if (slot.taken()) status = land(good, true);
    }
    RETURN_IF_ERROR(earlier.get());
    // It may have been committed, and changed since.
    if (absl::IsUnknown(status)) return status;
  }
  const bool stop = mode == resource::v1::IMPORT_MODE_ATOMIC && good.size() < rows.size();
  if (!status.ok()) status = good.empty() || stop ? absl::OkStatus() : land(good, false);
  // The chunk behind may have kept its locks for a part of the time that a transaction has.
  if (!whole && absl::IsDeadlineExceeded(status)) status = land(good, false);
  if (IsRowFault(status)) {
    // The database refused one of many rows (a unique key): find out which, one at a time. Of a whole import it is not
    // known; the first row stands for all.
    if (whole) {
      good.front()->status = status;
      status = absl::CancelledError();
    } else {
      for (Upsert* row : good) {
        std::vector<Upsert*> one = {row};
        status = land(one, false);
        if (!status.ok() && !IsRowFault(status)) return status;
        if (!status.ok()) row->status = status;
      }
      status = absl::OkStatus();
    }
  }
  if (!status.ok() && !absl::IsCancelled(status)) return status;
  if (!status.ok()) RETURN_IF_ERROR(StillThere(call));
  const bool landed = status.ok() && !stop;
  if (!landed && !validate) {
    for (Upsert& row : rows) row.effect = Upsert::Effect::kNone;
  }
  if (landed && on_commit_) on_commit_();
  return absl::OkStatus();
}

void Importer::Summarize(const Upserts& rows, ImportResponse* response) {
  response->set_row_count(response->row_count() + static_cast<int64_t>(rows.size()));
  for (const Upsert& row : rows) {
    using Effect = Upsert::Effect;
    if (!row.status.ok())
      response->set_error_count(response->error_count() + 1);
    else if (row.effect == Effect::kCreated)
      response->set_created_count(response->created_count() + 1);
    else if (row.effect == Effect::kUpdated)
      response->set_updated_count(response->updated_count() + 1);
    else if (row.effect == Effect::kUnchanged)
      response->set_unchanged_count(response->unchanged_count() + 1);
    if (!row.status.ok()) Tell(row.number, row.status, response->mutable_errors());
    if (!row.status.ok() || row.effect == Effect::kNone) continue;
    response->set_warning_count(response->warning_count() + static_cast<int64_t>(row.unheeded.size()));
    for (const absl::Status& one : row.unheeded) Tell(row.number, one, response->mutable_warnings());
  }
}

absl::StatusOr<Importer::Upserts> Importer::Check(const rpc::Call& call, absl::string_view parent,
                                                  const std::vector<const Message*>& rows,
                                                  const std::vector<int64_t>& numbers) {
  Upserts upserts(rows.size());
  absl::flat_hash_map<std::string, int64_t> seen;
  std::vector<const Message*> views;
  std::vector<Upsert*> checked;
  for (size_t i = 0; i < rows.size(); ++i) {
    Upsert& row = upserts[i];
    row.number = numbers[i];
    row.name = TextOf(*rows[i], "name");
    row.etag = TextOf(*rows[i], "etag");
    row.told = ToldOf(*rows[i], table_);
    row.given = table_.New();
    row.given->MergeFrom(*rows[i]);
    ClearOutputOnly(row.given.get(), table_);
    row.status = checks_.MayWrite(call, *row.given);
    if (row.status.ok()) row.status = CheckBelow(parent, ParentOf(row.name), "name");
    if (row.status.ok()) {
      const auto ids = IdsOf(table_, row.name);
      row.status = ids.ok() ? checks_.CheckId(ids->back()) : ids.status();
    }
    // What is missing is seen when the stored row is known.
    if (row.status.ok()) row.if_written = TakeGiven(&row);
    if (row.status.ok() && !seen.emplace(row.name, row.number).second) {
      row.status = Invalid("name", "ROW_REPEATED", absl::StrCat("与第", seen[row.name], "行重复"));
    }
    if (!row.status.ok()) continue;
    views.push_back(row.given.get());
    checked.push_back(&row);
  }
  std::vector<Verdict> remote(views.size());
  RETURN_IF_ERROR(references_.CheckCopies(call, table_, views, &remote));
  for (size_t i = 0; i < checked.size(); ++i) {
    checked[i]->status = remote[i].any;
    checked[i]->named = std::move(remote[i]);
  }
  return upserts;
}

}  // namespace edudelta::resource
