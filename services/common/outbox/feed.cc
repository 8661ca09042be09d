#include "common/outbox/feed.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/describe/district.h"
#include "common/outbox/payload.h"
#include "common/outbox/sensitivity.h"
#include "common/rpc/limits.h"
#include "edudelta/feed/v1/feed.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace edudelta::outbox {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kLargestPage = 1000;

absl::Status Validate(const feed::v1::ListEventsRequest& request) {
  if (request.dataset().empty()) return Invalid("dataset", "FIELD_REQUIRED", "必须指明数据集");
  const std::string& district = request.district();
  if (!district.empty() && !describe::IsDistrictCode(district)) {
    return Invalid("district", "DISTRICT_MALFORMED", "行政区划代码应为六位数字");
  }
  if (request.after_position() < 0) return Invalid("after_position", "FIELD_OUT_OF_RANGE", "位置不能为负数");
  if (request.page_size() < 0) return Invalid("page_size", "FIELD_OUT_OF_RANGE", "每页条数不能为负数");
  return absl::OkStatus();
}

struct Row {
  std::string event_id;
  int64_t position = 0;
  int64_t sequence = 0;
  std::string payload;
};

absl::StatusOr<std::vector<Row>> ReadRows(db::Session& session, const feed::v1::ListEventsRequest& request, int page) {
  const bool everywhere = request.district().empty();
  const std::string sql = std::string(
                              "SELECT `event_id`, `position`, `sequence`, `payload` FROM `outbox` "
                              "FORCE INDEX (`ix_outbox_feed`) WHERE `dataset` = ? AND `position` > ?") +
                          (everywhere ? "" : " AND `district` = ?") + " ORDER BY `position` LIMIT ?";
  std::vector<db::Value> parameters = {request.dataset(), request.after_position()};
  if (!everywhere) parameters.emplace_back(request.district());
  parameters.emplace_back(int64_t{page});
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(sql, parameters));
  std::vector<Row> result;
  size_t bytes = 0;
  while (bytes < rpc::kPageBytes && rows.Next()) {
    result.push_back({rows.Text(0), rows.Int(1), rows.Int(2), rows.Text(3)});
    bytes += result.back().payload.size();
  }
  return result;
}

absl::Status TellUnpublished(db::Session& session, const feed::v1::ListEventsRequest& request,
                             feed::v1::ListEventsResponse* response) {
  ASSIGN_OR_RETURN(db::Rows rows,
                   session.Query("SELECT COALESCE(MIN(`row_id`), 0), COALESCE(MAX(`row_id`), 0) FROM `outbox` "
                                 "FORCE INDEX (`ix_outbox_feed`) WHERE `dataset` = ? AND `position` = 0 "
                                 "AND (? = '' OR `district` = ?)",
                                 {request.dataset(), request.district(), request.district()}));
  rows.Next();
  response->set_first_unpublished(rows.Int(0));
  response->set_last_unpublished(rows.Int(1));
  return absl::OkStatus();
}

// Whether the request goes on from where a page of this very feed ended. After the rows were read: what was deleted
// before is noted by now.
absl::Status CheckPlace(db::Session& session, const feed::v1::ListEventsRequest& request) {
  const int64_t after = request.after_position();
  ASSIGN_OR_RETURN(
      db::Rows rows,
      session.Query("SELECT COALESCE(MAX(`deleted_position`), 0), "
                    "(SELECT `sequence` FROM `feed_counter` WHERE `dataset` = '' AND `district` = ''), "
                    "(SELECT `event_id` FROM `outbox` FORCE INDEX (`ix_outbox_feed`) "
                    "WHERE `dataset` = ? AND `position` = ? LIMIT 1) FROM `feed_counter` "
                    "WHERE `dataset` = ? AND (? = '' OR `district` = ?)",
                    {request.dataset(), after, request.dataset(), request.district(), request.district()}));
  if (!rows.Next()) return absl::OkStatus();
  const int64_t deleted = rows.Int(0);
  const int64_t head = rows.Int(1);
  const bool another = !request.after_event_id().empty() && after > deleted && rows.Text(2) != request.after_event_id();
  if (after > head || another) {
    return Refused("FEED_REWOUND", "变更事件的位置已重新编排，须从头读取", {{"head", std::to_string(head)}});
  }
  if (after >= deleted) return absl::OkStatus();
  return Error(absl::StatusCode::kOutOfRange, "CURSOR_TOO_OLD", "所请求位置之后的变更事件已过保留期",
               {{"kept_after", std::to_string(deleted)}});
}

