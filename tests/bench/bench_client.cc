// The measuring side of tests/bench/run: one measurement per process, its result as one line of JSON.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "tests/bench/calls.h"
#include "tests/bench/load.h"
#include "tests/bench/registers.h"

namespace edudelta::bench {
namespace {

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The requests of a method: one per line of a file, which holds names (--names) or the requests as JSON (--json);
// without a file one empty request.
std::vector<std::unique_ptr<google::protobuf::Message>> Requests(const google::protobuf::MethodDescriptor& method,
                                                                 const Flags& flags) {
  std::vector<std::unique_ptr<google::protobuf::Message>> requests;
  if (const auto file = flags.find("names"); file != flags.end()) {
    std::ifstream stream(file->second);
    for (std::string name; std::getline(stream, name);) {
      requests.push_back(Calls::New(method.input_type()));
      requests.back()->GetReflection()->SetString(requests.back().get(), method.input_type()->FindFieldByName("name"),
                                                  name);
    }
  }
  if (const auto file = flags.find("json"); file != flags.end()) {
    std::ifstream stream(file->second);
    for (std::string text; std::getline(stream, text);) {
      requests.push_back(Calls::New(method.input_type()));
      const auto status = google::protobuf::util::JsonStringToMessage(text, requests.back().get());
      if (!status.ok()) throw std::runtime_error(status.ToString());
    }
  }
  if (requests.empty()) requests.push_back(Calls::New(method.input_type()));
  std::shuffle(requests.begin(), requests.end(), std::mt19937(1));
  return requests;
}

nlohmann::json Quantiles(std::vector<double> micros) {
  if (micros.empty()) return nullptr;
  std::sort(micros.begin(), micros.end());
  auto at = [&](double part) { return micros[static_cast<size_t>(part * static_cast<double>(micros.size() - 1))]; };
  return {{"p50_us", at(0.5)}, {"p99_us", at(0.99)}, {"max_us", micros.back()}};
}

// --address --method [--names FILE] [--json FILE] --seconds and --outstanding or --rate
nlohmann::json Load(const Flags& flags) {
  Calls calls(flags.at("address"));
  const auto& method = Calls::Method(flags.at("method"));
  const auto requests = Requests(method, flags);
  std::atomic<size_t> next{0};
  const Begin begin = [&](std::function<void(bool)> done) {
    calls.Begin(method, *requests[next++ % requests.size()], std::move(done));
  };
  const absl::Duration duration = absl::Seconds(std::stod(flags.at("seconds")));
  const double cpu = CpuSeconds();
  const LoadResult result = flags.count("rate") != 0 ? OpenLoop(begin, std::stod(flags.at("rate")), duration)
                                                     : ClosedLoop(begin, std::stoi(flags.at("outstanding")), duration);
  nlohmann::json out = Quantiles(result.micros);
  const auto count = static_cast<double>(result.micros.size());
  out["calls"] = result.micros.size();
  out["errors"] = result.errors;
  out["per_second"] = count / result.seconds;
  out["client_cpu_us"] = (CpuSeconds() - cpu) * 1e6 / count;
  return out;
}

// --address --method [--names FILE] --count --gap_ms: one call at a time with a pause before each.
nlohmann::json Idle(const Flags& flags) {
  Calls calls(flags.at("address"));
  const auto& method = Calls::Method(flags.at("method"));
  const auto requests = Requests(method, flags);
  std::vector<double> micros;
  auto one = [&] {
    absl::Notification ended;
    const absl::Time start = absl::Now();
    calls.Begin(method, *requests[micros.size() % requests.size()], [&](bool) { ended.Notify(); });
    ended.WaitForNotification();
    return absl::ToDoubleMicroseconds(absl::Now() - start);
  };
  for (int i = 0; i < 20; ++i) one();
  for (int i = std::stoi(flags.at("count")); i > 0; --i) {
    absl::SleepFor(absl::Milliseconds(std::stoi(flags.at("gap_ms"))));
    micros.push_back(one());
  }
  nlohmann::json out = Quantiles(micros);
  out["above_20_ms"] = std::count_if(micros.begin(), micros.end(), [](double us) { return us > 20000; });
  return out;
}

// --path of a Unix socket: waits until it is listened on and a call is answered, and says when (CLOCK_MONOTONIC).
nlohmann::json Ready(const Flags& flags) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, flags.at("path").c_str(), sizeof(address.sun_path) - 1);
  for (bool open = false; !open;) {
    const int file = socket(AF_UNIX, SOCK_STREAM, 0);
    open = connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(file);
    if (!open) absl::SleepFor(absl::Milliseconds(1));
  }
  Calls calls("unix:" + flags.at("path"));
  while (!calls.Serving()) absl::SleepFor(absl::Milliseconds(1));
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return {{"monotonic", static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9}};
}

int Main(int argc, char** argv) {
  const std::map<std::string, nlohmann::json (*)(const Flags&)> measurements = {
      {"load", Load},       {"idle", Idle},     {"ready", Ready},         {"import", ImportFile}, {"pages", DeepPage},
      {"balance", Balance}, {"change", Change}, {"recompute", Recompute}, {"export", Export},
  };
  const auto chosen = measurements.find(argc > 1 ? argv[1] : "");
  if (chosen == measurements.end() || argc % 2 != 0) {
    std::fprintf(stderr, "usage: bench_client MEASUREMENT [--key value]...\n");
    return 2;
  }
  Flags flags;
  for (int i = 2; i + 1 < argc; i += 2) flags[argv[i] + std::strspn(argv[i], "-")] = argv[i + 1];
  try {
    std::printf("%s\n", chosen->second(flags).dump().c_str());
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "bench_client %s: %s\n", argv[1], failure.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace edudelta::bench

int main(int argc, char** argv) { return edudelta::bench::Main(argc, argv); }
