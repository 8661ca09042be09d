#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace edudelta::outbox {

// Which messages hold personal data, by the level of their fields. Thread-safe.
class Sensitivity {
 public:
  // The message or one nested in it has a field of level L3 or L4.
  bool Holds(const google::protobuf::Descriptor* type);
  // Clears every field of level L3 or L4, and what this binary does not know.
  static void Clear(google::protobuf::Message* message);

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, bool> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace edudelta::outbox
