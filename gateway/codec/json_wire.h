#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "gateway/codec/json_scalar.h"
#include "gateway/codec/json_table.h"

// Protobuf's wire format, as far as the JSON codec needs it: reading and writing JSON goes through the bytes, because
// one generated Serialize or Parse costs less than reflection on every field.
namespace edudelta::gateway::codec {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>((value >> 1) ^ (0 - (value & 1))); }

// Appends fields. Memory is kept from one message to the next.
class WireSink {
 public:
  void Clear() { size_ = 0; }
  size_t size() const { return size_; }
  const char* data() const { return buffer_.get(); }
  size_t capacity() const { return capacity_; }
  void Truncate(size_t size) { size_ = size; }

  void Tag(const FieldEntry& entry) {
    std::memcpy(Reserve(sizeof entry.tag), entry.tag, sizeof entry.tag);
    size_ += entry.tag_size;
  }
  void Varint(uint64_t value) { size_ = PutVarint(value, Reserve(10)) - buffer_.get(); }
  // Little-endian, as every platform we run on.
  template <typename Number>
  void Fixed(Number value) {
    std::memcpy(Reserve(sizeof value), &value, sizeof value);
    size_ += sizeof value;
  }
  void Text(absl::string_view text) {
    char* at = PutVarint(text.size(), Reserve(10 + text.size()));
    std::memcpy(at, text.data(), text.size());
    size_ = at + text.size() - buffer_.get();
  }
  void Raw(absl::string_view bytes) {
    std::memcpy(Reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  // A nested message is written between Begin and End(what Begin gave). One byte is kept for its length; End makes room
  // when that was too little.
  size_t Begin() {
    Reserve(1);
    return ++size_;
  }
  void End(size_t begin) {
    const size_t length = size_ - begin;
    if (length < 0x80) {
      buffer_[begin - 1] = static_cast<char>(length);
      return;
    }
    size_t more = 0;
    for (size_t rest = length >> 7; rest > 0; rest >>= 7) ++more;
    Reserve(more);
    std::memmove(buffer_.get() + begin + more, buffer_.get() + begin, length);
    size_ = begin - 1;
    Varint(length);
    size_ += length;
  }

 private:
  static char* PutVarint(uint64_t value, char* at) {
    while (value >= 0x80) {
      *at++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at++ = static_cast<char>(value);
    return at;
  }
  char* Reserve(size_t count) {
    if (capacity_ - size_ < count) Grow(count);
    return buffer_.get() + size_;
  }
  void Grow(size_t count) {
    capacity_ = (size_ + count) * 2 + 512;
    std::unique_ptr<char[]> bigger(new char[capacity_]);
    if (size_ > 0) std::memcpy(bigger.get(), buffer_.get(), size_);
    buffer_ = std::move(bigger);
  }

  std::unique_ptr<char[]> buffer_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// One value that is neither bool nor message, tag and all, as ParseScalar reads it. After a flaw the sink holds half a
// field.
Flaw PutText(const FieldEntry& entry, absl::string_view text, bool bare, WireSink* sink);
// The content of a Timestamp, Duration, FieldMask or Date.
Flaw PutSpecial(const TypeTable& table, absl::string_view text, WireSink* sink);

// The string field of that number in the bytes of a message; empty when it is not set.
absl::string_view StringIn(absl::string_view wire, int number);

// Walks the fields of one message. The bytes come from Serialize, so that they are well formed; a broken end is still
// never passed.
class WireSource {
 public:
  explicit WireSource(absl::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool done() const { return at_ == end_; }
  const char* at() const { return at_; }
  void Rewind(const char* at) { at_ = at; }

  bool Varint(uint64_t* value) {
    if (at_ < end_ && static_cast<unsigned char>(*at_) < 0x80) {
      *value = static_cast<unsigned char>(*at_++);
      return true;
    }
    *value = 0;
    for (int shift = 0; shift < 64 && at_ < end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  template <typename Number>
  bool Fixed(Number* value) {
    if (static_cast<size_t>(end_ - at_) < sizeof *value) return false;
    std::memcpy(value, at_, sizeof *value);
    at_ += sizeof *value;
    return true;
  }
  bool Text(absl::string_view* text) {
    uint64_t size;
    if (!Varint(&size) || size > static_cast<size_t>(end_ - at_)) return false;
    *text = absl::string_view(at_, size);
    at_ += size;
    return true;
  }
  bool Skip(uint32_t wire_type) {
    uint64_t varint;
    uint32_t fixed32;
    absl::string_view text;
    switch (wire_type) {
      case kVarint:
        return Varint(&varint);
      case kFixed64:
        return Fixed(&varint);
      case kBytes:
        return Text(&text);
      case kFixed32:
        return Fixed(&fixed32);
      default:
        return false;
    }
  }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace edudelta::gateway::codec
