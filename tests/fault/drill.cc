#include "tests/fault/drill.h"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/testing/services.h"
#include "edudelta/exchange/v1/exchange.pb.h"
#include "edudelta/exchange/v1/organization.pb.h"
#include "edudelta/exchange/v1/types.pb.h"
#include "edudelta/exchange/v1/user.pb.h"
#include "tests/contract/fit.h"
#include "tests/fault/compare.h"

namespace edudelta::fault {
namespace {

constexpr int kClerks = 4;
// Of each clerk, at least; and of each clerk for every kind of the service.
constexpr int kFewestWrites = 12;
constexpr int kWritesOfAKind = 3;
constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr absl::Duration kLateWithin = absl::Seconds(11);
// By which every clerk has been refused, and some of them again.
constexpr int kRefusals = 12;
constexpr char kPurpose[] = "BALANCE_EVALUATION";

// Everywhere, and above every district, for "*" is not: what some steps ask for.
const char* const kPlaces[] = {"*", "districts/000000"};
// What stands for each of them in an account until it is made.
const char* const kNowhere[] = {"organizations/everywhere", "organizations/nation"};
// Whose clerks write. Their districts follow from the digits (services/exchange/api/sample_fits.cc), which no run has.
const char* const kParties[] = {"party29001", "party29002"};

// Every role that some resource or step asks of people.
std::vector<options::v1::Role> Roles() {
  std::vector<options::v1::Role> roles;
  for (int role = options::v1::Role_MIN + 1; role <= options::v1::Role_MAX; ++role) {
    if (role != options::v1::ROLE_SERVICE) roles.push_back(static_cast<options::v1::Role>(role));
  }
  return roles;
}

std::vector<std::string> NamesOf(const std::vector<testing::ServiceProgram>& services) {
  std::vector<std::string> names;
  for (const testing::ServiceProgram& one : services) names.push_back(one.name);
  return names;
}

std::string PrincipalOf(const char* organization, int number) {
  return absl::StrCat("organizations/", organization, "/users/clerk", number);
}

}  // namespace

Drill::Drill(Way way, Disk* disk)
    : disk_(disk),
      suite_(NamesOf(testing::ReadServices())),
      direct_(MakeDirect([this](const std::string& service) { return suite_.channel(service); })),
      rest_(MakeRest(suite_.port())),
      watch_(way == Way::kDirect ? *direct_ : *rest_, "DATABASE_FULL") {
  MakeAccounts();
}

// The gateway knows callers by their accounts; the services believe what they are told.
void Drill::MakeAccounts() {
  namespace v1 = exchange::v1;
  for (const char* id : kParties) {
    v1::CreateOrganizationRequest request;
    request.set_organization_id(id);
    request.mutable_organization()->set_name(absl::StrCat("organizations/", id));
    request.mutable_organization()->set_display_name(id);
    contract::SampleFits().Fit(0, request.mutable_organization());
    v1::Organization organization;
    suite_.Ask(MethodOf(v1::Organization::descriptor(), "CreateOrganization"), Administrator(), request, &organization);
    for (int i = 0; i < kClerks; ++i) {
      v1::CreateUserRequest user;
      user.set_parent(organization.name());
      user.set_user_id(absl::StrCat("clerk", i));
      user.mutable_user()->set_display_name(user.user_id());
      for (const options::v1::Role role : Roles()) {
        for (const char* place : kNowhere) {
          v1::RoleBinding* binding = user.mutable_user()->add_bindings();
          binding->set_role(role);
          binding->set_prefix(place);
        }
      }
      v1::User made;
      suite_.Ask(MethodOf(v1::User::descriptor(), "CreateUser"), Administrator(), user, &made);
    }
  }
  // Nobody is granted that much in one organisation: it is written past the rule, and told by the next change.
  const absl::Status widened = suite_.pool("exchange").Read(absl::Now() + kPatience, [&](db::Session& session) {
    return session
        .Execute("UPDATE `user_account` SET `bindings` = REPLACE(REPLACE(`bindings`, ?, ?), ?, ?)",
                 {std::string(kNowhere[0]), std::string(kPlaces[0]), std::string(kNowhere[1]), std::string(kPlaces[1])})
        .status();
  });
  if (!widened.ok()) throw std::runtime_error(widened.ToString());
  for (const char* id : kParties) {
    for (int i = 0; i < kClerks; ++i) {
      v1::UpdateUserRequest user;
      user.mutable_user()->set_name(PrincipalOf(id, i));
      user.mutable_user()->set_display_name(absl::StrCat("clerk ", i));
      user.mutable_update_mask()->add_paths("display_name");
      v1::User made;
      suite_.Ask(MethodOf(v1::User::descriptor(), "UpdateUser"), Administrator(), user, &made);
    }
  }
}

Actor Drill::ActorOf(const std::string& principal) const {
  Actor actor{User(principal, Roles(), kPlaces[0]), suite_.TokenOf(principal)};
  actor.caller.MergeFrom(User(principal, Roles(), kPlaces[1]));
  actor.caller.set_purpose(kPurpose);
  return actor;
}

absl::StatusOr<std::vector<std::string>> Drill::Districts() {
  std::vector<std::string> districts;
  RETURN_IF_ERROR(suite_.pool("planning").Read(absl::Now() + kPatience, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query("SELECT `district_id` FROM `district` WHERE `level` = 4 ORDER BY `district_id`"));
    while (rows.Next()) districts.push_back(rows.Text(0));
    return absl::OkStatus();
  }));
  return districts;
}

