#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/rpc/test_service.h"
#include "edudelta/sample/v1/sample.pb.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"

namespace edudelta::rpc {
namespace {

using resource::v1::ImportResponse;
using sample::v1::ExportRoomsRequest;
using sample::v1::ImportRoomsRequest;
using sample::v1::ListRoomsResponse;

const google::protobuf::MethodDescriptor* SampleMethod(const std::string& name) {
  return ImportRoomsRequest::descriptor()->file()->FindServiceByName("SampleService")->FindMethodByName(name);
}

// The two streaming methods of the sample register, answered as the test says.
class Streams {
 public:
  using Each = std::function<absl::Status(const ImportRoomsRequest&)>;
  using Next = std::function<absl::StatusOr<bool>(ListRoomsResponse*)>;

  grpc::Service* Make(Frame& frame) {
    api_ = std::make_unique<DescribedService>(SampleMethod("ImportRooms")->service(), frame);
    api_->OnUpload(SampleMethod("ImportRooms"), [this] { return std::make_unique<Upload>(*this); });
    api_->OnDownload(SampleMethod("ExportRooms"), [this](const google::protobuf::Message& request) {
      asked = static_cast<const ExportRoomsRequest&>(request).parent();
      return std::make_unique<Download>(*this);
    });
    return api_->service();
  }

  std::atomic<int64_t> sum{0};
  std::atomic<bool> finished{false};
  std::string asked;
  absl::Notification upload_gone;
  Each each = [this](const ImportRoomsRequest& request) {
    sum += request.first_row();
    return absl::OkStatus();
  };
  Next next = [](ListRoomsResponse*) { return false; };
  std::function<Shown()> show;

 private:
  struct Upload final : DescribedService::Upload {
    explicit Upload(Streams& streams) : streams(streams) {}
    ~Upload() override { streams.upload_gone.Notify(); }
    absl::Status Add(const Call&, const google::protobuf::Message& request) override {
      return streams.each(static_cast<const ImportRoomsRequest&>(request));
    }
    absl::Status Finish(const Call&, google::protobuf::Message* response) override {
      streams.finished = true;
      static_cast<ImportResponse*>(response)->set_row_count(streams.sum);
      return absl::OkStatus();
    }
    Streams& streams;
  };
  struct Download final : DescribedService::Download {
    explicit Download(Streams& streams) : streams(streams) {}
    absl::StatusOr<bool> Next(const Call& call, google::protobuf::Message* response) override {
      if (streams.show) call.Show(streams.show());
      return streams.next(static_cast<ListRoomsResponse*>(response));
    }
    Streams& streams;
  };

  std::unique_ptr<DescribedService> api_;
};

struct StreamTest : testing::Test {
  explicit StreamTest(Frame::Options options = {})
      : node(options, {}, [this](Frame& frame) { return streams.Make(frame); }) {}

  std::unique_ptr<UploadCall> Upload(Context& context) {
    return std::make_unique<UploadCall>(*channel, *SampleMethod("ImportRooms"), context);
  }
  std::unique_ptr<DownloadCall> Download(Context& context) {
    return std::make_unique<DownloadCall>(*channel, *SampleMethod("ExportRooms"), context, asking);
  }

