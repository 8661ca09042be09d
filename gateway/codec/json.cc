#include "gateway/codec/json.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/codec/json_read.h"
#include "gateway/codec/json_table.h"
#include "gateway/codec/json_write.h"

namespace edudelta::gateway::codec {
namespace {

constexpr size_t kMaxKept = 32;
// A parser that has met a big body is thrown away, so that one such body does not cost memory for ever.
constexpr size_t kMaxKeptBytes = 1 << 20;

}  // namespace

struct JsonCodec::Stock {
  absl::Mutex mutex;
  std::vector<std::unique_ptr<JsonParser>> parsers ABSL_GUARDED_BY(mutex);
};

JsonCodec::JsonCodec(const std::vector<const google::protobuf::Descriptor*>& types)
    : tables_(std::make_unique<Tables>(types)), stock_(std::make_unique<Stock>()) {}

JsonCodec::~JsonCodec() = default;

absl::Status JsonCodec::Write(const google::protobuf::Message& message, std::string* out) const {
  return WriteWire(message.GetDescriptor(), message.SerializePartialAsString(), out);
}

absl::Status JsonCodec::WriteWire(const google::protobuf::Descriptor* type, absl::string_view wire,
                                  std::string* out) const {
  return WriteWireAsJson(*tables_, type, wire, out);
}

absl::Status JsonCodec::Read(absl::string_view json, google::protobuf::Message* message, Fields* said) const {
  std::unique_ptr<JsonParser> parser;
  {
    absl::MutexLock lock(&stock_->mutex);
    if (!stock_->parsers.empty()) {
      parser = std::move(stock_->parsers.back());
      stock_->parsers.pop_back();
    }
  }
  if (parser == nullptr) parser = std::make_unique<JsonParser>();
  absl::Status status = parser->Read(*tables_, json, message, said);
  if (parser->memory() <= kMaxKeptBytes) {
    absl::MutexLock lock(&stock_->mutex);
    if (stock_->parsers.size() < kMaxKept) stock_->parsers.push_back(std::move(parser));
  }
  return status;
}

}  // namespace edudelta::gateway::codec
