// What a service knows of others' resources: the datasets that its declarations name, copied from their feeds.
#include "common/service/follow.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/db/now.h"
#include "common/describe/declared.h"
#include "common/rpc/client.h"
#include "common/service/runtime.h"
#include "edudelta/feed/v1/feed.pb.h"

namespace edudelta::service {
namespace {

absl::StatusOr<std::vector<describe::Followed>> FollowedBy(const std::string& service) {
  const auto* descriptor = describe::FindService(service);
  if (descriptor == nullptr) return std::vector<describe::Followed>();
  return describe::FollowedBy(*descriptor);
}

}  // namespace

absl::Status CheckDeclarations(const std::string& service) {
  RETURN_IF_ERROR(describe::CheckAsks(describe::AsksFrom(service)));
  return FollowedBy(service).status();
}

std::set<std::string> SourcesOf(const std::string& service) {
  std::set<std::string> sources;
  const auto followed = FollowedBy(service);
  if (!followed.ok()) return sources;
  for (const describe::Followed& one : *followed) sources.insert(one.source);
  return sources;
}

std::vector<std::string> PeersOf(const std::string& service) {
  std::set<std::string> peers = SourcesOf(service);
  const auto& asks = describe::DeclarationOf(service).asks();
  peers.insert(asks.begin(), asks.end());
  return {peers.begin(), peers.end()};
}

absl::Status Migrate(const Definition& definition, db::Pool& pool) {
  RETURN_IF_ERROR(db::Migrate(pool, db::WithCommonMigrations(definition.migrations)));
  const codes::CodeSets codes = codes::CodeSets::Embedded();
  ASSIGN_OR_RETURN(const std::vector<describe::Followed> followed, FollowedBy(definition.name));
  return pool.Read(absl::InfiniteFuture(), [&](db::Session& session) -> absl::Status {
    for (const describe::Followed& one : followed) {
      ASSIGN_OR_RETURN(const std::unique_ptr<resource::Copy> copy, resource::Copy::Build(one, codes));
      RETURN_IF_ERROR(copy->Prepare(session));
    }
    return absl::OkStatus();
  });
}

absl::Status Runtime::Follow(bool connect) {
  ASSIGN_OR_RETURN(const std::vector<describe::Followed> followed, FollowedBy(definition_.name));
  for (const describe::Followed& one : followed) {
    ASSIGN_OR_RETURN(std::unique_ptr<resource::Copy> copy, resource::Copy::Build(one, codes_));
    copies_.push_back(std::move(copy));
  }
  for (const Definition::FollowRule& rule : definition_.follow) {
    const auto copied = [&](const auto& copy) { return copy->dataset() == rule.dataset; };
    if (absl::c_any_of(copies_, copied)) continue;
    return Refused("SERVICE_DECLARATION", "规则所指的数据集没有跟随",
                   {{"service", definition_.name}, {"dataset", rule.dataset}});
  }
  references_ = std::make_unique<resource::References>(
      *pool_, *bulk_pool_, clock_, copies_,
      [this](const std::string& dataset, absl::Time deadline) { return CatchUp(dataset, deadline); },
      std::max(1, config_.workers / 3));
  if (!connect) return absl::OkStatus();
  const auto* list =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName("edudelta.feed.v1.FeedService.ListEvents");
  for (const auto& copy : copies_) {
    auto fetch = [this, channel = PeerChannel(copy->source()), list](
                     const feed::v1::ListEventsRequest& request,
                     absl::Time deadline) -> absl::StatusOr<feed::v1::ListEventsResponse> {
      rpc::Context context(rpc::ServiceCaller(definition_.name), deadline, "");
      feed::v1::ListEventsResponse response;
      RETURN_IF_ERROR(rpc::Invoke(*channel, *list, context, request, &response));
      return response;
    };
    auto apply = [this, &copy = *copy](db::Tx& tx, const feed::v1::Event& event, outbox::Follower::Turn turn) {
      return Arrive(copy, tx, event, turn);
    };
    auto empty = [&copy = *copy](db::Tx& tx) { return copy.Empty(tx); };
    outbox::Follower::Options options;
    options.source = copy->source();
    options.dataset = copy->dataset();
    followers_[copy->dataset()] =
        std::make_unique<outbox::Follower>(options, fetch, apply, empty, *pool_, metrics_, *logger_, clock_);
  }
  return absl::OkStatus();
}

absl::Status Runtime::CatchUp(const std::string& dataset, absl::Time deadline) {
  return followers_.at(dataset)->CatchUp(deadline);
}

absl::Status Runtime::Arrive(const resource::Copy& copy, db::Tx& tx, const feed::v1::Event& event,
                             outbox::Follower::Turn turn) {
  RETURN_IF_ERROR(copy.Apply(tx, event));
  if (turn == outbox::Follower::Turn::kAgain) return absl::OkStatus();
  const rpc::Call call = OwnCall(absl::InfiniteFuture());
  std::string now;
  for (const Definition::FollowRule& rule : definition_.follow) {
    if (rule.dataset != copy.dataset()) continue;
    if (now.empty()) {
      ASSIGN_OR_RETURN(now, db::Now(tx));
    }
    RETURN_IF_ERROR(rule.arrive(*this, {call, tx, now, event}));
  }
  return absl::OkStatus();
}

}  // namespace edudelta::service
