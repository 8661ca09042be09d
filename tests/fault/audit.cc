#include "tests/fault/audit.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/outbox/payload.h"
#include "common/resource/row.h"
#include "common/resource/transition.h"
#include "tests/fault/compare.h"

namespace edudelta::fault {
namespace {

using feed::v1::Event;

struct Version {
  int64_t row = 0;
  int64_t version = 0;
  std::string name;
  std::string mark;
  std::string content;
  std::string begin;
  // Empty for the row in the table itself.
  std::string end;
  std::string etag;
};

class Audit {
 public:
  Audit(const crypto::FieldCipher& cipher, Scope scope) : cipher_(cipher), scope_(std::move(scope)) {}

  absl::Status Run(db::Session& session, const std::vector<const Kind*>& kinds, const Ledger& ledger) {
    findings_.problems = ledger.problems;
    RETURN_IF_ERROR(ReadLog(session));
    for (const Kind* kind : kinds) {
      versions_.clear();
      RETURN_IF_ERROR(ReadVersions(session, *kind, false));
      if (kind->table->keeps_history()) RETURN_IF_ERROR(ReadVersions(session, *kind, true));
      CheckHistory();
      RETURN_IF_ERROR(CheckCreated(session, *kind));
      if (kind->table->options().events()) RETURN_IF_ERROR(CheckEvents(session, *kind));
      for (const auto& [key, version] : versions_) {
        unclaimed_.emplace(absl::StrCat(version.name, " ", version.mark), version);
        contents_[absl::StrCat(version.name, " ", version.etag)] = version.content;
      }
      findings_.versions += static_cast<int>(versions_.size());
    }
    const std::string service = kinds.front()->service;
    for (const Sent& sent : ledger.sent) {
      if (describe::ServiceOf(sent.method->file()) == service) CheckSent(sent);
    }
    for (const auto& [key, version] : unclaimed_) Problem("nobody was told of ", Show(version));
    for (const auto& [name, etag] : ended_) Problem("nobody was told of the end of ", name, " ", etag);
    for (const auto& [key, entry] : log_) Problem("the request log has an entry that nobody was told of: ", key);
    return CheckTransitions(session);
  }

  Findings Take() { return std::move(findings_); }

 private:
  struct Logged {
    std::string name;
    int64_t version = 0;
  };
  using Unclaimed = std::multimap<std::string, Version>;

  template <typename... Parts>
  void Problem(const Parts&... parts) {
    findings_.problems.push_back(absl::StrCat(parts...));
  }

  static std::string Show(const Version& version) {
    return absl::StrCat(version.name, " version ", version.version, " of row ", version.row, " (", version.mark, ", ",
                        version.begin, " to ", version.end, ")");
  }

  bool InScope(const std::string& name) const {
    return absl::StartsWith(name, absl::StrCat("districts/", scope_.district, "/")) ||
           absl::StrContains(name, "/" + scope_.prefix);
  }

  // Locks what it reads: a client whose transaction is still at its commit holds its entry.
  absl::Status ReadLog(db::Session& session) {
    ASSIGN_OR_RETURN(
        db::Rows rows,
        session.Query("SELECT `principal`, `request_id`, `name`, `version` FROM `request_log` FOR UPDATE", {}));
    while (rows.Next()) {
      if (InScope(rows.Text(2))) log_[absl::StrCat(rows.Text(0), " ", rows.Text(1))] = {rows.Text(2), rows.Int(3)};
    }
    return absl::OkStatus();
  }

  absl::Status ReadVersions(db::Session& session, const Kind& kind, bool history) {
    std::vector<db::Value> parameters;
    const std::string clause = ScopeClause(kind, scope_, &parameters);
    // Who changes a row locks it, so that its history stays as it is until the audit has read that too.
    const std::string from = absl::StrCat(" FROM `", kind.table->name(), history ? "_history" : "", "` WHERE ", clause,
                                          " ORDER BY `row_id`, `version`", history ? "" : " LOCK IN SHARE MODE");
    const resource::Projection all = resource::AllColumns(*kind.table);
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query(absl::StrCat("SELECT ", resource::SelectList(*kind.table, all), from), parameters));
    ASSIGN_OR_RETURN(db::Rows ends,
                     session.Query(absl::StrCat("SELECT ", history ? "`history_to`" : "''", from), parameters));
    while (rows.Next() && ends.Next()) {
      ASSIGN_OR_RETURN(const resource::Row row, resource::ReadRow(rows, *kind.table, all, cipher_));
      Version version{row.row_id,
                      row.version,
                      TextOf(*row.message, "name"),
                      kind.MarkOf(*row.message),
                      kind.ContentOf(*row.message),
                      row.update_time,
                      ends.Text(0),
                      row.etag};
      const std::pair<int64_t, int64_t> key{version.row, version.version};
      const auto [known, fresh] = versions_.emplace(key, version);
      if (!fresh) Problem(Show(version), " is both in the table and in the history: ", Show(known->second));
    }
    return absl::OkStatus();
  }

