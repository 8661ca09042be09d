#include "common/outbox/follower.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "google/rpc/error_details.pb.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::outbox {
namespace {

// One page of the background pull.
constexpr absl::Duration kStep = absl::Seconds(10);

// How soon a source is asked again for what it has committed: its relay is at work on it.
constexpr absl::Duration kPublishing = absl::Milliseconds(10);

absl::Status Timeout() { return Error(absl::StatusCode::kDeadlineExceeded, "FEED_TIMEOUT", "读取变更事件超时"); }

// A place without its event, when that is of another position.
constexpr char kPlace[] = "`position`, IF(`event_position` = `position` AND `position` > 0, `event_id`, '')";
constexpr char kOne[] = " FROM `feed_cursor` WHERE `source` = ? AND `dataset` = ?";

// Where the positions of a source end that was set back, as it says; 0 when it does not.
int64_t HeadOf(const absl::Status& rewound) {
  google::rpc::ErrorInfo info;
  if (const auto payload = rewound.GetPayload("type.googleapis.com/google.rpc.ErrorInfo")) {
    info.ParseFromString(std::string(*payload));
  }
  int64_t head = 0;
  const auto found = info.metadata().find("head");
  return found != info.metadata().end() && absl::SimpleAtoi(found->second, &head) ? head : 0;
}

metrics::Labels LabelsOf(const Follower::Options& options) {
  return {{"source", options.source}, {"dataset", options.dataset}};
}

}  // namespace

Follower::Follower(Options options, Fetch fetch, Apply apply, Empty empty, db::Pool& pool, metrics::Registry& registry,
                   const log::Logger& logger, const Clock& clock)
    : options_(std::move(options)),
      fetch_(std::move(fetch)),
      apply_(std::move(apply)),
      empty_(std::move(empty)),
      pool_(pool),
      logger_(logger),
      clock_(clock),
      applied_(registry.Counter("edudelta_follower_applied_total", "Events of another service applied here.",
                                LabelsOf(options_))),
      restarts_(registry.Counter("edudelta_feed_restarts_total",
                                 "Feeds followed from their start again because the source was set back.",
                                 LabelsOf(options_))),
      failing_(
          registry.Gauge("edudelta_follower_failing", "1 while the last pull of a feed failed.", LabelsOf(options_))),
      lag_(registry.Gauge("edudelta_follower_lag_seconds",
                          "Age of the oldest event of a feed that is not applied here.", LabelsOf(options_))),
      complete_(clock.Now()) {}

Follower::~Follower() { Stop(); }

void Follower::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Follower::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Follower::Run() {
  const auto stopping = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_; };
  while (true) {
    PullShared(Ask::kEvents, clock_.Now() + kStep).IgnoreError();
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping), options_.poll)) return;
  }
}

absl::Status Follower::CatchUp(absl::Time deadline) {
  const auto stopping = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_; };
  std::optional<int64_t> wanted;
  while (true) {
    ASSIGN_OR_RETURN(const Unpublished unpublished, PullShared(Ask::kUnpublishedToo, deadline));
    // What is committed from here on is not waited for.
    if (!wanted) wanted = unpublished.last;
    if (unpublished.first == 0 || unpublished.first > *wanted) return absl::OkStatus();
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping), kPublishing) || clock_.Now() >= deadline) return Timeout();
  }
}

absl::StatusOr<Follower::Unpublished> Follower::PullShared(Ask ask, absl::Time deadline) {
  mutex_.Lock();
  // A pull that runs already may have asked before the caller's event was published: only the next one is good.
  int64_t wanted = started_ + 1;
  while (true) {
    const auto free = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ >= wanted || !pulling_; };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&free), std::max(absl::ZeroDuration(), deadline - clock_.Now()))) {
      mutex_.Unlock();
      return Timeout();
    }
    if (ended_ >= wanted) {
      const absl::StatusOr<Unpublished> last = last_;
      // The one who pulled may have had less time than this caller, or have asked for less.
      const bool enough =
          last.ok() ? ask == Ask::kEvents || last_ask_ == ask : !absl::IsDeadlineExceeded(last.status());
      if (!enough && clock_.Now() < deadline) {
        wanted = started_ + 1;
        continue;
      }
      mutex_.Unlock();
      return enough || !last.ok() ? last : Timeout();
    }
    pulling_ = true;
    ++started_;
    mutex_.Unlock();
    const absl::Time asked = clock_.Now();
    absl::StatusOr<Unpublished> pulled = Pull(ask, deadline);
    mutex_.Lock();
    pulling_ = false;
    ++ended_;
    last_ = pulled;
    last_ask_ = ask;
    Note(pulled.status(), asked);
    mutex_.Unlock();
    return pulled;
  }
}

absl::StatusOr<Follower::Unpublished> Follower::Pull(Ask ask, absl::Time deadline) {
  ASSIGN_OR_RETURN(Place place, ReadPlace(deadline));
  while (true) {
    if (clock_.Now() >= deadline) return Timeout();
    feed::v1::ListEventsRequest request;
    request.set_dataset(options_.dataset);
    request.set_after_position(place.position);
    request.set_after_event_id(place.event_id);
    request.set_page_size(options_.page);
    request.set_with_unpublished(ask == Ask::kUnpublishedToo);
    const absl::StatusOr<feed::v1::ListEventsResponse> page = fetch_(request, deadline);
    if (ReasonOf(page.status()) == "FEED_REWOUND") {
      RETURN_IF_ERROR(BeginAnew(place, HeadOf(page.status()), deadline));
      ASSIGN_OR_RETURN(place, ReadPlace(deadline));
      continue;
    }
    RETURN_IF_ERROR(page.status());
    if (page->next_position() <= place.position) {
      return Unpublished{page->first_unpublished(), page->last_unpublished()};
    }
    if (!page->events().empty()) {
      const absl::Duration age = clock_.Now() - TimeOf(page->events(0).commit_time());
      lag_.Set(absl::ToDoubleSeconds(std::max(absl::ZeroDuration(), age)));
    }
    RETURN_IF_ERROR(Store(*page, deadline, &place));
  }
}

