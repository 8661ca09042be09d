#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/error.h"
#include "common/rpc/test_service.h"
#include "common/rpc/trace.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/rpc/error_details.pb.h"
#include "nlohmann/json.hpp"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace edudelta::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

double CounterOf(Node& node, const char* name, const metrics::Labels& labels) {
  return node.registry.Counter(name, "", labels).Value();
}

// The calls' lines; each is written before its answer leaves.
std::vector<nlohmann::json> CallLines(Node& node) {
  std::vector<nlohmann::json> found;
  for (const std::string& line : node.Lines()) {
    auto json = nlohmann::json::parse(line);
    if (json["event"] == "call") found.push_back(json);
  }
  return found;
}

TEST(Frame, AnswersOverTheUnixSocketAndInProcess) {
  Node node;
  EXPECT_EQ(Ask(*node.OverUnix()).value_or(0), 42);
  EXPECT_EQ(Ask(*node.server->InProcessChannel()).value_or(0), 42);
}

TEST(Frame, TellsWhatTheAnswerShows) {
  Node node;
  const auto channel = node.OverUnix();
  for (const Shown shown : {Shown::kUnsaid, Shown::kMasked, Shown::kClear}) {
    node.service->handler = [&](const Call& call, const auto&, auto*) {
      call.Show(shown);
      // The most that was said holds.
      call.Show(Shown::kUnsaid);
      return absl::OkStatus();
    };
    Context context(ServiceCaller("planning"), Soon(), "");
    ListEventsResponse response;
    EXPECT_TRUE(Invoke(*channel, Node::Method(), context, ListEventsRequest(), &response).ok());
    EXPECT_EQ(context.shown(), shown);
  }
}

TEST(Frame, GivesTheHandlerIdentityDeadlineTraceAndMethod) {
  Node node;
  Call seen;
  node.service->handler = [&](const Call& call, const auto&, auto*) {
    seen = call;
    return absl::OkStatus();
  };
  Call origin;
  origin.caller.set_principal("users/wang");
  origin.caller.set_purpose("EVALUATION");
  origin.deadline = absl::FromUnixMillis(absl::ToUnixMillis(Soon()));
  origin.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Context context("planning", origin);
  ListEventsResponse response;
  ASSERT_TRUE(Invoke(*node.OverUnix(), Node::Method(), context, ListEventsRequest(), &response).ok());
  EXPECT_EQ(seen.caller.principal(), "services/planning");
  EXPECT_EQ(seen.caller.on_behalf_of(), "users/wang");
  EXPECT_EQ(seen.caller.purpose(), "EVALUATION");
  EXPECT_EQ(seen.caller.bindings(0).prefix(), "*");
  EXPECT_EQ(seen.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_THAT(seen.traceparent, Not(HasSubstr("b7ad6b7169203331")));
  EXPECT_EQ(seen.method->name(), "ListEvents");
  EXPECT_LE(seen.deadline, origin.deadline + absl::Seconds(5));
}

TEST(Frame, TakesItsOwnDeadlineWhenTheCallersIsLater) {
  Frame::Options options;
  options.default_deadline = absl::Seconds(2);
  Node node(options);
  absl::Time deadline;
  node.service->handler = [&](const Call& call, const auto&, auto*) {
    deadline = call.deadline;
    return absl::OkStatus();
  };
  ASSERT_TRUE(Ask(*node.OverUnix(), absl::Now() + absl::Hours(1)).ok());
  EXPECT_LE(deadline, absl::Now() + absl::Seconds(2));
}

TEST(Frame, RefusesACallWithoutCaller) {
  Node node;
  const absl::Status status = Ask(*node.OverUnix(), Soon(), call::v1::Caller()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(status), "CALLER_MISSING");
}

TEST(Frame, BelievesNobodyOverPlainTcp) {
  Server::Options options;
  options.address = "127.0.0.1:0";
  Node node({}, options);
  auto channel = Connect({.address = "127.0.0.1:" + std::to_string(node.server->port())});
  ASSERT_TRUE(channel.ok());
  const absl::Status status = Ask(**channel).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(status), "PEER_NOT_TRUSTED");
}

TEST(Frame, BelievesNoUnixPeerWhenToldSo) {
  Frame::Options options;
  options.trust_unix_peers = false;
  Node node(options);
  EXPECT_EQ(ReasonOf(Ask(*node.OverUnix()).status()), "PEER_NOT_TRUSTED");
}

TEST(Frame, AnswersOverloadAtOnceWhenWorkersAndQueueAreFull) {
  Frame::Options options;
  options.workers = 1;
  options.queue = 1;
  Node node(options);
  absl::Notification running, release;
  node.service->handler = [&](const Call&, const ListEventsRequest&, auto*) {
    if (!running.HasBeenNotified()) running.Notify();
    release.WaitForNotification();
    return absl::OkStatus();
  };
  auto channel = node.server->InProcessChannel();
  std::thread first([&] { EXPECT_TRUE(Ask(*channel).ok()); });
  running.WaitForNotification();
  std::thread second([&] { EXPECT_TRUE(Ask(*channel).ok()); });
  auto& length = node.registry.Gauge("edudelta_queue_length", "", {{"pool", "unary"}});
  while (length.Value() < 1) std::this_thread::yield();
  const absl::Status status = Ask(*channel).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_EQ(CounterOf(node, "edudelta_queue_rejected_total", {{"pool", "unary"}}), 1);
  release.Notify();
  first.join();
  second.join();
}

