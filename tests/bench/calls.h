#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/rpc/client.h"
#include "edudelta/resource/v1/import.pb.h"
#include "google/protobuf/message.h"

namespace edudelta::bench {

// "--key value" pairs. A missing key throws std::out_of_range.
using Flags = std::map<std::string, std::string>;

// Calls of any method by its name, as a clerk, supervisor and auditor of every district, over one connection. Failures
// of Invoke and Import throw std::runtime_error: a measurement goes on with none. Thread-safe.
class Calls {
 public:
  explicit Calls(const std::string& address);

  // "edudelta.planning.v1.PlanningService/GetSchool"
  static const google::protobuf::MethodDescriptor& Method(absl::string_view path);
  static std::unique_ptr<google::protobuf::Message> New(const google::protobuf::Descriptor* type);

  std::unique_ptr<google::protobuf::Message> Invoke(absl::string_view path, const google::protobuf::Message& request);

  // `done` gets whether the answer was OK. `request` need not outlive the call of this.
  void Begin(const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request,
             std::function<void(bool ok)> done);

  // Whether the server's health (grpc.health.v1) is SERVING.
  bool Serving();

  // Every message of the answer.
  void Export(absl::string_view path, const google::protobuf::Message& request,
              const std::function<void(const google::protobuf::Message&)>& page);

  // One stream of the given messages.
  resource::v1::ImportResponse Import(absl::string_view path,
                                      const std::vector<std::unique_ptr<google::protobuf::Message>>& requests);

 private:
  std::shared_ptr<grpc::Channel> channel_;
  call::v1::Caller caller_;
  std::string traceparent_;
};

}  // namespace edudelta::bench
