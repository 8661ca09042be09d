#include "common/resource/references.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/resource/check.h"
#include "common/resource/fields.h"

namespace edudelta::resource {

using google::protobuf::Message;

namespace {

// One thing that a row names: where it says so, and what.
struct Mention {
  size_t row;
  std::string field;
  std::string name;
};
// By dataset.
using Mentions = std::map<std::string, std::vector<Mention>>;

Mentions MentionsOf(const Table& table, const std::vector<const Message*>& rows) {
  Mentions mentions;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const Column& column : table.columns()) {
      if (column.options->reference().empty() || !IsSet(*rows[i], column.field)) continue;
      mentions[column.options->reference()].push_back(
          {i, column.name, rows[i]->GetReflection()->GetString(*rows[i], column.field)});
    }
    // A message without a name is a change of a row that has its parent.
    if (!table.options().parent().empty() && !TextOf(*rows[i], "name").empty()) {
      mentions[table.options().parent()].push_back({i, "parent", ParentOf(TextOf(*rows[i], "name"))});
    }
  }
  return mentions;
}

absl::Status Unknown(const Mention& mention) {
  return Error(absl::StatusCode::kFailedPrecondition, "REFERENCE_NOT_FOUND",
               absl::StrCat("所指的记录不存在:", mention.name), {{"field", mention.field}, {"name", mention.name}});
}

// A register names what its own district keeps, or a city or province above it; anything else would tell what another
// district has, and count there.
bool IsForeign(absl::string_view own, absl::string_view named) {
  return !own.empty() && !named.empty() && !describe::CoversDistrict(named, own);
}

void RefuseForeign(const std::vector<const Message*>& rows, const Mentions& mentions, std::vector<absl::Status>* each) {
  for (const auto& [dataset, some] : mentions) {
    for (const Mention& mention : some) {
      absl::Status& status = (*each)[mention.row];
      if (status.ok() &&
          IsForeign(describe::DistrictOf(TextOf(*rows[mention.row], "name")), describe::DistrictOf(mention.name))) {
        status = Invalid(mention.field, "REFERENCE_OTHER_DISTRICT", "所指的记录属于另一个区县");
      }
    }
  }
}

// "planning.School" -> "ref_school"
std::string CopyTable(absl::string_view dataset) {
  return absl::StrCat("ref_", absl::AsciiStrToLower(ReasonWord(dataset.substr(dataset.rfind('.') + 1))));
}

absl::StatusOr<absl::flat_hash_set<std::string>> Known(db::Session& session, const std::string& dataset,
                                                       const std::vector<std::string>& names) {
  absl::flat_hash_set<std::string> known;
  size_t done = 0;
  // Fixed sizes, so that few statements are prepared.
  for (size_t batch : {100, 10, 1}) {
    for (; names.size() - done >= batch; done += batch) {
      const std::string sql = absl::StrCat("SELECT `name` FROM `", CopyTable(dataset), "` WHERE `name` IN (",
                                           absl::StrJoin(std::vector<std::string>(batch, "?"), ", "), ")");
      ASSIGN_OR_RETURN(db::Rows rows,
                       session.Query(sql, std::vector<db::Value>(names.begin() + done, names.begin() + done + batch)));
      while (rows.Next()) known.insert(rows.Text(0));
    }
  }
  return known;
}

std::vector<std::string> Distinct(const std::vector<Mention>& mentions) {
  std::vector<std::string> names;
  for (const Mention& mention : mentions) names.push_back(mention.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

absl::Status References::CheckCopies(const rpc::Call& call, const Table& table, const std::vector<const Message*>& rows,
                                     std::vector<absl::Status>* each) {
  const Mentions all = MentionsOf(table, rows);
  RefuseForeign(rows, all, each);
  for (const auto& entry : all) {
    const auto& dataset = entry.first;
    const auto& mentions = entry.second;
    if (stores_.contains(dataset)) continue;
    std::vector<std::string> names = Distinct(mentions);
    // No name has other characters, and the database refuses to compare them.
    names.erase(std::remove_if(names.begin(), names.end(),
                               [](const std::string& name) {
                                 return !std::all_of(name.begin(), name.end(), absl::ascii_isascii);
                               }),
                names.end());
    absl::flat_hash_set<std::string> known;
    auto look = [&]() -> absl::Status {
      return pool_.Read(call.deadline, [&](db::Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(known, Known(session, dataset, names));
        return absl::OkStatus();
      });
    };
    RETURN_IF_ERROR(look());
    // It may be so new that the feed has not brought it yet.
    if (known.size() < names.size() && catch_up_) {
      RETURN_IF_ERROR(catch_up_(call.deadline));
      RETURN_IF_ERROR(look());
    }
    for (const Mention& mention : mentions) {
      if (!known.contains(mention.name) && (*each)[mention.row].ok()) (*each)[mention.row] = Unknown(mention);
    }
  }
  return absl::OkStatus();
}

absl::Status References::CheckRows(db::Tx& tx, const Table& table, const std::vector<const Message*>& rows,
                                   std::vector<absl::Status>* each) {
  Mentions all = MentionsOf(table, rows);
  RefuseForeign(rows, all, each);
  // The parent within the service.
  const std::string parent = describe::ParentPattern(table.pattern()).text;
  for (const auto& [dataset, kept] : stores_) {
    if (parent.empty() || kept.table->pattern().text != parent) continue;
    for (size_t i = 0; i < rows.size(); ++i) all[dataset].push_back({i, "parent", ParentOf(TextOf(*rows[i], "name"))});
  }
  for (const auto& [dataset, mentions] : all) {
    const auto it = stores_.find(dataset);
    if (it == stores_.end()) continue;
    std::vector<Ids> ids;
    absl::flat_hash_set<std::string> missing;
    for (const std::string& name : Distinct(mentions)) {
      if (auto one = IdsOf(*it->second.table, name); one.ok()) {
        ids.push_back(*std::move(one));
      } else {
        missing.insert(name);
      }
    }
    ASSIGN_OR_RETURN(std::vector<Ids> unknown, it->second.store->MissingOf(tx, ids));
    for (const Ids& id : unknown) missing.insert(describe::BuildName(it->second.table->pattern(), id));
    for (const Mention& mention : mentions) {
      if (missing.contains(mention.name) && (*each)[mention.row].ok()) (*each)[mention.row] = Unknown(mention);
    }
  }
  return absl::OkStatus();
}

// Nothing stands below the row, and no row of its district names it.
absl::Status References::CheckDeletable(db::Tx& tx, const Table& table, const std::string& name, const Ids& ids) {
  const std::string word = ReasonWord(table.type()->name());
  for (const auto& [dataset, kept] : stores_) {
    const Table& other = *kept.table;
    if (describe::ParentPattern(other.pattern()).text == table.pattern().text) {
      ASSIGN_OR_RETURN(bool children, kept.store->HasBelow(tx, ids));
      if (children) {
        return Refused(absl::StrCat(word, "_HAS_", ReasonWord(describe::CollectionOf(other.pattern()))),
                       absl::StrCat(table.options().label(), "下还有", other.options().label(), ",不能删除"),
                       {{"name", name}});
      }
    }
    for (const Column& column : other.columns()) {
      if (column.options->reference() != table.dataset()) continue;
      ASSIGN_OR_RETURN(bool named, kept.store->IsNamed(tx, column, std::string(describe::DistrictOf(name)), name));
      if (named) {
        return Refused(absl::StrCat(word, "_IN_USE"),
                       absl::StrCat(other.options().label(), "还在引用此", table.options().label(), ",不能删除"),
                       {{"name", name}});
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace edudelta::resource
