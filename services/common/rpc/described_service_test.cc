#include "common/rpc/described_service.h"

#include <stdexcept>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/error.h"
#include "common/rpc/bytes.h"
#include "common/rpc/test_service.h"
#include "edudelta/resource/v1/import.pb.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/support/byte_buffer.h"
#include "prometheus/gauge.h"

namespace edudelta::rpc {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ProblemsOf(const DescribedService& service) { return std::string(service.Check().message()); }

// The methods of OddService: Ponder alone.
const google::protobuf::ServiceDescriptor* Odd() {
  return sample::v1::School::descriptor()->file()->FindServiceByName("OddService");
}

absl::Status Ponder(const Call&, const sample::v1::GetSchoolRequest&, sample::v1::School*) { return absl::OkStatus(); }

TEST(DescribedService, IsCompleteWhenEachMethodHasAHandler) {
  Node node;
  DescribedService service(Odd(), *node.frame);
  EXPECT_THAT(ProblemsOf(service), HasSubstr("Ponder: no handler"));
  service.On<sample::v1::GetSchoolRequest, sample::v1::School>("Ponder", Ponder);
  EXPECT_TRUE(service.Check().ok()) << service.Check();
}

TEST(DescribedService, RefusesAHandlerWithoutMethodOfOtherTypesOrASecondOne) {
  Node node;
  DescribedService service(Odd(), *node.frame);
  service.On<sample::v1::GetSchoolRequest, sample::v1::School>("Wonder", Ponder);
  service.On<sample::v1::GetSchoolRequest, sample::v1::Room>(
      "Ponder", [](const Call&, const auto&, auto*) { return absl::OkStatus(); });
  EXPECT_THAT(ProblemsOf(service),
              AllOf(HasSubstr("Wonder: no such method"), HasSubstr("Ponder: its handler has other types"),
                    HasSubstr("Ponder: no handler")));
  service.On<sample::v1::GetSchoolRequest, sample::v1::School>("Ponder", Ponder);
  service.On<sample::v1::GetSchoolRequest, sample::v1::School>("Ponder", Ponder);
  EXPECT_THAT(ProblemsOf(service), AllOf(HasSubstr("Ponder: two handlers"), Not(HasSubstr("Ponder: no handler"))));
}

TEST(DescribedService, RefusesAHandlerOfAnotherKind) {
  Node node;
  const auto* sample = sample::v1::School::descriptor()->file()->FindServiceByName("SampleService");
  DescribedService service(sample, *node.frame);
  const auto nothing = [](const Call&, const auto&, auto*) { return absl::OkStatus(); };
  service.On<sample::v1::ImportRoomsRequest, resource::v1::ImportResponse>("ImportRooms", nothing);
  service.On<sample::v1::ExportRoomsRequest, sample::v1::ListRoomsResponse>("ExportRooms", nothing);
  service.OnUpload(sample->FindMethodByName("GetRoom"), nullptr);
  service.OnDownload(sample->FindMethodByName("ListRooms"), nullptr);
  for (const char* method : {"ImportRooms", "ExportRooms", "GetRoom", "ListRooms"}) {
    EXPECT_THAT(ProblemsOf(service), HasSubstr(std::string(method) + ": its handler is of another kind"));
  }
}

// Two methods of one request type, which a frame that knows methods by their requests could not tell apart.
TEST(DescribedService, MethodsMayShareARequest) {
  std::unique_ptr<DescribedService> api;
  Node node({}, {}, [&](Frame& frame) {
    const auto* sample = sample::v1::School::descriptor()->file()->FindServiceByName("SampleService");
    api = std::make_unique<DescribedService>(sample, frame);
    for (const char* name : {"RecountRooms", "PokeRooms"}) {
      api->On<sample::v1::RecountRoomsRequest, sample::v1::RoomSummary>(
          name, [](const Call& call, const auto&, sample::v1::RoomSummary* response) {
            response->set_room_count(call.method->name() == "PokeRooms" ? 2 : 1);
            return absl::OkStatus();
          });
    }
    return api->service();
  });
  auto ask = [&](const char* name) {
    Context context(ServiceCaller("planning"), Soon(), "");
    sample::v1::RoomSummary summary;
    const absl::Status status = Invoke(*node.OverUnix(), *api->descriptor().FindMethodByName(name), context,
                                       sample::v1::RecountRoomsRequest(), &summary);
    EXPECT_TRUE(status.ok()) << status;
    return summary.room_count();
  };
  EXPECT_EQ(ask("RecountRooms"), 1);
  EXPECT_EQ(ask("PokeRooms"), 2);
}

// Ponder, by a batch handler, on a node with one worker that the first call holds until it is released.
class WaitingTest : public ::testing::Test {
 protected:
  void Start(int queue) {
    Frame::Options options;
    options.workers = 1;
    options.queue = queue;
    node_ = std::make_unique<Node>(options, Server::Options(), [&](Frame& frame) {
      api_ = std::make_unique<DescribedService>(Odd(), frame);
      api_->OnUnaryBatch(Ponder(), [&](DescribedService::Batch calls) { Handle(calls); });
      return api_->service();
    });
    channel_ = node_->server->InProcessChannel();
    callers_.emplace_back([&] { EXPECT_EQ(Ask("first"), "seen first"); });
    running_.WaitForNotification();
  }