  void CheckHistory() {
    for (auto it = versions_.begin(); it != versions_.end(); ++it) {
      const Version& version = it->second;
      const auto next = std::next(it);
      const bool last = next == versions_.end() || next->second.row != version.row;
      const bool first = it == versions_.begin() || std::prev(it)->second.row != version.row;
      if (first && version.version != 1) Problem(Show(version), " has no first version");
      if (!last && next->second.version != version.version + 1) Problem(Show(version), " has no next version");
      if (!last && version.end != next->second.begin) Problem(Show(version), " does not end when the next one begins");
      if (last && !version.end.empty()) ended_.emplace(version.name, version.etag);
    }
  }

  // Where it matters who made a row, one entry says so.
  absl::Status CheckCreated(db::Session& session, const Kind& kind) {
    ASSIGN_OR_RETURN(const std::vector<resource::Transition> steps, resource::TransitionsOf(*kind.table));
    const bool logged = std::any_of(steps.begin(), steps.end(), [](const resource::Transition& step) {
      const auto& others = step.options->not_same_actor_as();
      return std::find(others.begin(), others.end(), resource::kCreate) != others.end();
    });
    if (!logged) return absl::OkStatus();
    ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT `resource`, `resource_row` FROM `transition_log` "
                                                  "WHERE `method` = 'Create'",
                                                  {}));
    std::map<std::pair<std::string, int64_t>, int> entries;
    while (rows.Next()) ++entries[{rows.Text(0), rows.Int(1)}];
    for (const auto& [key, version] : versions_) {
      const int count = version.version == 1 ? entries[{version.name, version.row}] : 1;
      if (count != 1) Problem("the transition log has ", count, " entries of the making of ", Show(version));
    }
    return absl::OkStatus();
  }

  // One line for each event: which row went from which version to which, and what it was then.
  absl::Status CheckEvents(db::Session& session, const Kind& kind) {
    std::vector<std::string> expected;
    for (const auto& [key, version] : versions_) {
      const auto before = versions_.find({version.row, version.version - 1});
      expected.push_back(Line(version.name, before == versions_.end() ? nullptr : &before->second, &version));
      const bool last = versions_.count({version.row, version.version + 1}) == 0;
      if (last && !version.end.empty()) expected.push_back(Line(version.name, &version, nullptr));
    }
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query("SELECT `event_id`, `name`, `kind`, `payload` FROM `outbox` WHERE `dataset` = ? "
                                   "AND `district` = ?",
                                   {kind.table->dataset(), scope_.district}));
    std::vector<std::string> found;
    while (rows.Next()) {
      ASSIGN_OR_RETURN(const Event event, outbox::DecodePayload(rows.Text(0), rows.Text(3), cipher_));
      const Version before = VersionIn(event.before(), kind);
      const Version after = VersionIn(event.after(), kind);
      found.push_back(Line(rows.Text(1), event.has_before() ? &before : nullptr, event.has_after() ? &after : nullptr));
      const Event::Kind right = !event.has_before()  ? Event::KIND_CREATED
                                : !event.has_after() ? Event::KIND_DELETED
                                                     : Event::KIND_UPDATED;
      if (rows.Int(2) != right || event.kind() != right) Problem("an event of the wrong kind: ", found.back());
    }
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    std::vector<std::string> difference;
    std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(difference));
    for (const std::string& one : difference) Problem("no event for ", one);
    difference.clear();
    std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(difference));
    for (const std::string& one : difference) Problem("an event without its version: ", one);
    return absl::OkStatus();
  }

  static std::string Line(const std::string& name, const Version* before, const Version* after) {
    const auto show = [](const Version* version) {
      return version == nullptr ? "" : absl::StrCat(version->mark, " ", version->content);
    };
    return absl::StrCat(name, ": ", show(before), " -> ", show(after));
  }

  static Version VersionIn(const google::protobuf::Any& any, const Kind& kind) {
    const MessagePtr row = NewMessage(kind.type);
    Version version;
    if (any.type_url().empty()) return version;
    version.mark = row->ParseFromString(any.value()) ? kind.MarkOf(*row) : "unreadable";
    version.content = kind.ContentOf(*row);
    return version;
  }

  void CheckSent(const Sent& sent) {
    const std::string key = absl::StrCat(sent.principal, " ", sent.request_id);
    const auto entry = log_.find(key);
    const bool done = sent.request_id.empty() ? AnyLanded(sent) : entry != log_.end();
    const Logged logged = entry == log_.end() ? Logged{} : entry->second;
    if (sent.answer == Answer::kNone) {
      ++findings_.given_up;
      findings_.given_up_done += done;
    }
    const std::string& method = sent.method->name();
    if (sent.answer == Answer::kAcknowledged && !done)
      Problem("lost: ", method, " of ", sent.changes[0].name, " was acknowledged but is not in the request log: ", key);
    if (sent.answer == Answer::kRefused && done) Problem(method, " was refused but is in the request log: ", key);
    // What is not in the log may have claimed nothing: its versions stay unclaimed and are reported.
    if (!done) return;
    for (size_t i = 0; i < sent.changes.size(); ++i) {
      const Change& change = sent.changes[i];
      const int64_t version = ClaimAny(sent, change, i == 0 ? logged.version : 1);
      if (i == 0 && !sent.request_id.empty() && (logged.name != change.name || logged.version != version)) {
        Problem(method, " of ", change.name, " made version ", version, ", the request log says ", logged.name,
                " version ", logged.version);
      }
    }
    const bool steps = sent.method->options().HasExtension(options::v1::transition);
    if (steps) ++expected_steps_[sent.request_id];
    if (entry != log_.end()) log_.erase(entry);
  }

  bool AnyLanded(const Sent& sent) const {
    return std::any_of(sent.changes.begin(), sent.changes.end(), [&](const Change& change) {
      return unclaimed_.count(absl::StrCat(change.name, " ", change.mark)) > 0;
    });
  }

  // The version that the change made; 0 for an end, as in the request log.
  int64_t ClaimAny(const Sent& sent, const Change& change, int64_t logged) {
    if (change.kind == Event::KIND_DELETED) {
      if (ended_.erase({change.name, change.etag}) == 0)
        Problem("lost: ", sent.method->name(), " of ", change.name, " ", change.etag);
      return 0;
    }
    if (change.kind == Event::KIND_UNSPECIFIED) {
      const auto known = contents_.find(absl::StrCat(change.name, " ", change.etag));
      if (known == contents_.end() || known->second != change.content)
        Problem("lost: ", change.name, " ", change.etag, " as ", sent.method->name(), " found it");
      return 1;
    }
    return Claim(sent, change, logged);
  }

  // A workflow may come through one state twice: then the answer or the log tells which version is meant.
  Unclaimed::iterator Find(const Change& change, int64_t logged) {
    auto [first, last] = unclaimed_.equal_range(absl::StrCat(change.name, " ", change.mark));
    const auto meant = std::find_if(first, last, [&](const auto& one) {
      return change.etag.empty() ? one.second.version == logged : one.second.etag == change.etag;
    });
    return meant != last ? meant : first == last ? unclaimed_.end() : first;
  }

  int64_t Claim(const Sent& sent, const Change& change, int64_t logged) {
    const auto found = Find(change, logged);
    const std::string& method = sent.method->name();
    if (found == unclaimed_.end()) {
      Problem("lost: ", method, " of ", change.name, " (", change.mark, "), request ", sent.request_id);
      return -1;
    }
    const Version version = found->second;
    unclaimed_.erase(found);
    if (!change.etag.empty() && change.etag != version.etag)
      Problem(Show(version), " was acknowledged as ", change.etag);
    if (!change.content.empty() && change.content != version.content)
      Problem(Show(version), " is not the row that was acknowledged");
    if ((change.kind == Event::KIND_CREATED) != (version.version == 1)) Problem(method, " made ", Show(version));
    return version.version;
  }

  absl::Status CheckTransitions(db::Session& session) {
    ASSIGN_OR_RETURN(
        db::Rows rows,
        session.Query("SELECT `request_id`, `resource` FROM `transition_log` WHERE `method` <> 'Create'", {}));
    while (rows.Next()) {
      if (InScope(rows.Text(1))) --expected_steps_[rows.Text(0)];
    }
    for (const auto& [id, missing] : expected_steps_) {
      if (missing != 0) Problem("the transition log misses ", missing, " entries of request ", id);
    }
    return absl::OkStatus();
  }

  const crypto::FieldCipher& cipher_;
  const Scope scope_;
  std::map<std::string, Logged> log_;
  // Of one kind.
  std::map<std::pair<int64_t, int64_t>, Version> versions_;
  Unclaimed unclaimed_;
  // By name and etag.
  std::map<std::string, std::string> contents_;
  std::set<std::pair<std::string, std::string>> ended_;
  // By request id.
  std::map<std::string, int> expected_steps_;
  Findings findings_;
};

}  // namespace

absl::StatusOr<Findings> AuditScope(db::Pool& pool, const crypto::FieldCipher& cipher,
                                    const std::vector<const Kind*>& kinds, const Scope& scope, const Ledger& ledger) {
  Findings findings;
  RETURN_IF_ERROR(pool.Transact(absl::Now() + kReadWithin, [&](db::Tx& tx) -> absl::Status {
    Audit audit(cipher, scope);
    RETURN_IF_ERROR(audit.Run(tx, kinds, ledger));
    findings = audit.Take();
    return absl::OkStatus();
  }));
  return findings;
}

}  // namespace edudelta::fault
