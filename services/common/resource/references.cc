#include "common/resource/references.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/codes/case_number.h"
#include "common/describe/declared.h"
#include "common/describe/district.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"
#include "common/resource/permission.h"
#include "common/resource/tree.h"

namespace edudelta::resource {

using google::protobuf::Message;

namespace {

// How long a worker waits for a feed: what is not there then is refused, and the client may ask again.
constexpr absl::Duration kPatience = absl::Milliseconds(300);
// Streams have workers of their own.
constexpr absl::Duration kStreamPatience = absl::Seconds(5);
// Between pulls that brought nothing, and after one that failed.
constexpr absl::Duration kAfterNothing = absl::Milliseconds(100);
constexpr absl::Duration kAfterFailure = absl::Seconds(1);

// The field of what a row's name stands below.
constexpr char kParent[] = "parent";
// Of what its name stands below further up, which is there if the parent is.
constexpr char kFarAbove[] = "";

// One thing that a row names: where it says so, and what.
struct Mention {
  size_t row;
  std::string field;
  std::string name;
  // It takes the row as a child.
  bool parent = false;
};
// By dataset.
using Mentions = std::map<std::string, std::vector<Mention>>;

Mentions MentionsOf(const Table& table, const std::vector<const Message*>& rows) {
  Mentions mentions;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const Column& column : table.columns()) {
      if (column.options->reference_size() == 0 || !IsSet(*rows[i], column.field)) continue;
      const std::string name = rows[i]->GetReflection()->GetString(*rows[i], column.field);
      mentions[describe::ReferredBy(*column.options, name)].push_back(
          {i, column.name, name, absl::c_linear_search(table.options().within(), column.name)});
    }
    if (!table.options().parent().empty() && !TextOf(*rows[i], "name").empty()) {
      mentions[table.options().parent()].push_back({i, kParent, ParentOf(TextOf(*rows[i], "name")), true});
    }
  }
  return mentions;
}

absl::Status Unknown(const Mention& mention) {
  return Error(absl::StatusCode::kFailedPrecondition, "REFERENCE_NOT_FOUND",
               absl::StrCat("所指的记录不存在:", codes::WithoutPersonalNumber(mention.name)),
               {{"field", mention.field}, {"name", codes::WithoutPersonalNumber(mention.name)}});
}

// The feed was not asked, or did not answer in time.
absl::Status PerhapsNotYet(const Mention& mention) {
  return Error(
      absl::StatusCode::kFailedPrecondition, "REFERENCE_NOT_FOUND",
      absl::StrCat("所指的记录不存在，或刚登记尚未同步，请稍后重试:", codes::WithoutPersonalNumber(mention.name)),
      {{"field", mention.field}, {"name", codes::WithoutPersonalNumber(mention.name)}, {"retry", "true"}});
}

absl::Status Closed(const Mention& mention, absl::string_view label) {
  return Refused("PARENT_CLOSED", absl::StrCat("所属的", label, "已关闭，不能再新增记录:", mention.name),
                 {{"field", mention.field}, {"name", mention.name}});
}

absl::Status Ended(const Mention& mention, absl::string_view label) {
  if (mention.parent) return Closed(mention, label);
  return Refused("REFERENCE_CLOSED", absl::StrCat("所指的", label, "已停用或已结束，不能再引用:", mention.name),
                 {{"field", mention.field}, {"name", mention.name}});
}

absl::Status Locked(absl::string_view parent, absl::string_view label) {
  return Refused("PARENT_LOCKED", absl::StrCat("所属的", label, "已定稿，不能再增改其下的记录:", parent),
                 {{"name", std::string(parent)}});
}

void Refuse(const absl::Status& status, absl::Status* verdict) {
  if (verdict->ok()) *verdict = status;
}

// A register names what its own district keeps, or a city or province above it; anything else would tell what another
// district has, and count there.
bool IsForeign(absl::string_view own, absl::string_view named) {
  return !own.empty() && !named.empty() && !describe::CoversDistrict(named, own);
}

// What the row's name stands below, so many steps up.
std::string UpFrom(const Message& row, int steps) {
  std::string name = TextOf(row, "name");
  while (steps-- > 0) name = ParentOf(name);
  return name;
}