std::string Drill::Run(int runs, const std::vector<Fault>& faults) {
  const auto districts = Districts();
  if (!districts.ok()) return districts.status().ToString();
  const std::vector<std::string> services = registers_.Services();
  if (runs + services.size() > districts->size()) return "one district a run";
  for (size_t i = 0; i < services.size(); ++i) {
    const auto problems = Rehearse(services[i], {(*districts)[districts->size() - 1 - i], "rehearsal9-"});
    if (!problems.ok()) return problems.status().ToString();
    if (!problems->empty())
      return absl::StrCat("rehearsal of ", services[i], ":\n", absl::StrJoin(*problems, "\n"), "\n", suite_.Logs());
  }
  for (int run = 0; run < runs; ++run) {
    const Fault& fault = faults[run % faults.size()];
    // With few runs, too, every fault meets different services and every service different faults.
    const size_t turn = run % faults.size() + run / faults.size();
    const std::string& service = services[turn % services.size()];
    const Scope scope{(*districts)[run], absl::StrCat("run", run, "-")};
    const auto problems = RunOnce(fault, service, scope);
    ++totals_.runs;
    if (!problems.ok() || !problems->empty()) {
      return absl::StrCat(
          "run ", run, " of ", service, " in district ", scope.district, " failpoint '", fault.failpoint, "':\n",
          problems.ok() ? absl::StrJoin(*problems, "\n") : problems.status().ToString(), "\n", suite_.Logs());
    }
  }
  for (const std::string& service : services) {
    const auto feed = AuditFeed(suite_.pool(service));
    if (!feed.ok()) return feed.status().ToString();
    if (!feed->empty()) return absl::StrCat(service, ":\n", absl::StrJoin(*feed, "\n"));
  }
  return "";
}

std::vector<std::unique_ptr<Clerk>> Drill::MakeClerks(const std::string& service, const Scope& scope,
                                                      Progress* progress) {
  std::vector<std::unique_ptr<Clerk>> clerks;
  for (int i = 0; i < kClerks; ++i) {
    Clerk::Settings settings;
    settings.number = i;
    settings.seed = static_cast<unsigned>(random_());
    settings.service = service;
    settings.scope = scope;
    settings.actors[0] = ActorOf(PrincipalOf(kParties[0], i));
    settings.actors[1] = ActorOf(PrincipalOf(kParties[1], i));
    settings.registers = &registers_;
    settings.transport = &watch_;
    settings.attempts = &progress->attempts;
    settings.without_ids = SettingOf("FAULT_WITHOUT_IDS", 1) != 0;
    clerks.push_back(std::make_unique<Clerk>(std::move(settings)));
    clerks.back()->Begin();
  }
  if (registers_.GroundOf(service) != nullptr) AwaitSchools(service, scope);
  const std::string shared = clerks[0]->OpenShared();
  for (const auto& clerk : clerks) {
    clerk->Share(shared);
    clerk->SetOut();
  }
  return clerks;
}

