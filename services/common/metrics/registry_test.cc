#include "common/metrics/registry.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/counter.h"
#include "prometheus/histogram.h"

namespace edudelta::metrics {
namespace {

using ::testing::HasSubstr;

std::string Scrape(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) answer.append(buffer, static_cast<size_t>(n));
  close(fd);
  return answer;
}

TEST(Registry, GivesTheSameSeriesForTheSameLabels) {
  Registry registry;
  auto& a = registry.Counter("calls_total", "Calls.", {{"method", "Get"}});
  auto& b = registry.Counter("calls_total", "Calls.", {{"method", "Get"}});
  auto& c = registry.Counter("calls_total", "Calls.", {{"method", "List"}});
  EXPECT_EQ(&a, &b);
  EXPECT_NE(&a, &c);
}

TEST(Exporter, ServesWhatWasCounted) {
  Registry registry;
  registry.Counter("calls_total", "Calls.", {{"method", "Get"}}).Increment(3);
  registry.Seconds("call_seconds", "Time.").Observe(0.02);
  auto exporter = Exporter::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(exporter.ok()) << exporter.status();
  const std::string page = Scrape((*exporter)->port());
  EXPECT_THAT(page, HasSubstr("calls_total{method=\"Get\"} 3"));
  EXPECT_THAT(page, HasSubstr("call_seconds_bucket{le=\"0.025\"} 1"));
}

// Half a millisecond and four are not one and the same.
TEST(Registry, TellsFastCallsApart) {
  Registry registry;
  auto& seconds = registry.Seconds("call_seconds", "Time.");
  for (double time : {0.0004, 0.0008, 0.002, 0.004}) seconds.Observe(time);
  const auto buckets = seconds.Collect().histogram.bucket;
  std::vector<uint64_t> counts;
  for (const auto& bucket : buckets) {
    if (bucket.upper_bound <= 0.005) counts.push_back(bucket.cumulative_count);
  }
  EXPECT_THAT(counts, testing::ElementsAre(0, 1, 2, 3, 4));
}

TEST(Exporter, SaysSoWhenTheAddressIsTaken) {
  Registry registry;
  auto first = Exporter::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(first.ok()) << first.status();
  auto second = Exporter::Start("127.0.0.1:" + std::to_string((*first)->port()), registry);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace edudelta::metrics