  Streams streams;
  Node node;
  std::shared_ptr<grpc::Channel> channel = node.OverUnix();
  ImportRoomsRequest request;
  ImportResponse imported;
  ExportRoomsRequest asking;
  ListRoomsResponse response;
};

TEST_F(StreamTest, ReadsEveryMessageInOrderThenFinishes) {
  std::vector<int64_t> seen;
  streams.each = [&](const ImportRoomsRequest& row) {
    seen.push_back(row.first_row());
    streams.sum += row.first_row();
    return absl::OkStatus();
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto upload = Upload(context);
  std::vector<int64_t> sent;
  for (int i = 1; i <= 1000; ++i) {
    request.set_first_row(i);
    sent.push_back(i);
    ASSERT_TRUE(upload->Add(request));
  }
  EXPECT_TRUE(upload->Finish(&imported).ok());
  EXPECT_EQ(seen, sent);
  EXPECT_EQ(imported.row_count(), 500500);
}

TEST_F(StreamTest, SaysBeforeItsFirstMessageWhatItShows) {
  std::atomic<int> messages = 0;
  std::atomic<Shown> says = Shown::kUnsaid;
  streams.next = [&](ListRoomsResponse*) { return messages-- > 0; };
  streams.show = [&] { return says.load(); };
  for (const int sent : {0, 2}) {
    for (const Shown shown : {Shown::kUnsaid, Shown::kMasked, Shown::kClear}) {
      messages = sent;
      says = shown;
      Context context(ServiceCaller("cli"), Soon(), "");
      auto download = Download(context);
      while (download->Next(&response)) EXPECT_EQ(context.shown(), shown);
      EXPECT_TRUE(download->Finish().ok());
      EXPECT_EQ(context.shown(), shown);
    }
  }
}

TEST_F(StreamTest, ShowsNoMoreLaterThanItSaid) {
  int messages = 0;
  streams.next = [&](ListRoomsResponse*) { return true; };
  streams.show = [&] { return ++messages < 3 ? Shown::kMasked : Shown::kClear; };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto download = Download(context);
  int read = 0;
  while (download->Next(&response)) ++read;
  EXPECT_EQ(read, 2);
  EXPECT_EQ(download->Finish().code(), absl::StatusCode::kInternal);
}

TEST_F(StreamTest, EndsAtTheFirstRowThatFails) {
  streams.each = [&](const ImportRoomsRequest& row) -> absl::Status {
    if (row.first_row() == 3) return Invalid("row", "ROW_BAD", "行有误");
    return absl::OkStatus();
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto upload = Upload(context);
  for (int i = 1; i <= 100000; ++i) {
    request.set_first_row(i);
    if (!upload->Add(request)) break;
  }
  const absl::Status status = upload->Finish(&imported);
  EXPECT_EQ(ReasonOf(status), "ROW_BAD");
  EXPECT_FALSE(streams.finished);
}

TEST_F(StreamTest, DoesNotFinishWhenTheClientCancels) {
  absl::Notification first, cancelled;
  streams.each = [&](const ImportRoomsRequest&) {
    first.Notify();
    cancelled.WaitForNotification();
    return absl::OkStatus();
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto upload = Upload(context);
  ASSERT_TRUE(upload->Add(request));
  first.WaitForNotification();
  context.get()->TryCancel();
  // What FromPeer makes of a cancellation.
  EXPECT_TRUE(absl::IsUnavailable(upload->Finish(&imported)));
  cancelled.Notify();
  node.server->Drain();
  EXPECT_FALSE(streams.finished);
}

TEST_F(StreamTest, WritesUntilTheEnd) {
  asking.set_parent("districts/310114");
  int left = 500;
  streams.next = [&](ListRoomsResponse* row) {
    row->set_next_page_token(std::to_string(left));
    return left-- > 0;
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto download = Download(context);
  int64_t expected = 500;
  while (download->Next(&response)) EXPECT_EQ(response.next_page_token(), std::to_string(expected--));
  EXPECT_TRUE(download->Finish().ok());
  EXPECT_EQ(expected, 0);
  EXPECT_EQ(streams.asked, "districts/310114");
}

TEST_F(StreamTest, SaysThatAMessageIsTooLarge) {
  streams.next = [](ListRoomsResponse* response) {
    response->set_next_page_token(std::string(17 << 20, 'x'));
    return true;
  };
  Context context(ServiceCaller("planning"), Soon(), "");
  const auto download = Download(context);
  EXPECT_FALSE(download->Next(&response));
  EXPECT_EQ(ReasonOf(download->Finish()), "ANSWER_TOO_LARGE");
}

TEST_F(StreamTest, AnExceptionEndsTheStream) {
  streams.next = [](ListRoomsResponse*) -> absl::StatusOr<bool> { throw std::runtime_error("no"); };
  Context context(ServiceCaller("cli"), Soon(), "");
  auto download = Download(context);
  EXPECT_FALSE(download->Next(&response));
  EXPECT_EQ(ReasonOf(download->Finish()), "HANDLER_THREW");
}

TEST_F(StreamTest, StopsWritingWhenTheClientCancels) {
  std::atomic<int> written{0};
  streams.next = [&](ListRoomsResponse* row) {
    ++written;
    row->add_rooms()->set_name(std::string(100000, 'x'));
    return true;
  };
  {
    Context context(ServiceCaller("cli"), Soon(), "");
    auto download = Download(context);
    ASSERT_TRUE(download->Next(&response));
    context.get()->TryCancel();
    while (download->Next(&response)) {
    }
    EXPECT_TRUE(absl::IsUnavailable(download->Finish()));
  }
  // Returns only when the endless stream has ended.
  node.server->Drain();
  EXPECT_GT(written, 0);
}

constexpr char kImport[] = "/edudelta.sample.v1.SampleService/ImportRooms";
constexpr char kExport[] = "/edudelta.sample.v1.SampleService/ExportRooms";

grpc::ByteBuffer BytesOf(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

// What was read before stays with the handler; nothing of it is finished.
TEST_F(StreamTest, AnUnreadableMessageEndsTheUpload) {
  Context context(ServiceCaller("cli"), Soon(), "");
  grpc::ByteBuffer answer;
  const grpc::internal::RpcMethod method(kImport, grpc::internal::RpcMethod::CLIENT_STREAMING);
  const std::unique_ptr<grpc::ClientWriter<grpc::ByteBuffer>> writer(
      grpc::internal::ClientWriterFactory<grpc::ByteBuffer>::Create(channel.get(), method, context.get(), &answer));
  request.set_first_row(7);
  ASSERT_TRUE(writer->Write(BytesOf(request.SerializeAsString())));
  writer->Write(BytesOf("\x0a\xff"));
  writer->WritesDone();
  const absl::Status status = FromPeer(writer->Finish());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "REQUEST_UNREADABLE");
  EXPECT_EQ(streams.sum, 7);
  EXPECT_FALSE(streams.finished);
}

TEST_F(StreamTest, AnUnreadableRequestBeginsNoDownload) {
  Context context(ServiceCaller("cli"), Soon(), "");
  const grpc::internal::RpcMethod method(kExport, grpc::internal::RpcMethod::SERVER_STREAMING);
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(channel.get(), method, context.get(),
                                                                    BytesOf("\x0a\xff")));
  grpc::ByteBuffer bytes;
  EXPECT_FALSE(reader->Read(&bytes));
  EXPECT_EQ(ReasonOf(FromPeer(reader->Finish())), "REQUEST_UNREADABLE");
  EXPECT_EQ(streams.asked, "");
}

TEST_F(StreamTest, AnUnreadableAnswerIsDataLoss) {
  streams.next = [](ListRoomsResponse* row) {
    // Read as a text, a room of this length begins with no UTF-8.
    row->add_rooms()->set_name(std::string(200, 'x'));
    return true;
  };
  Context context(ServiceCaller("cli"), Soon(), "");
  DownloadCall download(*channel, *SampleMethod("ExportRooms"), context, asking);
  sample::v1::GetSchoolRequest other;
  EXPECT_FALSE(download.Next(&other));
  EXPECT_EQ(download.Finish().code(), absl::StatusCode::kDataLoss);
}

TEST_F(StreamTest, RefusesAStreamWithoutCaller) {
  Context context(call::v1::Caller(), Soon(), "");
  auto download = Download(context);
  EXPECT_FALSE(download->Next(&response));
  EXPECT_EQ(ReasonOf(download->Finish()), "CALLER_MISSING");
}

Frame::Options Short() {
  Frame::Options options;
  options.stream_deadline = absl::Seconds(1);
  return options;
}
struct ShortStreamsTest : StreamTest {
  ShortStreamsTest() : StreamTest(Short()) {}
};

TEST_F(ShortStreamsTest, EndThatNobodyFeeds) {
  Context context(ServiceCaller("cli"), absl::InfiniteFuture(), "");
  auto upload = Upload(context);
  ASSERT_TRUE(upload->Add(request));
  streams.upload_gone.WaitForNotification();
  const absl::Status status = upload->Finish(&imported);
  EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) << status;
  EXPECT_FALSE(streams.finished);
}

Frame::Options With(int streams) {
  Frame::Options options;
  options.streams = streams;
  return options;
}
struct OneStreamTest : StreamTest {
  OneStreamTest() : StreamTest(With(1)) {}
};

TEST_F(OneStreamTest, AnswersOverloadToASecondOne) {
  absl::Notification open, release;
  streams.next = [&](ListRoomsResponse*) {
    open.Notify();
    release.WaitForNotification();
    return false;
  };
  Context one(ServiceCaller("cli"), Soon(), ""), two(ServiceCaller("cli"), Soon(), "");
  auto first = Download(one);
  open.WaitForNotification();
  auto second = Download(two);
  EXPECT_FALSE(second->Next(&response));
  EXPECT_EQ(ReasonOf(second->Finish()), "OVERLOADED");
  release.Notify();
  EXPECT_FALSE(first->Next(&response));
  EXPECT_TRUE(first->Finish().ok());
}

struct TwoStreamsTest : StreamTest {
  TwoStreamsTest() : StreamTest(With(2)) {}
};

// So that one caller cannot keep all others out.
TEST_F(TwoStreamsTest, GiveOneCallerHalfOfThem) {
  absl::Notification release;
  std::atomic<int> open{0};
  streams.next = [&](ListRoomsResponse*) {
    ++open;
    release.WaitForNotification();
    return false;
  };
  const auto mine = User("organizations/a/users/one");
  Context one(mine, Soon(), ""), two(mine, Soon(), ""), three(User("organizations/a/users/two"), Soon(), "");
  auto first = Download(one);
  while (open < 1) std::this_thread::yield();
  auto second = Download(two);
  EXPECT_FALSE(second->Next(&response));
  EXPECT_EQ(ReasonOf(second->Finish()), "OVERLOADED");
  auto third = Download(three);
  while (open < 2) std::this_thread::yield();
  release.Notify();
  for (auto* stream : {&first, &third}) {
    EXPECT_FALSE((*stream)->Next(&response));
    EXPECT_TRUE((*stream)->Finish().ok());
  }
  // The place is given back, a moment after the end was told.
  for (absl::Status status = absl::UnknownError(""); !status.ok();) {
    Context later(mine, Soon(), "");
    auto again = Download(later);
    EXPECT_FALSE(again->Next(&response));
    status = again->Finish();
    ASSERT_TRUE(status.ok() || ReasonOf(status) == "OVERLOADED") << status;
  }
}

}  // namespace
}  // namespace edudelta::rpc