  void Handle(DescribedService::Batch calls) {
    std::vector<std::string>& names = batches_.emplace_back();
    for (const DescribedService::WaitingCall& call : calls) names.push_back(NameOf(call));
    if (batches_.size() == 1) {
      running_.Notify();
      release_.WaitForNotification();
    }
    for (DescribedService::WaitingCall& call : calls) {
      const std::string name = NameOf(call);
      if (name == "bad") throw std::runtime_error("bad");
      if (name == "lost") continue;
      static_cast<sample::v1::School*>(call.response())->set_display_name(absl::StrCat("seen ", name));
      call.End(name == "odd" ? Error(absl::StatusCode::kNotFound, "ODD", "没有") : absl::OkStatus());
    }
  }

  // What was seen, or the reason.
  std::string Ask(const std::string& name, absl::Time deadline = Soon(),
                  const call::v1::Caller& caller = ServiceCaller("planning")) {
    Context context(caller, deadline, "");
    sample::v1::GetSchoolRequest request;
    request.set_name(name);
    sample::v1::School school;
    const absl::Status status = Invoke(*channel_, *Ponder(), context, request, &school);
    return status.ok() ? school.display_name() : ReasonOf(status);
  }
  void AskBehindTheFirst(const std::vector<std::pair<std::string, std::string>>& answers,
                         const call::v1::Caller& caller = ServiceCaller("planning")) {
    const size_t waiting = callers_.size() - 1 + answers.size();
    for (const auto& [name, answer] : answers) {
      callers_.emplace_back(
          [this, caller, name = name, answer = answer] { EXPECT_EQ(Ask(name, Soon(), caller), answer); });
    }
    auto& length = node_->registry.Gauge("edudelta_queue_length", "", {{"pool", "unary"}});
    while (length.Value() < static_cast<double>(waiting)) std::this_thread::yield();
  }
  void Release() {
    release_.Notify();
    for (std::thread& caller : callers_) caller.join();
  }

  static const google::protobuf::MethodDescriptor* Ponder() { return Odd()->FindMethodByName("Ponder"); }
  static std::string NameOf(const DescribedService::WaitingCall& call) {
    return static_cast<const sample::v1::GetSchoolRequest&>(call.request()).name();
  }

