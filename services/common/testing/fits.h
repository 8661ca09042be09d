#pragma once

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "google/protobuf/message.h"

namespace edudelta::testing {

// What rules ask of a sample beyond its annotations. Each service tells it beside the rules, in api/sample_fits.cc:
//
//   void AddSampleFits(testing::Fits& fits) {
//     fits.On<v1::Teacher>([](int, v1::Teacher* teacher) { teacher->set_gender("1"); });
//   }
//
// Messages are of generated types. Immutable once all services have told theirs.
class Fits {
 public:
  // `number` is the sample's. A row whose id repeats its values gets another name.
  template <typename T>
  void On(std::function<void(int number, T* message)> fit) {
    fits_[T::descriptor()] = [fit = std::move(fit)](int number, const Message*, Message* message) {
      fit(number, static_cast<T*>(message));
    };
  }
  // The request of a workflow step, which has to say something of the row that it is taken with.
  template <typename Row, typename Request>
  void OnStep(std::function<void(const Row& row, Request* request)> fit) {
    fits_[Request::descriptor()] = [fit = std::move(fit)](int, const Message* row, Message* request) {
      fit(static_cast<const Row&>(*row), static_cast<Request*>(request));
    };
  }

  // A message without fits stays as it is.
  void Fit(int number, google::protobuf::Message* row) const { Call(number, nullptr, row); }
  void FitStep(int number, const google::protobuf::Message& row, google::protobuf::Message* request) const {
    Call(number, &row, request);
  }

 private:
  using Message = google::protobuf::Message;

  void Call(int number, const Message* row, Message* message) const {
    const auto found = fits_.find(message->GetDescriptor());
    if (found != fits_.end()) found->second(number, row, message);
  }

  std::map<const google::protobuf::Descriptor*, std::function<void(int, const Message*, Message*)>> fits_;
};

}  // namespace edudelta::testing