// The feed brings them to the service.
void Drill::AwaitSchools(const std::string& service, const Scope& scope) {
  Await(kPatience, [&] {
    int64_t found = 0;
    const absl::Status read =
        suite_.pool(service).Read(absl::Now() + kPatience, [&](db::Session& session) -> absl::Status {
          ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT COUNT(*) FROM `ref_school` WHERE `district_id` = ?",
                                                        {scope.district}));
          if (rows.Next()) found = rows.Int(0);
          return absl::OkStatus();
        });
    return read.ok() && found == kClerks;
  });
}

absl::Status Drill::FillDisk(const std::string& service, const Scope& scope, const Progress& progress, bool* alive) {
  const auto answers = [&] { return suite_.pool(service).Ping(absl::Now() + kPatience).ok(); };
  const int enough = watch_.count() + kRefusals;
  disk_->Fill();
  ++totals_.fills;
  // A clerk ends early when it was answered what it should not be.
  Await(kPatience, [&] { return watch_.count() >= enough || progress.working < kClerks || !answers(); });
  std::vector<std::string> listed;
  absl::Status read = ListAll(*direct_, ActorOf(PrincipalOf(kParties[0], 0)), *registers_.Of(service).front(), scope,
                              absl::ZeroDuration(), &listed);
  // InnoDB ends itself when it has no room to undo a transaction.
  *alive = answers();
  disk_->Free();
  totals_.collapses += !*alive;
  if (!*alive) return absl::IsUnavailable(read) ? absl::OkStatus() : read;
  if (watch_.count() < enough) return absl::UnknownError("nobody was told that the disk is full");
  if (read.ok() && listed.empty()) return absl::UnknownError("a reader found nothing while the disk was full");
  return read;
}

absl::Status Drill::Strike(const Fault& fault, const std::string& service, const Scope& scope,
                           const Progress& progress) {
  absl::Status struck;
  if (fault.failpoint.empty()) {
    const int moment = 1 + static_cast<int>(random_() % (kClerks * progress.writes * 3 / 4));
    if (!Await(kPatience, [&] { return progress.attempts >= moment || progress.working == 0; }))
      struck = absl::UnknownError("the clerks did not come so far");
    Pause(absl::Microseconds(random_() % 3000));
  } else {
    Program& program = suite_.program(fault.failpoint == "before_reply" ? "gateway" : service);
    if (!Await(kPatience, [&] { return !program.Running() || progress.working == 0; }) || program.Running())
      struck = absl::UnknownError("the failpoint was not reached");
  }
  bool alive = true;
  if (fault.full && struck.ok()) struck = FillDisk(service, scope, progress, &alive);
  if (fault.service) suite_.program(service).Kill();
  if (fault.gateway) suite_.program("gateway").Kill();
  const bool database = fault.database || !alive;
  if (database) suite_.database().Kill();
  totals_.kills += fault.service + fault.gateway + fault.database;
  if (database) suite_.database().Start();
  if (fault.service) suite_.program(service).Start();
  if (fault.gateway) suite_.program("gateway").Start();
  return struck;
}

int Drill::WritesEach(const std::string& service) const {
  int kinds = 0;
  for (const Kind* kind : registers_.Of(service)) kinds += kind->written;
  return std::max(kFewestWrites, kWritesOfAKind * kinds);
}

absl::StatusOr<std::vector<std::string>> Drill::Rehearse(const std::string& service, const Scope& scope) {
  Progress progress;
  const std::vector<std::unique_ptr<Clerk>> clerks = MakeClerks(service, scope, &progress);
  const std::string missed = clerks[0]->Rehearse();
  Ledger ledger;
  for (const auto& clerk : clerks) ledger.Add(clerk->ledger());
  ASSIGN_OR_RETURN(std::vector<std::string> problems, Audit(service, scope, ledger));
  if (!missed.empty()) problems.insert(problems.begin(), missed);
  return problems;
}