void RefuseForeign(const std::vector<const Message*>& rows, absl::string_view changed, const Mentions& mentions,
                   std::vector<Verdict>* each) {
  for (const auto& [dataset, some] : mentions) {
    for (const Mention& mention : some) {
      const std::string own = TextOf(*rows[mention.row], "name");
      if (IsForeign(describe::DistrictOf(own.empty() ? changed : own), describe::DistrictOf(mention.name))) {
        Refuse(Invalid(mention.field, "REFERENCE_OTHER_DISTRICT", "所指的记录属于另一个区县"),
               &(*each)[mention.row].any);
      }
    }
  }
}

std::vector<std::string> Distinct(const std::vector<Mention>& mentions) {
  std::vector<std::string> names;
  for (const Mention& mention : mentions) names.push_back(mention.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

absl::Status Verdict::OfStep(const Message* old, const Message& next) const {
  RETURN_IF_ERROR(any);
  for (const auto& [name, status] : if_named) {
    const auto* field = next.GetDescriptor()->FindFieldByName(name);
    if (old == nullptr || (field != nullptr && !FieldEquals(*old, next, field))) return status;
  }
  return absl::OkStatus();
}

absl::Status Verdict::Of(const Message* old, const Message& next) const {
  RETURN_IF_ERROR(OfStep(old, next));
  return if_changed;
}

void References::Add(const Table& table, const Store& store) {
  Kept& kept = kept_[table.dataset()];
  const bool known = kept.table != nullptr;
  kept = {&table, &store};
  if (known) return;
  patterns_[table.pattern().text] = table.dataset();
  below_[describe::ParentPattern(table.pattern()).text].push_back(table.dataset());
  for (const Column& column : table.columns()) {
    for (const std::string& named : column.options->reference()) naming_[named].push_back({table.dataset(), &column});
  }
}

const Copy* References::CopyOf(const std::string& dataset) const {
  for (const auto& copy : copies_) {
    if (copy->dataset() == dataset) return copy.get();
  }
  return nullptr;
}

std::vector<References::Above> References::FarAbove(const Table& table) const {
  std::vector<Above> above;
  int steps = 1;
  for (auto pattern = describe::ParentPattern(table.pattern()); !pattern.text.empty(); ++steps) {
    pattern = describe::ParentPattern(pattern);
    const auto own = patterns_.find(pattern.text);
    if (own != patterns_.end() && TableOf(own->second)->closing() != nullptr) above.push_back({own->second, steps + 1});
    if (own != patterns_.end()) continue;
    for (const auto& copy : copies_) {
      const bool ends = copy->table().closing() != nullptr;
      if (ends && copy->table().pattern().text == pattern.text) above.push_back({copy->dataset(), steps + 1});
    }
  }
  return above;
}

const Table* References::TableOf(const std::string& dataset) const {
  const auto kept = kept_.find(dataset);
  if (kept != kept_.end()) return kept->second.table;
  const Copy* copy = CopyOf(dataset);
  return copy == nullptr ? nullptr : &copy->table();
}

bool References::MayName(const rpc::Call& call, const std::string& dataset, const std::string& name) const {
  const Table* named = TableOf(dataset);
  return named == nullptr || !named->has_district() || HoldsRole(call.caller, ReadersOf(*named), name);
}

absl::Status References::MayName(const rpc::Call& call, const Table& table, const Message* old,
                                 const Message& next) const {
  for (const auto& [dataset, mentions] : MentionsOf(table, {&next})) {
    for (const Mention& mention : mentions) {
      if (mention.parent || (old != nullptr && TextOf(*old, mention.field) == mention.name)) continue;
      // Its name alone says so: RefuseForeign.
      if (IsForeign(describe::DistrictOf(NameOf(next)), describe::DistrictOf(mention.name))) continue;
      if (!MayName(call, dataset, mention.name)) return Unknown(mention);
    }
  }
  return absl::OkStatus();
}

// Waits out the pause when there is time for it.
bool References::MayCatchUp(const std::string& dataset, absl::Time limit) {
  if (!catch_up_) return false;
  absl::MutexLock lock(&mutex_);
  while (true) {
    const absl::Time next = next_[dataset];
    if (next > limit) return false;
    const absl::Duration left = next - clock_.Now();
    if (left <= absl::ZeroDuration()) return true;
    // Another's pull may have brought a longer one.
    const auto changed = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return next_[dataset] != next; };
    mutex_.AwaitWithTimeout(absl::Condition(&changed), left);
  }
}

void References::Pause(const std::string& dataset, absl::Duration pause) {
  absl::MutexLock lock(&mutex_);
  next_[dataset] = clock_.Now() + pause;
}

bool References::BeginWaiting() {
  absl::MutexLock lock(&mutex_);
  if (waiting_ >= most_waiting_) return false;
  ++waiting_;
  return true;
}

void References::EndWaiting() {
  absl::MutexLock lock(&mutex_);
  --waiting_;
}

absl::StatusOr<std::vector<Copy::Standing>> References::Look(const rpc::Call& call, db::Pool& pool, const Copy& copy,
                                                             const std::vector<std::string>& names) {
  std::vector<Copy::Standing> standing;
  RETURN_IF_ERROR(pool.Read(call.deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(standing, copy.StandingOf(session, names));
    return absl::OkStatus();
  }));
  return standing;
}

