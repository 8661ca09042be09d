#pragma once

#include <string>
#include <vector>

#include "edudelta/feed/v1/feed.pb.h"

namespace google::protobuf {
class Message;
}

namespace edudelta::fault {

// One version of a row that a request is to make, or to end.
struct Change {
  feed::v1::Event::Kind kind = feed::v1::Event::KIND_UNSPECIFIED;
  std::string name;
  // What no other request writes; see MarkOf. Empty for a deletion.
  std::string mark;
  // Of the version made, as the answer gave it; of the row deleted, as it was asked for.
  std::string etag;
};

enum class Answer {
  kAcknowledged,
  // The row had changed: nothing may have been written.
  kRefused,
  // The client gave up: all of it was written or nothing.
  kNone,
};

struct Sent {
  std::string principal;
  std::string request_id;
  std::string method;
  std::vector<Change> changes;
  Answer answer = Answer::kNone;
};

// What the clients of a run know. Not thread-safe.
struct Ledger {
  std::vector<Sent> sent;
  // Answers that no client should get.
  std::vector<std::string> problems;
  int attempts = 0;

  void Add(Ledger other);
};

// The fields by which a version can be told from all others, in the form in which the audit selects them.
std::string MarkOf(const google::protobuf::Message& row);

}  // namespace edudelta::fault
