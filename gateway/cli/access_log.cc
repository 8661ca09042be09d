#include <cstddef>
#include <deque>
#include <optional>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/status.h"
#include "gateway/cli/exchange.h"
#include "gateway/cli/failure.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/table.h"
#include "gateway/cli/text.h"

namespace edudelta::gateway::cli {
namespace {

constexpr absl::Duration kFirstWindow = absl::Hours(1);
constexpr absl::Duration kLastWindow = absl::Hours(24 * 3650);
constexpr int kWiden = 8;

// The last of what was read, in order.
struct Tail {
  std::deque<Json> rows;
  bool more = false;
};

absl::StatusOr<absl::Time> ReadSince(const std::string& text) {
  absl::Time time;
  std::string ignored;
  const absl::TimeZone shanghai = absl::FixedTimeZone(8 * 3600);
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &ignored)) return time;
  if (absl::ParseTime("%Y-%m-%d", text, shanghai, &time, &ignored)) return time;
  return Fail(Exit::kUsage, absl::StrCat("--since 应写作 2026-11-20 或 2026-11-20T08:00:00Z，给出的是 ", text));
}

absl::StatusOr<Tail> ReadTail(Session& session, const AccessLogOptions& options, std::optional<absl::Time> since) {
  std::string filter = options.filter;
  if (since) {
    absl::StrAppend(&filter, filter.empty() ? "" : " AND ", "access_time >= \"",
                    absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *since, absl::UTCTimeZone()), "\"");
  }
  Tail tail;
  RETURN_IF_ERROR(session.List(absl::StrCat("districts/", options.district, "/accessEntries"), {{"filter", filter}}, 0,
                               [&](Json row) {
                                 tail.rows.push_back(std::move(row));
                                 if (tail.rows.size() <= static_cast<size_t>(options.limit)) return;
                                 tail.rows.pop_front();
                                 tail.more = true;
                               }));
  return tail;
}

// The server lists the oldest first and pages forward only, so the newest are looked for in ever longer times up to
// now.
absl::StatusOr<Tail> ReadNewest(Session& session, const AccessLogOptions& options) {
  if (!options.since.empty()) {
    ASSIGN_OR_RETURN(const absl::Time since, ReadSince(options.since));
    return ReadTail(session, options, since);
  }
  const absl::Time now = absl::Now();
  for (absl::Duration window = kFirstWindow; window < kLastWindow; window *= kWiden) {
    ASSIGN_OR_RETURN(Tail tail, ReadTail(session, options, now - window));
    if (tail.more) return tail;
  }
  return ReadTail(session, options, std::nullopt);
}

}  // namespace

absl::Status ShowAccessLog(Session& session, const AccessLogOptions& options) {
  ASSIGN_OR_RETURN(const Tail tail, ReadNewest(session, options));
  if (session.globals().json) {
    Json rows = Json::array();
    for (const Json& row : tail.rows) rows.push_back(row);
    session.out() << Dump(rows, 2) << '\n';
    return absl::OkStatus();
  }
  Table table;
  table.Column("序号", Align::kRight);
  table.Column("时间");
  table.Column("结果");
  table.Column("原因");
  table.Column("访问者");
  table.Column("协议");
  table.Column("用途");
  table.Column("办件编号");
  table.Column("数据集");
  table.Column("对象", Align::kLeft, 60);
  table.Column("记录", Align::kRight);
  table.Column("次数", Align::kRight);
  for (const Json& row : tail.rows) {
    table.Row({Text(row, "sequence"), LocalTime(Text(row, "access_time")), LabelOf(Text(row, "outcome")),
               Text(row, "reason"), Text(row, "principal"), LastSegment(Text(row, "agreement")),
               LabelOf(Text(row, "purpose")), Text(row, "case_number"), Text(row, "dataset"), Text(row, "target"),
               absl::StrCat(Integer(row, "record_count")), absl::StrCat(1 + Integer(row, "repeat_count"))});
  }
  if (!table.empty()) table.Print(session.out());
  const auto shown = static_cast<int64_t>(tail.rows.size());
  session.Note(tail.more ? absl::StrCat("最近的 ", Grouped(shown), " 条，还有更早的：用 --limit，或用 --filter 限定")
                         : absl::StrCat("共 ", Grouped(shown), " 条"));
  return absl::OkStatus();
}

}  // namespace edudelta::gateway::cli
