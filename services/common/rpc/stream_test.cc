#include "absl/synchronization/notification.h"
#include "common/base/error.h"
#include "common/rpc/test_service.h"
#include "common/rpc/trace.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/support/sync_stream.h"

namespace edudelta::rpc {
namespace {

constexpr char kRead[] = "/edudelta.test.Streams/Read";
constexpr char kWrite[] = "/edudelta.test.Streams/Write";

// Two streaming methods over the feed's messages, registered as generated code would.
class Streams final : public grpc::Service {
 public:
  using Each = std::function<absl::Status(const Call&, const ListEventsRequest&)>;
  using Next = std::function<absl::StatusOr<bool>(const Call&, ListEventsResponse*)>;

  Streams() {
    using grpc::internal::RpcMethod;
    using grpc::internal::RpcServiceMethod;
    AddMethod(new RpcServiceMethod(kRead, RpcMethod::CLIENT_STREAMING, nullptr));
    MarkMethodCallback(0, new grpc::internal::CallbackClientStreamingHandler<ListEventsRequest, ListEventsResponse>(
                              [this](grpc::CallbackServerContext* context, ListEventsResponse* response) {
                                return frame->Read<ListEventsRequest>(context, each, [this, response](const Call&) {
                                  finished = true;
                                  response->set_next_position(sum);
                                  return absl::OkStatus();
                                });
                              }));
    AddMethod(new RpcServiceMethod(kWrite, RpcMethod::SERVER_STREAMING, nullptr));
    MarkMethodCallback(1, new grpc::internal::CallbackServerStreamingHandler<ListEventsRequest, ListEventsResponse>(
                              [this](grpc::CallbackServerContext* context, const ListEventsRequest* request) {
                                return frame->Write<ListEventsResponse>(context, request, next);
                              }));
  }

  Frame* frame = nullptr;
  std::atomic<int64_t> sum{0};
  std::atomic<bool> finished{false};
  Each each = [this](const Call&, const ListEventsRequest& request) {
    sum += request.after_position();
    return absl::OkStatus();
  };
  Next next = [](const Call&, ListEventsResponse*) { return false; };
};

struct StreamTest : testing::Test {
  explicit StreamTest(Frame::Options options = {}) : node(options, {}, {&streams}) { streams.frame = node.frame.get(); }

  std::unique_ptr<grpc::ClientWriter<ListEventsRequest>> Upload(Context& context) {
    const grpc::internal::RpcMethod method(kRead, grpc::internal::RpcMethod::CLIENT_STREAMING);
    return std::unique_ptr<grpc::ClientWriter<ListEventsRequest>>(
        grpc::internal::ClientWriterFactory<ListEventsRequest>::Create(channel.get(), method, context.get(),
                                                                       &response));
  }
  std::unique_ptr<grpc::ClientReader<ListEventsResponse>> Download(Context& context) {
    const grpc::internal::RpcMethod method(kWrite, grpc::internal::RpcMethod::SERVER_STREAMING);
    return std::unique_ptr<grpc::ClientReader<ListEventsResponse>>(
        grpc::internal::ClientReaderFactory<ListEventsResponse>::Create(channel.get(), method, context.get(),
                                                                        request));
  }

