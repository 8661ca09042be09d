#pragma once

#include <string>
#include <vector>

#include "edudelta/feed/v1/feed.pb.h"
#include "google/protobuf/descriptor.h"

namespace edudelta::fault {

// One version of a row that a request is to make, or to end.
struct Change {
  // Unspecified: somebody was told of this version before, and the request tells of it again.
  feed::v1::Event::Kind kind = feed::v1::Event::KIND_UNSPECIFIED;
  std::string name;
  // What no other request writes; see Kind::MarkOf. Empty for a deletion.
  std::string mark;
  // Of the version made, as the answer gave it; of the row deleted, as it was asked for.
  std::string etag;
  // The whole row as the answer gave it; see Kind::ContentOf.
  std::string content;
};

enum class Answer {
  kAcknowledged,
  // The row had changed: nothing may have been written.
  kRefused,
  // The client gave up: all of it was written or nothing.
  kNone,
};

struct Sent {
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::string principal;
  // Empty for an import, and for rows with ids of the client's own: names and marks stand for the request then.
  std::string request_id;
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

}  // namespace edudelta::fault
