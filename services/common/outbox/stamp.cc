#include "common/outbox/stamp.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::outbox {
namespace {

// Dataset and district.
using FeedKey = std::pair<std::string, std::string>;

absl::StatusOr<int64_t> ReadCounter(db::Tx& tx, const FeedKey& feed) {
  ASSIGN_OR_RETURN(db::Rows rows,
                   tx.Query("SELECT `sequence` FROM `feed_counter` WHERE `dataset` = ? AND `district` = ?",
                            {feed.first, feed.second}));
  return rows.Next() ? rows.Int(0) : 0;
}

absl::Status WriteCounter(db::Tx& tx, const FeedKey& feed, int64_t value) {
  return tx
      .Execute(
          "INSERT INTO `feed_counter` (`dataset`, `district`, `sequence`) VALUES (?, ?, ?) "
          "ON DUPLICATE KEY UPDATE `sequence` = ?",
          {feed.first, feed.second, value, value})
      .status();
}

}  // namespace

absl::StatusOr<std::vector<Unpublished>> ReadUnpublished(db::Session& session, int limit) {
  // Forced: without fresh statistics the optimizer walks all published rows by primary key.
  ASSIGN_OR_RETURN(db::Rows rows, session.Query("SELECT `row_id`, `dataset`, `district` FROM `outbox` "
                                                "FORCE INDEX (`ix_outbox_position`) "
                                                "WHERE `position` = 0 ORDER BY `row_id` LIMIT ?",
                                                {int64_t{limit}}));
  std::vector<Unpublished> events;
  while (rows.Next()) events.push_back({rows.Int(0), rows.Text(1), rows.Text(2)});
  return events;
}

absl::Status Stamp(db::Tx& tx, const Unpublished* events, size_t count) {
  const FeedKey all;
  ASSIGN_OR_RETURN(int64_t position, ReadCounter(tx, all));
  std::map<FeedKey, int64_t> sequences;
  std::string stamps = "[";
  for (size_t i = 0; i < count; ++i) {
    const FeedKey feed(events[i].dataset, events[i].district);
    auto found = sequences.find(feed);
    if (found == sequences.end()) {
      ASSIGN_OR_RETURN(const int64_t sequence, ReadCounter(tx, feed));
      found = sequences.emplace(feed, sequence).first;
    }
    absl::StrAppend(&stamps, i == 0 ? "[" : ",[", events[i].row_id, ",", ++position, ",", ++found->second, "]");
  }
  stamps += "]";
  ASSIGN_OR_RETURN(const int64_t changed,
                   tx.Execute("UPDATE JSON_TABLE(?, '$[*]' COLUMNS (`row_id` BIGINT PATH '$[0]', "
                              "`position` BIGINT PATH '$[1]', `sequence` BIGINT PATH '$[2]')) AS `stamp` "
                              "STRAIGHT_JOIN `outbox` AS `o` ON `o`.`row_id` = `stamp`.`row_id` "
                              "SET `o`.`position` = `stamp`.`position`, `o`.`sequence` = `stamp`.`sequence` "
                              "WHERE `o`.`position` = 0",
                              {stamps}));
  if (changed != static_cast<int64_t>(count)) {
    return Error(absl::StatusCode::kAborted, "OUTBOX_ROWS_MOVED", "变更事件已由其他进程发布");
  }
  for (const auto& [feed, sequence] : sequences) RETURN_IF_ERROR(WriteCounter(tx, feed, sequence));
  return WriteCounter(tx, all, position);
}

absl::StatusOr<int64_t> DeletePublished(db::Tx& tx, absl::Duration keep, int limit) {
  std::map<FeedKey, int64_t> deleted;
  int64_t last = 0;
  {
    ASSIGN_OR_RETURN(db::Rows rows,
                     tx.Query("SELECT `position`, `dataset`, `district`, "
                              "`commit_time` < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND FROM `outbox` "
                              "FORCE INDEX (`ix_outbox_position`) WHERE `position` > 0 ORDER BY `position` LIMIT ?",
                              {absl::ToInt64Microseconds(keep), int64_t{limit}}));
    // Only a prefix may go, so that one position per feed says what is missing.
    while (rows.Next() && rows.Int(3) != 0) {
      last = rows.Int(0);
      deleted[{rows.Text(1), rows.Text(2)}] = last;
    }
  }
  if (last == 0) return 0;
  for (const auto& [feed, position] : deleted) {
    RETURN_IF_ERROR(tx.Execute("UPDATE `feed_counter` SET `deleted_position` = ? "
                               "WHERE `dataset` = ? AND `district` = ?",
                               {position, feed.first, feed.second})
                        .status());
  }
  return tx.Execute("DELETE FROM `outbox` WHERE `position` BETWEEN 1 AND ?", {last});
}

absl::StatusOr<Backlog> ReadBacklog(db::Session& session) {
  ASSIGN_OR_RETURN(db::Rows rows,
                   session.Query("SELECT COUNT(*), (SELECT TIMESTAMPDIFF(MICROSECOND, `commit_time`, UTC_TIMESTAMP(6)) "
                                 "FROM `outbox` FORCE INDEX (`ix_outbox_position`) "
                                 "WHERE `position` = 0 ORDER BY `row_id` LIMIT 1) "
                                 "FROM `outbox` FORCE INDEX (`ix_outbox_position`) WHERE `position` = 0"));
  Backlog backlog;
  if (rows.Next()) {
    backlog.unpublished = rows.Int(0);
    if (!rows.IsNull(1)) backlog.lag = std::max(absl::ZeroDuration(), absl::Microseconds(rows.Int(1)));
  }
  return backlog;
}

}  // namespace edudelta::outbox
