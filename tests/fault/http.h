#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace edudelta::fault {

// What came over the wire before the connection ended.
struct HttpAnswer {
  // 0 when not even the head came.
  int status = 0;
  // Names in lower case.
  std::map<std::string, std::string> headers;
  // Without the frames of chunks.
  std::string body;
  bool complete = false;
};

HttpAnswer ParseAnswer(absl::string_view bytes);
// Sends to a port of this machine and reads until the connection ends.
HttpAnswer Exchange(int port, const std::string& request);
// One that nobody listens on.
int FreePort();

}  // namespace edudelta::fault