absl::Status References::CheckCopies(const rpc::Call& call, const Table& table, const std::vector<const Message*>& rows,
                                     std::vector<Verdict>* each, absl::string_view changed) {
  Mentions all = MentionsOf(table, rows);
  RefuseForeign(rows, changed, all, each);
  for (const Above& above : FarAbove(table)) {
    for (size_t i = 0; i < rows.size() && !kept_.contains(above.dataset); ++i) {
      if (TextOf(*rows[i], "name").empty()) continue;
      all[above.dataset].push_back({i, kFarAbove, UpFrom(*rows[i], above.steps), true});
    }
  }
  for (auto& [dataset, mentions] : all) {
    if (kept_.contains(dataset)) continue;
    // Nothing is looked up for a row that is refused anyhow, nor what MayName refuses, lest it tell what others have.
    const std::string& named = dataset;
    mentions.erase(std::remove_if(mentions.begin(), mentions.end(),
                                  [&](const Mention& mention) {
                                    return !(*each)[mention.row].any.ok() ||
                                           (!mention.parent && !MayName(call, named, mention.name));
                                  }),
                   mentions.end());
    const Copy* copy = CopyOf(dataset);
    if (copy == nullptr) {
      return Error(absl::StatusCode::kInternal, "DATASET_NOT_FOLLOWED", "系统内部错误", {{"dataset", dataset}});
    }
    std::vector<std::string> names = Distinct(mentions);
    // No name has other characters, and the database refuses to compare them.
    names.erase(std::remove_if(names.begin(), names.end(),
                               [](const std::string& name) { return !absl::c_all_of(name, absl::ascii_isascii); }),
                names.end());
    const auto lacks = [](const std::vector<Copy::Standing>& standing) {
      return absl::c_linear_search(standing, Copy::Standing::kMissing);
    };
    const bool streams = call.method != nullptr && call.method->client_streaming();
    ASSIGN_OR_RETURN(std::vector<Copy::Standing> standing, Look(call, streams ? bulk_pool_ : pool_, *copy, names));
    bool asked = !lacks(standing);
    const absl::Time limit = std::min(call.deadline, clock_.Now() + (streams ? kStreamPatience : kPatience));
    if (!asked && (streams || BeginWaiting())) {
      const absl::Cleanup ended = [&] {
        if (!streams) EndWaiting();
      };
      if (MayCatchUp(dataset, limit)) {
        asked = catch_up_(dataset, limit).ok();
        ASSIGN_OR_RETURN(standing, Look(call, streams ? bulk_pool_ : pool_, *copy, names));
        if (lacks(standing)) Pause(dataset, asked ? kAfterNothing : kAfterFailure);
      }
    }
    absl::flat_hash_map<absl::string_view, Copy::Standing> found;
    for (size_t i = 0; i < names.size(); ++i) found[names[i]] = standing[i];
    for (const Mention& mention : mentions) {
      const auto it = found.find(mention.name);
      Verdict& verdict = (*each)[mention.row];
      if (it == found.end() || it->second == Copy::Standing::kMissing) {
        if (mention.field == kFarAbove) continue;
        Refuse(asked ? Unknown(mention) : PerhapsNotYet(mention), &verdict.any);
      } else if (it->second == Copy::Standing::kClosed) {
        verdict.if_named.emplace_back(mention.field, Ended(mention, copy->label()));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status References::CheckRows(db::Tx& tx, const Table& table, const std::vector<const Message*>& rows,
                                   std::vector<Verdict>* each) const {
  Mentions all = MentionsOf(table, rows);
  RefuseForeign(rows, {}, all, each);
  // The parent within the service.
  const auto above = patterns_.find(describe::ParentPattern(table.pattern()).text);
  if (above != patterns_.end()) {
    for (size_t i = 0; i < rows.size(); ++i) {
      all[above->second].push_back({i, kParent, ParentOf(TextOf(*rows[i], "name")), true});
    }
  }
  for (const Above& far : FarAbove(table)) {
    for (size_t i = 0; i < rows.size() && kept_.contains(far.dataset); ++i) {
      all[far.dataset].push_back({i, kFarAbove, UpFrom(*rows[i], far.steps), true});
    }
  }
  for (const auto& [dataset, mentions] : all) {
    const auto it = kept_.find(dataset);
    if (it == kept_.end()) continue;
    const Table& named = *it->second.table;
    std::vector<Ids> ids;
    absl::flat_hash_set<std::string> missing;
    for (const std::string& name : Distinct(mentions)) {
      if (auto one = IdsOf(named, name); one.ok()) {
        ids.push_back(*std::move(one));
      } else {
        missing.insert(name);
      }
    }
    ASSIGN_OR_RETURN(const Store::Standing standing, it->second.store->StandingOf(tx, ids));
    for (const Ids& id : standing.missing) missing.insert(describe::BuildName(named.pattern(), id));
    absl::flat_hash_set<std::string> closed;
    for (const Ids& id : standing.closed) closed.insert(describe::BuildName(named.pattern(), id));
    absl::flat_hash_set<std::string> locked;
    for (const Ids& id : standing.locked) locked.insert(describe::BuildName(named.pattern(), id));
    for (const Mention& mention : mentions) {
      Verdict& verdict = (*each)[mention.row];
      if (missing.contains(mention.name) && mention.field != kFarAbove) {
        Refuse(Unknown(mention), &verdict.any);
      } else if (closed.contains(mention.name)) {
        verdict.if_named.emplace_back(mention.field, Ended(mention, named.options().label()));
      }
      if (mention.field == kParent && locked.contains(mention.name)) {
        Refuse(Locked(mention.name, named.options().label()), &verdict.if_changed);
      }
    }
  }
  std::vector<absl::Status*> verdicts;
  for (Verdict& verdict : *each) verdicts.push_back(&verdict.any);
  for (const Column* column : TreeColumns(table)) {
    RETURN_IF_ERROR(CheckTree(tx, table, *kept_.at(table.dataset()).store, *column, rows, verdicts));
  }
  return absl::OkStatus();
}

absl::Status References::CheckDeletable(db::Tx& tx, const Table& table, const std::string& name, const Ids& ids) const {
  const std::string word = ReasonWord(table.type()->name());
  if (const auto above = patterns_.find(describe::ParentPattern(table.pattern()).text); above != patterns_.end()) {
    const Kept& parent = kept_.at(above->second);
    ASSIGN_OR_RETURN(const Store::Standing standing, parent.store->StandingOf(tx, {Ids(ids.begin(), ids.end() - 1)}));
    if (!standing.locked.empty()) return Locked(ParentOf(name), parent.table->options().label());
  }
  if (const auto below = below_.find(table.pattern().text); below != below_.end()) {
    for (const std::string& dataset : below->second) {
      const Kept& other = kept_.at(dataset);
      ASSIGN_OR_RETURN(const bool children, other.store->HasBelow(tx, ids));
      if (!children) continue;
      return Refused(absl::StrCat(word, "_HAS_", ReasonWord(describe::CollectionOf(other.table->pattern()))),
                     absl::StrCat(table.options().label(), "下还有", other.table->options().label(), ",不能删除"),
                     {{"name", name}});
    }
  }
  if (const auto naming = naming_.find(table.dataset()); naming != naming_.end()) {
    for (const Naming& one : naming->second) {
      const Kept& other = kept_.at(one.dataset);
      ASSIGN_OR_RETURN(const bool named,
                       other.store->IsNamed(tx, *one.column, std::string(describe::DistrictOf(name)), name));
      if (!named) continue;
      return Refused(absl::StrCat(word, "_IN_USE"),
                     absl::StrCat(other.table->options().label(), "还在引用此", table.options().label(), ",不能删除"),
                     {{"name", name}});
    }
  }
  return absl::OkStatus();
}

}  // namespace edudelta::resource
