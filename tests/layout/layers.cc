#include "tests/layout/layers.h"

namespace edudelta::layout {

std::vector<Layer> Layers() {
  return {
      {"services/common/base", {}, "base is below everything; it knows absl only"},
      {"services/common/config", {"common/base"}, "configuration is a struct made from the environment, nothing else"},
      {"services/common/log", {"common/base"}, "a log line needs no database and no call"},
      {"services/common/metrics", {"common/base"}, "a metric needs no database and no call"},
      {"services/common/crypto", {"common/base", "edudelta/options"}, "digests and ciphers are pure"},
      {"services/common/calendar", {"common/base"}, "calendars are pure"},
      {"services/common/codes",
       {"common/base", "common/calendar", "edudelta/options"},
       "code sets and formats are pure"},
      {"services/common/describe",
       {"common/base", "edudelta/call", "edudelta/options"},
       "descriptors, and callers by them, are read without running anything"},
      {"services/common/db", {"common/base", "common/metrics"}, "the database layer knows no message and no call"},
      {"services/common/rpc",
       {"common/base", "common/log", "common/metrics", "edudelta/call", "edudelta/options"},
       "the frame knows no service and no database"},
      {"services/common/outbox",
       {"common/base", "common/crypto", "common/db", "common/describe", "common/log", "common/metrics", "common/rpc",
        "edudelta/call", "edudelta/feed", "edudelta/options"},
       "the outbox serves every service, so it knows none"},
      {"services/common/resource",
       {"common/base", "common/calendar", "common/codes", "common/crypto", "common/db", "common/describe",
        "common/outbox", "common/rpc", "edudelta/options", "edudelta/resource", "edudelta/call", "edudelta/feed"},
       "the engine works on any message: it may know the annotations, never a service's messages"},
      {"services/common/service",
       {"common/", "edudelta/feed", "edudelta/options"},
       "the runtime is the same for all services"},
      {"services/common/testing", {"common/base", "common/db", "common/metrics"}, "fixtures are for every layer"},
      {"services/{service}/domain",
       {"common/base", "common/calendar", "common/codes", "common/crypto/canonical.h", "common/describe",
        "edudelta/{service}", "edudelta/call"},
       "domain is pure: values in, values out; no database, no call, no clock, no log"},
      {"services/{service}/store",
       {"common/base", "common/calendar", "common/codes", "common/db", "common/describe", "common/resource",
        "{service}/domain", "edudelta/{service}"},
       "store asks the database; it knows no call"},
      {"services/{service}/api",
       {"common/base", "common/calendar", "common/codes", "common/config", "common/crypto", "common/db",
        "common/outbox", "common/resource", "common/rpc", "common/service", "{service}/domain", "{service}/store",
        "edudelta/{service}", "edudelta/call", "edudelta/options"},
       "api glues domain and store of its own service; another service is reached by its stub, in a listed file"},
      {"services/{service}",
       {"common/base", "common/service", "{service}/api", "edudelta/{service}"},
       "main.cc only constructs"},
      {"gateway/http", {"common/base", "common/log", "common/metrics"}, "the edge of HTTP knows no message"},
      {"gateway/codec",
       {"common/base", "common/calendar", "common/codes", "common/describe", "edudelta/options", "edudelta/resource"},
       "the codec works from descriptors and code tables alone"},
      {"gateway/routes",
       {"common/base", "common/codes", "common/describe", "gateway/codec", "edudelta/options", "edudelta/resource"},
       "routes come from descriptors alone"},
      {"gateway/auth",
       {"common/base", "common/crypto", "common/describe", "common/log", "common/metrics", "gateway/codec/text.h",
        "gateway/http", "gateway/policy", "edudelta/call", "edudelta/exchange"},
       "who calls is decided before what is asked"},
      {"gateway/policy",
       {"common/base", "common/describe", "common/log", "common/metrics", "common/rpc", "edudelta/call",
        "edudelta/exchange", "edudelta/options"},
       "policy is a cached copy of exchange's, and decides alone"},
      {"gateway/forward", {"common/", "gateway/", "edudelta/"}, "forward puts the edge together"},
      {"gateway/cli",
       {"common/base", "common/calendar", "common/describe", "gateway/codec", "edudelta/"},
       "the command line is a client: it goes through the public API"},
      {"gateway", {"common/", "gateway/", "edudelta/"}, "main.cc only constructs"},
  };
}

std::vector<LimitedPackage> LimitedPackages() {
  return {
      {{"cppconn/", "mysql_", "mysql/", "mariadb/"}, {"services/common/db"}, "only common/db speaks to the driver"},
      {{"grpcpp/", "grpc/"},
       {"services/common/rpc", "services/exchange/api", "gateway/forward"},
       "only the frame, reactors of a method's own and the gateway's way out know gRPC",
       /*open_to_tests=*/true},
      {{"prometheus/"},
       {"services/common/metrics", "services/common/db", "services/common/rpc", "services/common/outbox",
        "services/common/service", "gateway"},
       "a service's own code counts nothing by itself; the frame does",
       /*open_to_tests=*/true},
      {{"spdlog/"}, {"services/common/log"}, "one log line format"},
      {{"boost/beast"}, {"gateway/http/request_reader.cc"}, "one file reads HTTP; Beast is slow to compile"},
      {{"boost/asio"},
       {"gateway/http/server.cc", "gateway/http/connection.h", "gateway/http/wire.h", "gateway/http/certificate.h",
        "gateway/http/probe.cc", "gateway/http/proxies.h", "gateway/http/proxies.cc"},
       "only the edge has sockets"},
      {{"simdjson", "csv.h"}, {"gateway/codec"}, "JSON and CSV are read in one place"},
      {{"curl/", "CLI/"}, {"gateway/cli"}, "only the command line is an HTTP client"},
      {{"cjose/"}, {"services/common/crypto"}, "tokens are made and checked in one place"},
      {{"gtest/", "gmock/"}, {"services/common/testing"}, "test code is in tests", /*open_to_tests=*/true},
      {{"common/testing"}, {"services/common/testing"}, "test code is in tests", /*open_to_tests=*/true},
  };
}

std::vector<Exception> Exceptions() {
  return {
      {"services/planning/api/balance.cc", "edudelta/teachers/v1/", "the balance report asks teachers over gRPC"},
      {"services/planning/api/balance.cc", "edudelta/facilities/v1/", "the balance report asks facilities over gRPC"},
      {"services/exchange/api/recorder.cc", "prometheus/", "the evidence log's own counters"},
      {"gateway/cli/error_file.cc", "csv.h", "finds the wrong cells again in the file that was sent"},
  };
}

std::vector<SleepingFile> SleepingFiles() {
  return {
      {"services/common/testing/database.cc", "asks a starting server until it answers or has ended"},
      {"services/common/outbox/test_outbox.h", "asks until the relay has published, with a limit"},
      {"services/common/outbox/relay_test.cc", "asks until a gauge was set, with a limit"},
      {"tests/fault/program.cc", "asks until something is so, with a limit; clients pause before they send again"},
      {"services/exchange/api/agreement_test.cc", "asks until the clock has ended an agreement, with a limit"},
      {"tests/bench", "calls at the pace that is being measured"},
      {"tests/fault", "lets whole processes run for a while before it kills them"},
      {"services/exchange/api/load.cc", "measures for the seconds that it was told"},
      {"gateway/cli/account.cc", "asks a starting suite until it is ready, with a limit"},
      {"services/common/base/probe.cc", "asks a process until it is ready, as long as it was told"},
      {"services/common/rpc/server.cc", "goes on serving while its end is being told, as long as it was told"},
      {"services/common/rpc/server_test.cc", "asks until others have heard of a change, with a limit"},
      {"gateway/main.cc", "goes on serving while its end is being told, as long as it was told"},
      {"gateway/cli/session.cc", "leaves a server that answered 503 alone before it asks again"},
  };
}

}  // namespace edudelta::layout
