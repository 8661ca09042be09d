#include "tests/fault/compare.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/resource/row.h"
#include "tests/fault/program.h"

namespace edudelta::fault {
namespace {

constexpr int kPage = 100;

// "districts/310114/schools/-"
std::string AnyParent(const Kind& kind, const Scope& scope) {
  std::vector<std::string> parts;
  for (const auto& segment : describe::ParentPattern(kind.table->pattern()).segments) {
    const bool district = segment.text == "district";
    parts.push_back(!segment.variable ? segment.text : district ? scope.district : "-");
  }
  return absl::StrJoin(parts, "/");
}

}  // namespace

absl::Status ListAll(const Transport& transport, const Actor& actor, const Kind& kind, const Scope& scope,
                     absl::Duration within, std::vector<std::string>* found) {
  const MethodDescriptor* method = kind.Method(describe::MethodKind::kList);
  const MessagePtr request = NewMessage(method->input_type());
  SetText(request.get(), "parent", AnyParent(kind, scope));
  request->GetReflection()->SetInt32(request.get(), method->input_type()->FindFieldByName("page_size"), kPage);
  do {
    const MessagePtr response = NewMessage(method->output_type());
    absl::Status status;
    // The service or its database may have been started a moment ago.
    Await(within, [&] {
      status = transport.Call(actor, *method, *request, kReadWithin, response.get());
      return !absl::IsUnavailable(status);
    });
    RETURN_IF_ERROR(status);
    const auto* rows = method->output_type()->field(0);
    for (int i = 0; i < response->GetReflection()->FieldSize(*response, rows); ++i) {
      const Message& row = response->GetReflection()->GetRepeatedMessage(*response, rows, i);
      const std::string name = TextOf(row, "name");
      const bool in_scope = kind.table->has_district() || absl::StrContains(name, "/" + scope.prefix);
      if (in_scope) found->push_back(absl::StrCat(name, " ", TextOf(row, "etag")));
    }
    SetText(request.get(), "page_token", TextOf(*response, "next_page_token"));
  } while (!TextOf(*request, "page_token").empty());
  return absl::OkStatus();
}

std::string ScopeClause(const Kind& kind, const Scope& scope, std::vector<db::Value>* parameters) {
  parameters->push_back(kind.table->has_district() ? scope.district : scope.prefix + "%");
  return absl::StrCat("`", kind.table->keys().front(), "` ", kind.table->has_district() ? "=" : "LIKE", " ?");
}

absl::StatusOr<std::vector<std::string>> CompareLists(db::Pool& pool, const crypto::FieldCipher& cipher,
                                                      const Transport& transport, const Actor& actor,
                                                      const std::vector<const Kind*>& kinds, const Scope& scope) {
  std::vector<std::string> listed;
  std::vector<std::string> stored;
  for (const Kind* kind : kinds) {
    if (kind->Method(describe::MethodKind::kList) == nullptr) continue;
    RETURN_IF_ERROR(ListAll(transport, actor, *kind, scope, kReadWithin, &listed));
    RETURN_IF_ERROR(pool.Read(absl::Now() + kReadWithin, [&](db::Session& session) -> absl::Status {
      std::vector<db::Value> parameters;
      const std::string clause = ScopeClause(*kind, scope, &parameters);
      const std::vector<std::string>& keys = kind->table->keys();
      ASSIGN_OR_RETURN(db::Rows rows,
                       session.Query(absl::StrCat("SELECT `row_id`, `version`, `", absl::StrJoin(keys, "`, `"),
                                                  "` FROM `", kind->table->name(), "` WHERE ", clause),
                                     parameters));
      while (rows.Next()) {
        std::vector<std::string> ids;
        for (size_t i = 0; i < keys.size(); ++i) ids.push_back(rows.Text(static_cast<int>(i) + 2));
        stored.push_back(absl::StrCat(describe::BuildName(kind->table->pattern(), ids), " ",
                                      resource::EtagOf(cipher, rows.Int(0), rows.Int(1))));
      }
      return absl::OkStatus();
    }));
  }
  std::sort(listed.begin(), listed.end());
  std::sort(stored.begin(), stored.end());
  std::vector<std::string> difference;
  std::set_symmetric_difference(listed.begin(), listed.end(), stored.begin(), stored.end(),
                                std::back_inserter(difference));
  for (std::string& one : difference) one = "listed or stored, not both: " + one;
  return difference;
}

absl::StatusOr<std::vector<std::string>> AuditFeed(db::Pool& pool) {
  std::vector<std::string> problems;
  absl::Status read;
  const bool published = Await(kReadWithin, [&] {
    int64_t left = 1;
    read = pool.Read(absl::Now() + kReadWithin, [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT COUNT(*) FROM `outbox` WHERE `position` = 0"));
      rows.Next();
      left = rows.Int(0);
      return absl::OkStatus();
    });
    return !read.ok() || left == 0;
  });
  RETURN_IF_ERROR(read);
  if (!published) problems.push_back("some events are not published");
  RETURN_IF_ERROR(pool.Read(absl::Now() + kReadWithin, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(db::Rows gaps,
                     session.Query("SELECT `dataset`, `district`, COUNT(*), MIN(`sequence`), MAX(`sequence`), "
                                   "COUNT(DISTINCT `sequence`) FROM `outbox` GROUP BY `dataset`, `district`"));
    while (gaps.Next()) {
      const int64_t count = gaps.Int(2);
      if (gaps.Int(3) == 1 && gaps.Int(4) == count && gaps.Int(5) == count) continue;
      problems.push_back(absl::StrCat("the sequence of ", gaps.Text(0), " in ", gaps.Text(1), " has gaps"));
    }
    // Row ids of the outbox grow with the versions of a row, because their transactions lock it one after the other.
    ASSIGN_OR_RETURN(db::Rows events, session.Query("SELECT `name`, `position` FROM `outbox` ORDER BY `row_id`"));
    std::map<std::string, int64_t> last;
    while (events.Next()) {
      int64_t& before = last[events.Text(0)];
      if (events.Int(1) <= before) problems.push_back("published out of order: " + events.Text(0));
      before = events.Int(1);
    }
    return absl::OkStatus();
  }));
  return problems;
}

}  // namespace edudelta::fault