// Who is refused is known, and who is nobody takes no place in the queue.
TEST(Frame, LeavesHalfOfItsWorkersToOthers) {
  Frame::Options options;
  options.workers = 2;
  Node node(options);
  absl::Notification release;
  std::atomic<int> held{0};
  node.service->handler = [&](const Call& call, const auto&, auto*) {
    if (call.caller.principal() == "users/li") return absl::OkStatus();
    ++held;
    release.WaitForNotification();
    return absl::OkStatus();
  };
  // Of one person, and of a service in his name.
  std::vector<std::thread> heavy;
  for (int i = 0; i < 6; ++i) {
    heavy.emplace_back([&node, i] {
      call::v1::Caller caller = i % 2 == 0 ? User("users/wang") : ServiceCaller("planning");
      if (i % 2 != 0) caller.set_on_behalf_of("users/wang");
      EXPECT_TRUE(Ask(*node.OverUnix(), Soon(), caller).ok());
    });
  }
  while (held < 1) std::this_thread::yield();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Ask(*node.OverUnix(), Soon(), User("users/li")).ok());
  EXPECT_EQ(held, 1);
  release.Notify();
  for (std::thread& caller : heavy) caller.join();
}

// In its own words: gRPC's have the exact size in them, and a code that asks for another try.
TEST(Frame, SaysThatAnAnswerIsTooLarge) {
  Node node;
  node.service->handler = [&](const Call&, const ListEventsRequest& request, ListEventsResponse* response) {
    response->add_events()->set_name(std::string(static_cast<size_t>(request.page_size()), 'x'));
    return absl::OkStatus();
  };
  const auto ask = [&](int size) {
    Context context(User("users/wang"), Soon(), "");
    ListEventsRequest request;
    request.set_page_size(size);
    ListEventsResponse response;
    return Invoke(*node.OverUnix(), Node::Method(), context, request, &response);
  };
  EXPECT_TRUE(ask((16 << 20) - 100).ok());
  const absl::Status status = ask(16 << 20);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "ANSWER_TOO_LARGE");
  EXPECT_EQ(CallLines(node).back()["fields"]["reason"], "ANSWER_TOO_LARGE");
}

// Whatever gRPC says by itself, a reason and a text of ours stand for it.
TEST(FromPeer, HasReasonAndTextForWhatTheTransportSays) {
  Node node;
  Context context(User("users/wang"), Soon(), "");
  ListEventsRequest large;
  large.set_dataset(std::string(17 << 20, 'x'));
  ListEventsResponse response;
  const absl::Status sent = Invoke(*node.OverUnix(), Node::Method(), context, large, &response);
  EXPECT_EQ(sent.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(sent), "MESSAGE_TOO_LARGE");
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status = FromPeer(grpc::Status(static_cast<grpc::StatusCode>(code), "words of the transport"));
    EXPECT_NE(ReasonOf(status), "") << code;
    EXPECT_NE(ChineseOf(status), "") << code;
    EXPECT_NE(status.code(), absl::StatusCode::kResourceExhausted) << code;
    const grpc::Status leaves = ToGrpc(status, "test", "trace");
    EXPECT_THAT(leaves.error_message(), Not(HasSubstr("transport"))) << code;
    EXPECT_THAT(leaves.error_details(), Not(HasSubstr("transport"))) << code;
  }
}

TEST(Frame, ReadsTheCallerBeforeTheQueue) {
  Frame::Options options;
  options.queue = 0;
  Node node(options);
  EXPECT_EQ(ReasonOf(Ask(*node.OverUnix()).status()), "OVERLOADED");
  EXPECT_EQ(CallLines(node).back()["fields"]["principal"], "services/planning");
  EXPECT_EQ(ReasonOf(Ask(*node.OverUnix(), Soon(), call::v1::Caller()).status()), "CALLER_MISSING");
}

