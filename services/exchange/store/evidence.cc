#include "exchange/store/evidence.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::exchange::store {
namespace {

// Sizes for which a statement is prepared; shorter lists are filled up by repeating the last item.
constexpr size_t kSizes[] = {1, 8, 32, 128};

size_t SizeFor(size_t count) {
  for (const size_t size : kSizes) {
    if (count <= size) return size;
  }
  return kSizes[3];
}

std::string Repeat(absl::string_view part, size_t count) {
  std::string text(part);
  for (size_t i = 1; i < count; ++i) absl::StrAppend(&text, ", ", part);
  return text;
}

// Calls `work(begin, end, size)` for pieces of the list.
template <typename Work>
absl::Status InPieces(size_t count, Work work) {
  for (size_t begin = 0; begin < count;) {
    const size_t size = SizeFor(count - begin);
    const size_t end = std::min(count, begin + size);
    RETURN_IF_ERROR(work(begin, end, size));
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Head> LockHead(db::Tx& tx) {
  ASSIGN_OR_RETURN(
      db::Rows rows,
      tx.Query("SELECT `next_sequence`, NOW(6) FROM `evidence_head` WHERE `id` = ? FOR UPDATE", {int64_t{1}}));
  if (!rows.Next()) return Error(absl::StatusCode::kDataLoss, "EVIDENCE_HEAD_MISSING", "访问记录的序号丢失");
  return Head{rows.Int(0), rows.Text(1)};
}

absl::Status MoveHead(db::Tx& tx, int64_t next_sequence) {
  return tx.Execute("UPDATE `evidence_head` SET `next_sequence` = ? WHERE `id` = 1", {next_sequence}).status();
}

absl::StatusOr<std::map<std::string, int64_t>> LastSequences(db::Tx& tx, const std::vector<std::string>& districts) {
  std::map<std::string, int64_t> found;
  RETURN_IF_ERROR(InPieces(districts.size(), [&](size_t begin, size_t end, size_t size) -> absl::Status {
    std::vector<db::Value> values;
    for (size_t i = 0; i < size; ++i) values.push_back(districts[std::min(begin + i, end - 1)]);
    // By name, which is the number with zeros before it: the end of an index.
    ASSIGN_OR_RETURN(db::Rows rows,
                     tx.Query(absl::StrCat("SELECT `district_id`, CAST(MAX(`access_entry_id`) AS SIGNED) "
                                           "FROM `access_entry` WHERE `district_id` IN (",
                                           Repeat("?", size), ") GROUP BY `district_id`"),
                              values));
    while (rows.Next()) found[rows.Text(0)] = rows.Int(1);
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::map<ClaimKey, Claim>> FindClaims(db::Tx& tx, const std::vector<ClaimKey>& keys) {
  std::map<ClaimKey, Claim> found;
  RETURN_IF_ERROR(InPieces(keys.size(), [&](size_t begin, size_t end, size_t size) -> absl::Status {
    std::vector<db::Value> values;
    for (size_t i = 0; i < size; ++i) {
      const auto& [principal, request_id, chunk] = keys[std::min(begin + i, end - 1)];
      values.insert(values.end(), {principal, request_id, int64_t{chunk}});
    }
    ASSIGN_OR_RETURN(db::Rows rows,
                     tx.Query(absl::StrCat("SELECT `principal`, `request_id`, `chunk`, `sequence`, `request_hash` FROM "
                                           "`record_claim` WHERE (`principal`, `request_id`, `chunk`) IN (",
                                           Repeat("(?, ?, ?)", size), ")"),
                              values));
    while (rows.Next()) {
      found[{rows.Text(0), rows.Text(1), static_cast<int32_t>(rows.Int(2))}] = {rows.Int(3), rows.Text(4)};
    }
    return absl::OkStatus();
  }));
  return found;
}

absl::Status InsertClaims(db::Tx& tx, const std::vector<std::pair<ClaimKey, Claim>>& claims) {
  size_t begin = 0;
  while (begin < claims.size()) {
    size_t size = 1;
    for (const size_t candidate : kSizes) {
      if (candidate <= claims.size() - begin) size = candidate;
    }
    std::vector<db::Value> values;
    for (size_t i = begin; i < begin + size; ++i) {
      const auto& [principal, request_id, chunk] = claims[i].first;
      values.insert(values.end(),
                    {principal, request_id, int64_t{chunk}, claims[i].second.sequence, claims[i].second.request_hash});
    }
    RETURN_IF_ERROR(
        tx.Execute(absl::StrCat("INSERT INTO `record_claim` (`principal`, `request_id`, `chunk`, `sequence`, "
                                "`request_hash`) VALUES ",
                                Repeat("(?, ?, ?, ?, ?)", size)),
                   values)
            .status());
    begin += size;
  }
  return absl::OkStatus();
}

absl::Status DropOldClaims(db::Session& session) {
  return session
      .Execute("DELETE FROM `record_claim` WHERE `create_time` < UTC_TIMESTAMP(6) - INTERVAL 7 DAY LIMIT ?",
               {int64_t{500}})
      .status();
}

absl::StatusOr<std::map<std::string, Terms>> LockTerms(db::Tx& tx, const std::vector<std::string>& ids) {
  std::map<std::string, Terms> found;
  RETURN_IF_ERROR(InPieces(ids.size(), [&](size_t begin, size_t end, size_t size) -> absl::Status {
    std::vector<db::Value> values;
    for (size_t i = 0; i < size; ++i) values.push_back(ids[std::min(begin + i, end - 1)]);
    ASSIGN_OR_RETURN(
        db::Rows rows,
        tx.Query(absl::StrCat("SELECT `agreement_id`, `state`, `content_hash`, `consumer`, `start_time`, `end_time`, "
                              "`daily_call_quota`, `daily_record_quota` FROM `agreement` WHERE `agreement_id` IN (",
                              Repeat("?", size), ") LOCK IN SHARE MODE"),
                 values));
    while (rows.Next()) {
      found[rows.Text(0)] = {static_cast<int>(rows.Int(1)),
                             rows.Text(2),
                             rows.Text(3),
                             rows.Text(4),
                             rows.Text(5),
                             rows.Int(6),
                             rows.Int(7)};
    }
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::map<std::string, Use>> FindUse(db::Tx& tx, const std::string& day,
                                                   const std::vector<std::string>& agreements) {
  std::map<std::string, Use> found;
  RETURN_IF_ERROR(InPieces(agreements.size(), [&](size_t begin, size_t end, size_t size) -> absl::Status {
    std::vector<db::Value> values = {day};
    for (size_t i = 0; i < size; ++i) values.push_back(agreements[std::min(begin + i, end - 1)]);
    ASSIGN_OR_RETURN(
        db::Rows rows,
        tx.Query(absl::StrCat("SELECT `agreement`, `calls`, `records` FROM `quota_use` WHERE `day` = ? AND "
                              "`agreement` IN (",
                              Repeat("?", size), ")"),
                 values));
    while (rows.Next()) found[rows.Text(0)] = {rows.Int(1), rows.Int(2)};
    return absl::OkStatus();
  }));
  return found;
}

absl::Status SetUse(db::Tx& tx, const std::string& day, const std::map<std::string, Use>& use) {
  for (const auto& [agreement, amounts] : use) {
    RETURN_IF_ERROR(
        tx.Execute("INSERT INTO `quota_use` (`agreement`, `day`, `calls`, `records`) VALUES (?, ?, ?, ?) ON DUPLICATE "
                   "KEY UPDATE `calls` = VALUES(`calls`), `records` = VALUES(`records`)",
                   {agreement, day, amounts.calls, amounts.records})
            .status());
  }
  return absl::OkStatus();
}

}  // namespace edudelta::exchange::store
