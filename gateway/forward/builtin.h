#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/codec/json.h"
#include "gateway/forward/backends.h"
#include "gateway/forward/pending.h"
#include "gateway/http/rate_limiter.h"
#include "gateway/policy/store.h"

namespace google::protobuf {
class MethodDescriptor;
}

namespace edudelta::gateway::forward {

// The gateway's own endpoints, none of which needs a token:
//   GET /healthz  GET /readyz  GET /status  GET /openapi.json  GET /catalog  GET /.well-known/jwks.json  POST
//   /oauth2/token
class Builtin {
 public:
  struct Content {
    std::string openapi;
    std::string catalog;
    double logins_per_second;
    double login_burst;
  };

  Builtin(const Content& content, Backends& backends, policy::Store& store, const codec::JsonCodec& json);

  // False when the path is none of these.
  bool Handle(const std::shared_ptr<Pending>& pending);

  // The answer to GET of /healthz, /readyz or /status; nothing for other paths.
  std::optional<http::Response> Probe(absl::string_view path) const;

  void SetDraining() { draining_ = true; }

 private:
  // /readyz: send requests here? It does not depend on any one service, so that none takes the others away with it.
  // /status: are all of them there too?
  http::Response Ready(bool with_services) const;
  void Keys(Pending& pending);
  void Token(const std::shared_ptr<Pending>& pending);
  void Issue(const std::shared_ptr<Pending>& pending, absl::string_view body);

  // What anybody may read, in both forms.
  struct Document {
    explicit Document(std::string text);
    std::shared_ptr<const std::string> plain;
    // Null where there was no memory for it.
    std::shared_ptr<const std::string> gzip;
    std::string etag;
  };
  static void AnswerDocument(Pending& pending, const Document& document);

  const Document openapi_, catalog_;
  absl::Mutex keys_mutex_;
  // As they were asked for last.
  std::shared_ptr<const Document> keys_ ABSL_GUARDED_BY(keys_mutex_);
  Backends& backends_;
  policy::Store& store_;
  const codec::JsonCodec& json_;
  const google::protobuf::MethodDescriptor& issue_token_;
  http::RateLimiter logins_;
  std::atomic<bool> draining_{false};
};

}  // namespace edudelta::gateway::forward
