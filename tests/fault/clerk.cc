#include "tests/fault/clerk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/calendar/days.h"
#include "common/resource/check.h"
#include "google/protobuf/field_mask.pb.h"
#include "tests/contract/fit.h"

namespace edudelta::fault {
namespace {

using describe::MethodKind;
using feed::v1::Event;

constexpr int kBatch = 3;
constexpr char kDistrictPattern[] = "districts/{district}";

std::string NameOf(const Message& message) { return TextOf(message, "name"); }

std::string ParentOf(const std::string& name) {
  const size_t last = name.rfind('/');
  const size_t collection = last == std::string::npos || last == 0 ? std::string::npos : name.rfind('/', last - 1);
  return collection == std::string::npos ? "" : name.substr(0, collection);
}

std::vector<const Kind*> WrittenOf(const Registers& registers, const std::string& service) {
  std::vector<const Kind*> kinds;
  for (const Kind* kind : registers.Of(service)) {
    if (kind->written) kinds.push_back(kind);
  }
  return kinds;
}

// The field of a message that holds this resource.
const FieldDescriptor* RowField(const Descriptor* message, const Descriptor* type) {
  for (int i = 0; i < message->field_count(); ++i) {
    if (message->field(i)->message_type() == type) return message->field(i);
  }
  return nullptr;
}

}  // namespace

Clerk::Clerk(Settings settings)
    : settings_(std::move(settings)),
      kinds_(WrittenOf(*settings_.registers, settings_.service)),
      maker_(settings_.registers->codes(), calendar::Today(SystemClock()),
             [this](absl::string_view dataset, absl::string_view name, int others) {
               return ReferenceFor(dataset, name, others);
             }),
      random_(settings_.seed) {}

void Clerk::Begin() {
  const Registers& registers = *settings_.registers;
  for (const Kind* kind : kinds_) {
    const Kind* above = registers.At(kind->parent, settings_.service);
    if (above == nullptr || registers.At(above->parent, above->service) != nullptr) continue;
    if (Pick(*above, [](const Row&) { return true; }) != nullptr) continue;
    if (Row* row = MakeRow(*above)) row->used = true;
  }
}

std::string Clerk::OpenShared() {
  const Row* row = MakeRow(*kinds_.front());
  if (row == nullptr) return "";
  const std::string name = NameOf(*row->message);
  rows_.pop_back();
  return name;
}

void Clerk::Work(int writes) {
  for (int i = 0; i < writes && ledger_.problems.empty();) {
    constexpr Op kOps[] = {Op::kCreate, Op::kCreate,       Op::kBatchCreate,  Op::kImport, Op::kUpdate,
                           Op::kUpdate, Op::kUpdateShared, Op::kUpdateShared, Op::kTake,   Op::kTake,
                           Op::kTake,   Op::kDelete,       Op::kDelete,       Op::kResend};
    i += TryWrite(*kinds_[random_() % kinds_.size()], kOps[random_() % std::size(kOps)]);
  }
}

void Clerk::SetOut() {
  for (const Kind* kind : kinds_) {
    Row* row = kind->steps.empty() ? nullptr : MakeRow(*kind);
    for (size_t steps = row == nullptr ? 0 : random_() % kind->steps.size(); steps > 0 && TakeNext(row);) --steps;
  }
}

std::string Clerk::Rehearse() {
  // In passes, for a kind may need rows of one that is declared after it.
  std::vector<const Kind*> left = kinds_;
  for (size_t before = left.size() + 1; left.size() < before;) {
    before = left.size();
    left.erase(std::remove_if(left.begin(), left.end(), [&](const Kind* kind) { return Create(*kind); }), left.end());
  }
  for (const Kind* kind : left) return absl::StrCat("nothing of ", kind->table->dataset(), " can be made");
  for (const Kind* kind : kinds_) {
    for (const Op op : {Op::kBatchCreate, Op::kImport, Op::kUpdate}) TryWrite(*kind, op);
    Row* row = MakeRow(*kind);
    if (row == nullptr) return absl::StrCat("another one of ", kind->table->dataset(), " cannot be made");
    for (const Step& step : kind->steps) {
      if (!TakeNext(row)) return absl::StrCat(step.transition->method->name(), " cannot be taken");
    }
    Delete(*kind);
  }
  return "";
}

bool Clerk::TryWrite(const Kind& kind, Op op) {
  switch (op) {
    case Op::kCreate:
      return Create(kind);
    case Op::kBatchCreate:
      return BatchCreate(kind);
    case Op::kImport:
      return Import(kind);
    case Op::kUpdate:
      return Update(kind);
    case Op::kUpdateShared:
      return &kind == kinds_.front() && UpdateShared(OneIn(2));
    case Op::kTake:
      return Take(kind);
    case Op::kDelete:
      return Delete(kind);
    case Op::kResend:
      return Resend(kind);
  }
  return false;
}

std::string Clerk::ReferenceFor(absl::string_view dataset, absl::string_view name, int others) {
  const describe::Pattern pattern =
      *describe::ParsePattern(describe::ResourceOf(describe::FindDataset(dataset))->pattern());
  // Who takes part is who acts.
  const std::string& acting = settings_.actors[others % 2].caller.organization();
  if (describe::ParseName(pattern, acting)) return acting;
  // Below the same parent where `name` stands below one of that kind.
  const describe::Pattern above = describe::ParentPattern(pattern);
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  const size_t depth = std::min(above.segments.size(), parts.size());
  const std::string parent = absl::StrJoin(parts.begin(), parts.begin() + static_cast<long>(depth), "/");
  const bool bound = describe::ParseName(above, parent).has_value();
  for (const RowPtr& row : rows_) {
    const std::string found = NameOf(*row->message);
    if (row->kind->table->dataset() != dataset || row->step > 0 || (bound && ParentOf(found) != parent)) continue;
    // What the steps of a workflow ask of another row in it, only its rules know.
    if (!row->kind->steps.empty() && describe::ParseName(pattern, name)) continue;
    row->used = true;
    return found;
  }
  return "";
}

std::optional<std::string> Clerk::ParentFor(const Kind& kind) {
  const std::string pattern = describe::ParentPattern(kind.table->pattern()).text;
  if (pattern.empty()) return "";
  if (pattern == kDistrictPattern) return "districts/" + settings_.scope.district;
  std::vector<Row*> parents;
  for (const RowPtr& row : rows_) {
    if (row->kind->table->pattern().text == pattern && row->step == 0) parents.push_back(row.get());
  }
  if (parents.empty()) return std::nullopt;
  Row* parent = parents[random_() % parents.size()];
  parent->used = true;
  return NameOf(*parent->message);
}

MessagePtr Clerk::Fresh(const Kind& kind, const std::string& parent) {
  const int number = settings_.number * 1000 + ++rows_made_;
  const std::string id = absl::StrCat(parent.empty() ? settings_.scope.prefix : "", maker_.Id(kind.type, number));
  const std::string name =
      absl::StrCat(parent, parent.empty() ? "" : "/", describe::CollectionOf(kind.table->pattern()), "/", id);
  MessagePtr row = maker_.Make(kind.type, name, number);
  contract::SampleFits().Fit(number, row.get());
  kind.SetMark(NextMark(), row.get());
  for (const resource::Column& column : kind.table->columns()) {
    const bool named = column.options->reference_size() == 0 || resource::IsSet(*row, column.field);
    if (!named && describe::Has(*column.options, options::v1::Field::REQUIRED)) return nullptr;
  }
  return row;
}

Clerk::Row* Clerk::Pick(const Kind& kind, absl::FunctionRef<bool(const Row&)> fits) {
  std::vector<Row*> found;
  for (const RowPtr& row : rows_) {
    if (row->kind == &kind && fits(*row)) found.push_back(row.get());
  }
  return found.empty() ? nullptr : found[random_() % found.size()];
}

void Clerk::Keep(const Kind& kind, const Message& row) {
  rows_.push_back(std::make_unique<Row>());
  rows_.back()->kind = &kind;
  rows_.back()->message = NewMessage(kind.type);
  rows_.back()->message->CopyFrom(row);
}

Change Clerk::Made(const Kind& kind, const Message& row) const {
  const MessagePtr made = NewMessage(kind.type);
  made->CopyFrom(row);
  resource::StartStates(made.get(), kind.transitions);
  return {Event::KIND_CREATED, NameOf(row), kind.MarkOf(*made), "", ""};
}

MessagePtr Clerk::CreateRequest(const Kind& kind, const Message& row) const {
  MessagePtr request = NewMessage(kind.Method(MethodKind::kCreate)->input_type());
  const std::string name = NameOf(row);
  SetText(request.get(), "parent", ParentOf(name));
  for (int i = 0; i < request->GetDescriptor()->field_count(); ++i) {
    const std::string& field = request->GetDescriptor()->field(i)->name();
    if (absl::EndsWith(field, "_id") && field != "request_id")
      SetText(request.get(), field, name.substr(name.rfind('/') + 1));
  }
  request->GetReflection()->MutableMessage(request.get(), RowField(request->GetDescriptor(), kind.type))->CopyFrom(row);
  return request;
}

bool Clerk::CreateRow(const Kind& kind, const Message& row, bool may_give_up) {
  MessagePtr request = CreateRequest(kind, row);
  SetText(request.get(), "request_id", NewUuid());
  MessagePtr made;
  const Answer answer =
      Do({kind, kind.Method(MethodKind::kCreate), std::move(request), {Made(kind, row)}, 0, false, may_give_up}, &made);
  if (answer != Answer::kAcknowledged) return false;
  Keep(kind, *made);
  return true;
}

Clerk::Row* Clerk::MakeRow(const Kind& kind) {
  const std::optional<std::string> parent = ParentFor(kind);
  const MessagePtr row = parent ? Fresh(kind, *parent) : nullptr;
  return row != nullptr && CreateRow(kind, *row, false) ? rows_.back().get() : nullptr;
}

bool Clerk::Create(const Kind& kind) {
  const std::optional<std::string> parent = ParentFor(kind);
  const MessagePtr row = parent ? Fresh(kind, *parent) : nullptr;
  if (row == nullptr) return false;
  CreateRow(kind, *row, true);
  return true;
}

bool Clerk::BatchCreate(const Kind& kind) {
  const MethodDescriptor* method = kind.Method(MethodKind::kBatchCreate);
  const std::optional<std::string> parent = method == nullptr ? std::nullopt : ParentFor(kind);
  if (!parent) return false;
  MessagePtr request = NewMessage(method->input_type());
  SetText(request.get(), "parent", *parent);
  const bool own_ids = kind.table->options().append_only();
  if (!own_ids || !settings_.without_ids || OneIn(2)) SetText(request.get(), "request_id", NewUuid());
  std::vector<Change> changes;
  for (int i = 0; i < kBatch; ++i) {
    const MessagePtr row = Fresh(kind, *parent);
    if (row == nullptr) return false;
    const auto* requests = method->input_type()->FindFieldByName("requests");
    request->GetReflection()->AddMessage(request.get(), requests)->CopyFrom(*CreateRequest(kind, *row));
    changes.push_back(Made(kind, *row));
  }
  MessagePtr batch = NewMessage(method->input_type());
  batch->CopyFrom(*request);
  MessagePtr made;
  if (Do({kind, method, std::move(request), changes, 0, false, true}, &made) != Answer::kAcknowledged) return true;
  const auto* field = made->GetDescriptor()->field(0);
  for (int i = 0; i < made->GetReflection()->FieldSize(*made, field); ++i)
    Keep(kind, made->GetReflection()->GetRepeatedMessage(*made, field, i));
  if (own_ids) {
    last_batch_ = std::move(batch);
    last_changes_ = ledger_.sent.back().changes;
    for (Change& change : last_changes_) change.kind = Event::KIND_UNSPECIFIED;
  }
  return true;
}

bool Clerk::Resend(const Kind& kind) {
  if (!kind.table->options().append_only() || last_batch_ == nullptr) return false;
  MessagePtr request = NewMessage(last_batch_->GetDescriptor());
  request->CopyFrom(*last_batch_);
  SetText(request.get(), "request_id", NewUuid());
  Do({kind, kind.Method(MethodKind::kBatchCreate), std::move(request), last_changes_});
  return true;
}

// Rows of its own, changed, and new ones.
bool Clerk::Import(const Kind& kind) {
  const MethodDescriptor* method = kind.Method(MethodKind::kImport);
  const std::optional<std::string> parent = method == nullptr ? std::nullopt : ParentFor(kind);
  if (!parent) return false;
  MessagePtr request = NewMessage(method->input_type());
  const auto* reflection = request->GetReflection();
  SetText(request.get(), "parent", *parent);
  const bool whole = OneIn(2);
  reflection->SetEnumValue(request.get(), method->input_type()->FindFieldByName("mode"), whole ? 2 : 1);
  reflection->SetBool(request.get(), method->input_type()->FindFieldByName("last"), true);
  std::vector<Change> changes;
  const auto add = [&](const Message& row, const Change& change) {
    reflection->AddMessage(request.get(), RowField(method->input_type(), kind.type))->CopyFrom(row);
    reflection->AddInt64(request.get(), method->input_type()->FindFieldByName("rows"), changes.size() + 1);
    changes.push_back(change);
  };
  std::vector<Row*> changed;
  for (const RowPtr& row : rows_) {
    const bool mine = row->kind == &kind && row->step == 0 && ParentOf(NameOf(*row->message)) == *parent;
    if (!mine || kind.table->options().append_only() || changed.size() == 2) continue;
    MessagePtr next = NewMessage(kind.type);
    next->CopyFrom(*row->message);
    kind.SetMark(NextMark(), next.get());
    const Change change{Event::KIND_UPDATED, NameOf(*next), kind.MarkOf(*next), "", ""};
    resource::ClearOutputOnly(next.get(), *kind.table);
    // What was answered masked stays as it is.
    for (const resource::Column& column : kind.table->columns()) {
      if (column.personal()) next->GetReflection()->ClearField(next.get(), column.field);
    }
    add(*next, change);
    changed.push_back(row.get());
  }
  for (int i = 0; i < 2; ++i) {
    const MessagePtr row = Fresh(kind, *parent);
    if (row == nullptr) return false;
    add(*row, Made(kind, *row));
  }
  if (Do({kind, method, std::move(request), changes}) == Answer::kAcknowledged)
    FetchAll(kind, &ledger_.sent.back().changes);
  return true;
}

MessagePtr Clerk::UpdateRequest(const Kind& kind, const std::string& name, const std::string& etag) {
  MessagePtr request = NewMessage(kind.Method(MethodKind::kUpdate)->input_type());
  const auto* reflection = request->GetReflection();
  Message* row = reflection->MutableMessage(request.get(), RowField(request->GetDescriptor(), kind.type));
  SetText(row, "name", name);
  SetText(row, "etag", etag);
  kind.SetMark(NextMark(), row);
  SetText(request.get(), "request_id", NewUuid());
  auto* mask = static_cast<google::protobuf::FieldMask*>(
      reflection->MutableMessage(request.get(), request->GetDescriptor()->FindFieldByName("update_mask")));
  mask->add_paths(kind.mark->name);
  return request;
}

bool Clerk::Update(const Kind& kind) {
  if (kind.Method(MethodKind::kUpdate) == nullptr) return false;
  Row* row = Pick(kind, [](const Row& one) { return one.step == 0; });
  if (row == nullptr) return false;
  const std::string etag = OneIn(2) ? TextOf(*row->message, "etag") : "";
  MessagePtr request = UpdateRequest(kind, NameOf(*row->message), etag);
  // The states stay.
  const auto& given = request->GetReflection()->GetMessage(*request, RowField(request->GetDescriptor(), kind.type));
  const MessagePtr next = NewMessage(kind.type);
  next->CopyFrom(*row->message);
  resource::CopyField(given, kind.mark->field, next.get());
  MessagePtr made;
  if (Do({kind,
          kind.Method(MethodKind::kUpdate),
          std::move(request),
          {{Event::KIND_UPDATED, NameOf(*next), kind.MarkOf(*next), "", ""}}},
         &made) == Answer::kAcknowledged) {
    row->message = std::move(made);
  }
  return true;
}

bool Clerk::UpdateShared(bool with_etag) {
  const Kind& kind = *kinds_.front();
  MessagePtr request = UpdateRequest(kind, shared_, with_etag ? shared_etag_ : "");
  const auto& given = request->GetReflection()->GetMessage(*request, RowField(request->GetDescriptor(), kind.type));
  Change change = Made(kind, given);
  change.kind = Event::KIND_UPDATED;
  const bool can_be_old = with_etag && !shared_etag_.empty();
  MessagePtr next;
  if (Do({kind, kind.Method(MethodKind::kUpdate), std::move(request), {change}, 0, can_be_old, true}, &next) ==
      Answer::kAcknowledged) {
    shared_etag_ = TextOf(*next, "etag");
  }
  return true;
}

bool Clerk::Take(const Kind& kind) {
  Row* row = Pick(kind, [&](const Row& one) { return one.step < kind.steps.size() && (one.step > 0 || !one.used); });
  if (row == nullptr) return false;
  TakeNext(row);
  return true;
}

bool Clerk::TakeNext(Row* row) {
  const Kind& kind = *row->kind;
  const Step& step = kind.steps[row->step];
  const MethodDescriptor* method = step.transition->method;
  MessagePtr request = NewMessage(method->input_type());
  SetText(request.get(), "name", NameOf(*row->message));
  const int number = NextMark();
  maker_.FillStep(kind.type, number, request.get());
  contract::SampleFits().FitStep(number, *row->message, request.get());
  SetText(request.get(), "request_id", NewUuid());
  SetText(request.get(), "note", "演练");
  if (OneIn(2)) SetText(request.get(), "etag", TextOf(*row->message, "etag"));
  const MessagePtr expected = NewMessage(kind.type);
  expected->CopyFrom(*row->message);
  expected->GetReflection()->SetEnumValue(expected.get(), step.transition->field, step.transition->to);
  MessagePtr next;
  if (Do({kind,
          method,
          std::move(request),
          {{Event::KIND_UPDATED, NameOf(*expected), kind.MarkOf(*expected), "", ""}},
          step.actor},
         &next) != Answer::kAcknowledged) {
    return false;
  }
  row->message = std::move(next);
  ++row->step;
  return true;
}

// And makes it again under the same name.
bool Clerk::Delete(const Kind& kind) {
  const MethodDescriptor* method = kind.Method(MethodKind::kDelete);
  Row* row = method == nullptr ? nullptr : Pick(kind, [](const Row& one) { return one.step == 0 && !one.used; });
  if (row == nullptr) return false;
  const MessagePtr old = std::move(row->message);
  rows_.erase(std::find_if(rows_.begin(), rows_.end(), [&](const RowPtr& one) { return one.get() == row; }));
  MessagePtr request = NewMessage(method->input_type());
  SetText(request.get(), "name", NameOf(*old));
  SetText(request.get(), "request_id", NewUuid());
  if (OneIn(2)) SetText(request.get(), "etag", TextOf(*old, "etag"));
  const Change ended{Event::KIND_DELETED, NameOf(*old), "", TextOf(*old, "etag"), ""};
  if (Do({kind, method, std::move(request), {ended}}) != Answer::kAcknowledged || OneIn(2)) return true;
  resource::ClearOutputOnly(old.get(), *kind.table);
  kind.SetMark(NextMark(), old.get());
  CreateRow(kind, *old, false);
  return true;
}

}  // namespace edudelta::fault