absl::StatusOr<std::vector<std::string>> Drill::RunOnce(const Fault& fault, const std::string& service,
                                                        const Scope& scope) {
  Progress progress;
  progress.writes = WritesEach(service);
  const std::vector<std::unique_ptr<Clerk>> clerks = MakeClerks(service, scope, &progress);
  progress.attempts = 0;
  progress.working = kClerks;
  if (!fault.failpoint.empty()) {
    Program& program = suite_.program(fault.failpoint == "before_reply" ? "gateway" : service);
    program.Kill();
    program.Start(
        {absl::StrCat("EDUDELTA_FAILPOINTS=", fault.failpoint, "=", 1 + random_() % (kClerks * progress.writes / 3))});
  }
  std::vector<std::thread> threads;
  for (const auto& clerk : clerks) {
    threads.emplace_back([&] {
      clerk->Work(progress.writes);
      // Blocks that files have already may take many writes.
      while (fault.full && !progress.struck && clerk->ledger().problems.empty()) clerk->Work(1);
      progress.working.fetch_sub(1);
    });
  }
  const absl::Status struck = Strike(fault, service, scope, progress);
  progress.struck = true;
  for (std::thread& thread : threads) thread.join();
  Ledger ledger;
  for (const auto& clerk : clerks) ledger.Add(clerk->ledger());
  for (const Sent& sent : ledger.sent) {
    totals_.acknowledged += sent.answer == Answer::kAcknowledged;
    const bool first = sent.answer == Answer::kAcknowledged && acknowledged_.insert(sent.method).second;
    totals_.methods += first;
    totals_.steps += first && sent.method->options().HasExtension(options::v1::transition);
    totals_.refused += sent.answer == Answer::kRefused;
  }
  totals_.requests += static_cast<int>(ledger.sent.size());
  totals_.attempts += ledger.attempts;
  totals_.full = watch_.count();
  ASSIGN_OR_RETURN(std::vector<std::string> problems, Audit(service, scope, ledger));
  if (const Kind* ground = registers_.GroundOf(service); ground != nullptr && problems.empty()) {
    ASSIGN_OR_RETURN(problems, Audit(ground->service, scope, ledger));
  }
  if (!struck.ok() && problems.empty()) problems.push_back(struck.ToString());
  return problems;
}

absl::StatusOr<std::vector<std::string>> Drill::Audit(const std::string& service, const Scope& scope,
                                                      const Ledger& ledger) {
  const std::vector<const Kind*>& kinds = registers_.Of(service);
  // A request that its client gave up with the gateway may still be running in the service. What was lost or doubled
  // stays so.
  absl::StatusOr<Findings> audited;
  const auto clean = [&] {
    audited = AuditScope(suite_.pool(service), suite_.cipher(service), kinds, scope, ledger);
    return !audited.ok() || audited->problems.empty() || !ledger.problems.empty();
  };
  if (!clean()) Await(kLateWithin, clean);
  ASSIGN_OR_RETURN(const Findings findings, audited);
  totals_.versions += findings.versions;
  totals_.given_up += findings.given_up;
  totals_.given_up_done += findings.given_up_done;
  if (!findings.problems.empty()) return findings.problems;
  return CompareLists(suite_.pool(service), suite_.cipher(service), *direct_, ActorOf(PrincipalOf(kParties[0], 0)),
                      kinds, scope);
}

std::string ToString(const Totals& t) {
  const std::string disk = t.fills == 0 ? ""
                                        : absl::StrCat(t.fills, " full disks (the database ended itself ", t.collapses,
                                                       " times), ", t.full, " attempts refused for them, ");
  return absl::StrCat(t.runs, " runs, ", t.kills, " kills, ", disk, t.requests, " requests in ", t.attempts,
                      " attempts: ", t.acknowledged, " acknowledged (", t.methods, " methods, ", t.steps,
                      " of them steps of workflows), ", t.refused, " refused for an old etag, ", t.given_up,
                      " given up of which ", t.given_up_done, " were done; ", t.versions, " versions of rows");
}

}  // namespace edudelta::fault