absl::StatusOr<Follower::Place> Follower::ReadPlace(absl::Time deadline) {
  Place place;
  RETURN_IF_ERROR(pool_.Read(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(db::Rows rows,
                     session.Query(absl::StrCat("SELECT ", kPlace, kOne), {options_.source, options_.dataset}));
    if (rows.Next()) {
      place = {rows.Int(0), rows.Text(1)};
      return absl::OkStatus();
    }
    // A row to lock for those who apply.
    return session
        .Execute(
            "INSERT INTO `feed_cursor` (`source`, `dataset`, `position`) VALUES (?, ?, 0) "
            "ON DUPLICATE KEY UPDATE `position` = `position`",
            {options_.source, options_.dataset})
        .status();
  }));
  return place;
}

absl::Status Follower::Store(const feed::v1::ListEventsResponse& page, absl::Time deadline, Place* place) {
  int applied = 0;
  const Place after = *place;
  RETURN_IF_ERROR(pool_.Transact(deadline, [&](db::Tx& tx) -> absl::Status {
    applied = 0;
    Place stored;
    int64_t handled = 0;
    {
      ASSIGN_OR_RETURN(db::Rows rows, tx.Query(absl::StrCat("SELECT ", kPlace, ", GREATEST(`handled`, `position`)",
                                                            kOne, " FOR UPDATE"),
                                               {options_.source, options_.dataset}));
      // Gone: somebody starts anew, from what the source has kept.
      if (!rows.Next()) return Refused("FEED_CURSOR_REMOVED", "变更事件读取位置已被清除");
      stored = {rows.Int(0), rows.Text(1)};
      handled = rows.Int(2);
    }
    // The copy is to be filled once more, from further back than this page begins.
    if (stored.position < after.position) {
      *place = stored;
      return absl::OkStatus();
    }
    for (const feed::v1::Event& event : page.events()) {
      // Another process has been here.
      if (event.position() <= stored.position) continue;
      RETURN_IF_ERROR(apply_(tx, event, event.position() > handled ? Turn::kFirst : Turn::kAgain));
      ++applied;
    }
    *place = stored;
    if (page.next_position() <= stored.position) return absl::OkStatus();
    *place = {page.next_position(), page.events().empty() ? "" : page.events().rbegin()->event_id()};
    return tx
        .Execute(
            "UPDATE `feed_cursor` SET `position` = ?, `handled` = ?, `event_position` = ?, `event_id` = ? "
            "WHERE `source` = ? AND `dataset` = ?",
            {place->position, std::max(handled, place->position), place->position, place->event_id, options_.source,
             options_.dataset})
        .status();
  }));
  applied_.Increment(applied);
  return absl::OkStatus();
}

absl::Status Follower::BeginAnew(const Place& lost, int64_t head, absl::Time deadline) {
  // A copy whose beginning the source has not kept cannot be filled again, and stays.
  feed::v1::ListEventsRequest beginning;
  beginning.set_dataset(options_.dataset);
  beginning.set_page_size(1);
  RETURN_IF_ERROR(fetch_(beginning, deadline).status());
  bool emptied = false;
  RETURN_IF_ERROR(pool_.Transact(deadline, [&](db::Tx& tx) -> absl::Status {
    emptied = false;
    {
      ASSIGN_OR_RETURN(db::Rows rows, tx.Query(absl::StrCat("SELECT ", kPlace, kOne, " FOR UPDATE"),
                                               {options_.source, options_.dataset}));
      // Another process has been here.
      if (!rows.Next() || !(Place{rows.Int(0), rows.Text(1)} == lost)) return absl::OkStatus();
    }
    emptied = true;
    RETURN_IF_ERROR(empty_(tx));
    return tx
        .Execute(
            "UPDATE `feed_cursor` SET `handled` = LEAST(GREATEST(`handled`, `position`), ?), `position` = 0 "
            "WHERE `source` = ? AND `dataset` = ?",
            {head, options_.source, options_.dataset})
        .status();
  }));
  if (!emptied) return absl::OkStatus();
  restarts_.Increment();
  logger_.Warning(
      "feed_rewound",
      {{"source", options_.source}, {"dataset", options_.dataset}, {"position", lost.position}, {"head", head}});
  return absl::OkStatus();
}

// One line when it begins to fail, one when it works again.
void Follower::Note(const absl::Status& status, absl::Time asked) {
  failing_.Set(status.ok() ? 0 : 1);
  if (status.ok()) {
    complete_ = asked;
    lag_.Set(0);
  } else {
    // What came and was not applied may be older.
    lag_.Set(std::max(lag_.Value(), absl::ToDoubleSeconds(clock_.Now() - complete_)));
  }
  if (status.ok() == !reported_) return;
  reported_ = !status.ok();
  const log::Fields fields = {{"source", options_.source},
                              {"dataset", options_.dataset},
                              {"code", absl::StatusCodeToString(status.code())},
                              {"reason", ReasonOf(status)}};
  if (status.ok()) {
    logger_.Info("feed_follows_again", fields);
  } else {
    logger_.Warning("feed_not_followed", fields);
  }
}

}  // namespace edudelta::outbox