  Streams streams;
  Node node;
  std::shared_ptr<grpc::Channel> channel = node.OverUnix();
  ListEventsRequest request;
  ListEventsResponse response;
};

TEST_F(StreamTest, ReadsEveryMessageInOrderThenFinishes) {
  std::vector<int64_t> seen;
  streams.each = [&](const Call&, const ListEventsRequest& row) {
    seen.push_back(row.after_position());
    streams.sum += row.after_position();
    return absl::OkStatus();
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto upload = Upload(context);
  std::vector<int64_t> sent;
  for (int i = 1; i <= 1000; ++i) {
    request.set_after_position(i);
    sent.push_back(i);
    ASSERT_TRUE(upload->Write(request));
  }
  upload->WritesDone();
  EXPECT_TRUE(upload->Finish().ok());
  EXPECT_EQ(seen, sent);
  EXPECT_EQ(response.next_position(), 500500);
}

TEST_F(StreamTest, EndsAtTheFirstRowThatFails) {
  streams.each = [&](const Call&, const ListEventsRequest& row) -> absl::Status {
    if (row.after_position() == 3) return Invalid("row", "ROW_BAD", "行有误");
    return absl::OkStatus();
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto upload = Upload(context);
  for (int i = 1; i <= 100000; ++i) {
    request.set_after_position(i);
    if (!upload->Write(request)) break;
  }
  upload->WritesDone();
  const absl::Status status = FromPeer(upload->Finish());
  EXPECT_EQ(ReasonOf(status), "ROW_BAD");
  EXPECT_FALSE(streams.finished);
}

TEST_F(StreamTest, DoesNotFinishWhenTheClientCancels) {
  absl::Notification first, cancelled;
  streams.each = [&](const Call&, const ListEventsRequest&) {
    first.Notify();
    cancelled.WaitForNotification();
    return absl::OkStatus();
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto upload = Upload(context);
  ASSERT_TRUE(upload->Write(request));
  first.WaitForNotification();
  context.get()->TryCancel();
  EXPECT_EQ(upload->Finish().error_code(), grpc::StatusCode::CANCELLED);
  cancelled.Notify();
  node.server->Drain();
  EXPECT_FALSE(streams.finished);
}

TEST_F(StreamTest, WritesUntilTheEnd) {
  int left = 500;
  streams.next = [&](const Call&, ListEventsResponse* row) {
    row->set_next_position(left);
    return left-- > 0;
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto download = Download(context);
  int64_t expected = 500;
  while (download->Read(&response)) EXPECT_EQ(response.next_position(), expected--);
  EXPECT_TRUE(download->Finish().ok());
  EXPECT_EQ(expected, 0);
}

TEST_F(StreamTest, AnExceptionEndsTheStream) {
  streams.next = [](const Call&, ListEventsResponse*) -> absl::StatusOr<bool> { throw std::runtime_error("no"); };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto download = Download(context);
  EXPECT_FALSE(download->Read(&response));
  EXPECT_EQ(ReasonOf(FromPeer(download->Finish())), "HANDLER_THREW");
}

TEST_F(StreamTest, StopsWritingWhenTheClientCancels) {
  std::atomic<int> written{0};
  streams.next = [&](const Call&, ListEventsResponse* row) {
    ++written;
    row->mutable_events()->Add()->set_name(std::string(100000, 'x'));
    return true;
  };
  {
    Context context(ServiceCaller("cli"), Soon(), "");
    auto download = Download(context);
    ASSERT_TRUE(download->Read(&response));
    context.get()->TryCancel();
    while (download->Read(&response)) {
    }
    EXPECT_EQ(download->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // Returns only when the endless stream has ended.
  node.server->Drain();
  EXPECT_GT(written, 0);
}

TEST_F(StreamTest, RefusesAStreamWithoutCaller) {
  Context context(call::v1::Caller(), Soon(), "");
  auto download = Download(context);
  EXPECT_FALSE(download->Read(&response));
  EXPECT_EQ(ReasonOf(FromPeer(download->Finish())), "CALLER_MISSING");
}

Frame::Options Few() {
  Frame::Options options;
  options.streams = 1;
  options.stream_deadline = absl::Milliseconds(300);
  return options;
}
struct FewStreamsTest : StreamTest {
  FewStreamsTest() : StreamTest(Few()) {}
};

TEST_F(FewStreamsTest, EndsAStreamThatNobodyFeedsAtItsDeadline) {
  Context context(ServiceCaller("cli"), absl::InfiniteFuture(), "");
  auto upload = Upload(context);
  ASSERT_TRUE(upload->Write(request));
  const auto code = upload->Finish().error_code();
  EXPECT_TRUE(code == grpc::StatusCode::CANCELLED || code == grpc::StatusCode::DEADLINE_EXCEEDED) << code;
  EXPECT_FALSE(streams.finished);
}

TEST_F(FewStreamsTest, AnswersOverloadWhenTooManyAreOpen) {
  absl::Notification open, release;
  streams.next = [&](const Call&, ListEventsResponse*) {
    open.Notify();
    release.WaitForNotification();
    return false;
  };
  Context one(ServiceCaller("cli"), Soon(), ""), two(ServiceCaller("cli"), Soon(), "");
  auto first = Download(one);
  open.WaitForNotification();
  auto second = Download(two);
  EXPECT_FALSE(second->Read(&response));
  EXPECT_EQ(ReasonOf(FromPeer(second->Finish())), "OVERLOADED");
  release.Notify();
  EXPECT_FALSE(first->Read(&response));
  first->Finish();
}

}  // namespace
}  // namespace edudelta::rpc