// Thread-safe.
class Feed {
 public:
  Feed(db::Pool& pool, const crypto::FieldCipher& cipher) : pool_(pool), cipher_(cipher) {}

  absl::Status List(const rpc::Call& call, const feed::v1::ListEventsRequest& request,
                    feed::v1::ListEventsResponse* response);

 private:
  absl::Status Strip(bool encrypted, google::protobuf::Any* any);

  db::Pool& pool_;
  const crypto::FieldCipher& cipher_;
  Sensitivity sensitivity_;
};

absl::Status Feed::List(const rpc::Call& call, const feed::v1::ListEventsRequest& request,
                        feed::v1::ListEventsResponse* response) {
  RETURN_IF_ERROR(AuthorizeFeed(call.caller, request.district()));
  RETURN_IF_ERROR(Validate(request));
  const int page = request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kLargestPage);
  std::vector<Row> rows;
  RETURN_IF_ERROR(pool_.Read(call.deadline, [&](db::Session& session) -> absl::Status {
    // First: what is not published now and is by the next statement will be among the rows.
    if (request.with_unpublished()) RETURN_IF_ERROR(TellUnpublished(session, request, response));
    ASSIGN_OR_RETURN(rows, ReadRows(session, request, page));
    return CheckPlace(session, request);
  }));
  response->set_next_position(rows.empty() ? request.after_position() : rows.back().position);
  for (const Row& row : rows) {
    ASSIGN_OR_RETURN(feed::v1::Event event, DecodePayload(row.event_id, row.payload, cipher_));
    const bool encrypted = row.payload.front() == kEncrypted;
    if (event.has_before()) RETURN_IF_ERROR(Strip(encrypted, event.mutable_before()));
    if (event.has_after()) RETURN_IF_ERROR(Strip(encrypted, event.mutable_after()));
    event.set_position(row.position);
    event.set_sequence(row.sequence);
    *response->add_events() = std::move(event);
  }
  return absl::OkStatus();
}

absl::Status Feed::Strip(bool encrypted, google::protobuf::Any* any) {
  std::string name;
  const google::protobuf::Descriptor* type =
      google::protobuf::Any::ParseAnyTypeUrl(any->type_url(), &name)
          ? google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name)
          : nullptr;
  // A level may have been raised since the event was written, so what was written in clear is looked at too.
  if (type != nullptr && !encrypted && !sensitivity_.Holds(type)) return absl::OkStatus();
  if (type == nullptr) {
    return Error(absl::StatusCode::kInternal, "EVENT_TYPE_UNKNOWN", "变更事件的数据类型未知", {{"type", name}});
  }
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!message->ParseFromString(any->value())) {
    return Error(absl::StatusCode::kDataLoss, "EVENT_PAYLOAD_MALFORMED", "变更事件内容已损坏");
  }
  Sensitivity::Clear(message.get());
  any->set_value(Serialize(*message));
  return absl::OkStatus();
}

}  // namespace

absl::Status AuthorizeFeed(const call::v1::Caller& caller, absl::string_view district) {
  for (const call::v1::Binding& binding : caller.bindings()) {
    if (binding.role() == options::v1::ROLE_SERVICE && binding.prefix() == "*") return absl::OkStatus();
    // All districts at once are for who holds everywhere.
    const std::string asked = district.empty() ? "" : absl::StrCat("districts/", district);
    if (binding.role() == options::v1::ROLE_AUDITOR && describe::Covers(binding.prefix(), asked))
      return absl::OkStatus();
  }
  return Denied("FEED_NOT_PERMITTED", "无权读取变更事件");
}

std::unique_ptr<rpc::DescribedService> MakeFeedService(rpc::Frame& frame, db::Pool& pool,
                                                       const crypto::FieldCipher& cipher) {
  auto service = std::make_unique<rpc::DescribedService>(
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("edudelta.feed.v1.FeedService"), frame);
  service->On<feed::v1::ListEventsRequest, feed::v1::ListEventsResponse>(
      "ListEvents",
      [feed = std::make_shared<Feed>(pool, cipher)](const rpc::Call& call, const auto& request, auto* response) {
        return feed->List(call, request, response);
      });
  return service;
}

}  // namespace edudelta::outbox