TEST(Frame, DropsWorkWhoseDeadlineHasPassedInTheQueue) {
  Frame::Options options;
  options.workers = 1;
  Node node(options);
  absl::Notification running, release;
  std::atomic<int> calls{0};
  node.service->handler = [&](const Call&, const ListEventsRequest&, auto*) {
    if (++calls == 1) {
      running.Notify();
      release.WaitForNotification();
    }
    return absl::OkStatus();
  };
  auto channel = node.server->InProcessChannel();
  std::thread first([&] { EXPECT_TRUE(Ask(*channel).ok()); });
  running.WaitForNotification();
  const absl::Status status = Ask(*channel, absl::Now() + absl::Milliseconds(50)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  release.Notify();
  first.join();
  EXPECT_TRUE(Ask(*channel).ok());
  EXPECT_EQ(calls, 2);
}

TEST(Frame, DropsWorkWhoseOwnLimitHasPassed) {
  Frame::Options options;
  options.default_deadline = absl::ZeroDuration();
  Node node(options);
  bool ran = false;
  node.service->handler = [&](const Call&, const auto&, auto*) {
    ran = true;
    return absl::OkStatus();
  };
  EXPECT_EQ(ReasonOf(Ask(*node.OverUnix()).status()), "DEADLINE_EXCEEDED");
  EXPECT_FALSE(ran);
}

TEST(Frame, TurnsAnExceptionIntoInternalWithoutItsText) {
  Node node;
  node.service->handler = [](const Call&, const auto&, auto*) -> absl::Status {
    throw std::runtime_error("table secret_table is gone");
  };
  const absl::Status status = Ask(*node.OverUnix()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(status), "HANDLER_THREW");
  EXPECT_THAT(status.ToString(), Not(HasSubstr("secret_table")));
  EXPECT_THAT(ChineseOf(status), HasSubstr(std::string(CallLines(node).back()["trace_id"])));
  EXPECT_THAT(testing::PrintToString(node.Lines()), HasSubstr("secret_table"));
}

TEST(Frame, HandsOnReasonTextFieldAndDomain) {
  Node node;
  node.service->handler = [](const Call&, const auto&, auto*) {
    return Invalid("school.code", "CHECK_DIGIT_WRONG", "校验码不对");
  };
  const absl::Status status = Ask(*node.OverUnix()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "CHECK_DIGIT_WRONG");
  EXPECT_EQ(ChineseOf(status), "校验码不对");
  EXPECT_EQ(FieldOf(status), "school.code");
  google::rpc::ErrorInfo info;
  info.ParseFromString(std::string(*status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo")));
  EXPECT_EQ(info.domain(), "test.edudelta");
}

TEST(Frame, CountsAndLogsEachCallOnce) {
  Node node;
  ASSERT_TRUE(Ask(*node.OverUnix()).ok());
  node.service->handler = [](const Call&, const auto&, auto*) { return Missing("districts/310114/schools/1"); };
  ASSERT_FALSE(Ask(*node.OverUnix()).ok());
  const metrics::Labels method = {
      {"grpc_service", "edudelta.feed.v1.FeedService"}, {"grpc_method", "ListEvents"}, {"grpc_type", "unary"}};
  metrics::Labels ok = method, missing = method;
  ok.emplace_back("grpc_code", "OK");
  missing.emplace_back("grpc_code", "NOT_FOUND");
  EXPECT_EQ(CounterOf(node, "grpc_server_started_total", method), 2);
  EXPECT_EQ(CounterOf(node, "grpc_server_handled_total", ok), 1);
  EXPECT_EQ(CounterOf(node, "grpc_server_handled_total", missing), 1);
  const auto lines = CallLines(node);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["fields"]["method"], "edudelta.feed.v1.FeedService/ListEvents");
  EXPECT_EQ(lines[0]["fields"]["code"], "OK");
  EXPECT_EQ(lines[0]["fields"]["principal"], "services/planning");
  EXPECT_EQ(lines[1]["fields"]["reason"], "RESOURCE_NOT_FOUND");
  EXPECT_EQ(std::string(lines[1]["trace_id"]).size(), 32u);
}

TEST(Frame, LogsFailuresAndPartnersWhateverElseItLeavesOut) {
  Frame::Options options;
  options.log_one_call_in = 0;
  Node node(options);
  const auto channel = node.OverUnix();
  EXPECT_TRUE(Ask(*channel).ok());
  EXPECT_EQ(CallLines(node).size(), 0u);
  call::v1::Caller partner = User("organizations/kunshan/clients/reader");
  partner.mutable_scope()->set_agreement("agreements/a1");
  EXPECT_TRUE(Ask(*channel, Soon(), partner).ok());
  EXPECT_EQ(CallLines(node).size(), 1u);
  node.service->handler = [](const Call&, const auto&, auto*) { return absl::NotFoundError("none"); };
  EXPECT_FALSE(Ask(*channel).ok());
  EXPECT_EQ(CallLines(node).size(), 2u);
}

TEST(Frame, MakesSeriesBeforehandOfFailuresThatAreOurs) {
  Node node;
  const auto told = [&](const std::string& code) {
    return absl::StrContains(metrics::Render(node.registry),
                             absl::StrCat("grpc_server_handled_total{grpc_code=\"", code, "\""));
  };
  for (const char* code : {"OK", "UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL"}) {
    EXPECT_TRUE(told(code)) << code;
  }
  EXPECT_FALSE(told("NOT_FOUND"));
  node.service->handler = [](const Call&, const auto&, auto*) { return absl::NotFoundError("none"); };
  EXPECT_FALSE(Ask(*node.OverUnix()).ok());
  EXPECT_TRUE(told("NOT_FOUND"));
}

TEST(Frame, RefusesWorkOnceDrained) {
  Node node;
  node.frame->Drain();
  const absl::Status status = Ask(*node.server->InProcessChannel()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace edudelta::rpc