  absl::Notification running_, release_;
  // Of the one worker.
  std::vector<std::vector<std::string>> batches_;
  std::unique_ptr<DescribedService> api_;
  std::unique_ptr<Node> node_;
  std::shared_ptr<grpc::Channel> channel_;
  std::vector<std::thread> callers_;
};

TEST_F(WaitingTest, AreAnsweredTogetherEachByItsOwn) {
  Start(10);
  AskBehindTheFirst({{"a", "seen a"}, {"odd", "ODD"}, {"b", "seen b"}});
  EXPECT_EQ(Ask("late", absl::Now() + absl::Milliseconds(50)), "SERVICE_TIMEOUT");
  Release();
  ASSERT_EQ(batches_.size(), 2u);
  EXPECT_THAT(batches_[1], ::testing::UnorderedElementsAre("a", "b", "odd"));
  EXPECT_EQ(Ask("again"), "seen again");
}

TEST_F(WaitingTest, AreNotAnsweredByWhatAnotherThrew) {
  Start(10);
  AskBehindTheFirst({{"a", "seen a"}, {"bad", "HANDLER_THREW"}, {"b", "seen b"}, {"lost", "CALL_NOT_ENDED"}});
  Release();
}

// However many another one has waiting before.
TEST_F(WaitingTest, AreAnsweredInTheirOwnersTurn) {
  Start(100);
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 40; ++i) many.emplace_back(absl::StrCat("m", i), absl::StrCat("seen m", i));
  AskBehindTheFirst(many, User("users/wang"));
  AskBehindTheFirst({{"mine", "seen mine"}}, User("users/li"));
  Release();
  ASSERT_GE(batches_.size(), 3u);
  EXPECT_THAT(batches_[2], ::testing::Contains("mine"));
}

TEST_F(WaitingTest, AreAsManyAsTheQueueTakes) {
  Start(1);
  AskBehindTheFirst({{"a", "seen a"}});
  EXPECT_EQ(Ask("b"), "OVERLOADED");
  Release();
  ASSERT_EQ(batches_.size(), 2u);
  EXPECT_THAT(batches_[1], ::testing::ElementsAre("a"));
  EXPECT_EQ(Ask("b"), "seen b");
}

absl::Status Send(Node& node, const std::string& bytes) {
  Context context(ServiceCaller("planning"), Soon(), "");
  const std::string path = "/edudelta.feed.v1.FeedService/ListEvents";
  const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Slice slice(bytes);
  grpc::ByteBuffer answer;
  return FromPeer(grpc::internal::BlockingUnaryCall(node.OverUnix().get(), method, context.get(),
                                                    grpc::ByteBuffer(&slice, 1), &answer));
}

TEST(DescribedService, AnUnreadableRequestIsTheCallersFault) {
  Node node;
  bool ran = false;
  node.service->handler = [&](const Call&, const auto&, auto*) {
    ran = true;
    return absl::OkStatus();
  };
  for (const std::string& bytes : {std::string("\x0a\xff"), std::string("\x0a\x02\xc3\x28")}) {
    const absl::Status status = Send(node, bytes);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(status), "REQUEST_UNREADABLE");
  }
  EXPECT_FALSE(ran);
}

TEST(Bytes, ComeBackFromManyPieces) {
  feed::v1::ListEventsResponse response;
  for (int i = 0; i < 1000; ++i) response.add_events()->set_name(std::string(100, 'x'));
  const std::string text = response.SerializeAsString();
  std::vector<grpc::Slice> slices;
  for (size_t at = 0; at < text.size(); at += 1000) slices.emplace_back(text.substr(at, 1000));
  feed::v1::ListEventsResponse read;
  read.set_next_position(7);
  ASSERT_TRUE(FromBytes(grpc::ByteBuffer(slices.data(), slices.size()), &read));
  EXPECT_EQ(read.SerializeAsString(), text);
  ASSERT_TRUE(FromBytes(ToBytes(response), &read));
  EXPECT_EQ(read.SerializeAsString(), text);
  EXPECT_TRUE(FromBytes(ToBytes(feed::v1::ListEventsResponse()), &read));
}

}  // namespace
}  // namespace edudelta::rpc
