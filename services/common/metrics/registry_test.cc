#include "common/metrics/registry.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/counter.h"
#include "prometheus/histogram.h"

namespace edudelta::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int Connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  return fd;
}

std::string Scrape(int port) {
  const int fd = Connect(port);
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

// A read of a millisecond and one of four are not one and the same.
TEST(Registry, TellsFastCallsApart) {
  Registry registry;
  auto& seconds = registry.Seconds("call_seconds", "Time.");
  for (double time : {0.0008, 0.002, 0.004, 0.009}) seconds.Observe(time);
  const auto buckets = seconds.Collect().histogram.bucket;
  std::vector<uint64_t> counts;
  for (const auto& bucket : buckets) {
    if (bucket.upper_bound <= 0.01) counts.push_back(bucket.cumulative_count);
  }
  EXPECT_THAT(counts, testing::ElementsAre(1, 2, 3, 4));
}

// Lines that hold a sample.
size_t LinesOf(const std::string& page) {
  size_t count = 0;
  for (const absl::string_view line : absl::StrSplit(page, '\n', absl::SkipEmpty())) count += line[0] != '#';
  return count;
}

TEST(Registry, PutsWhatFindsNoRoomIntoOneSeries) {
  Registry registry;
  for (size_t i = 0; i < Registry::kMostOfFamily + 25; ++i) {
    registry.Count("calls_total", "Calls.", {{"method", absl::StrCat("Get", i)}});
  }
  const std::string page = Render(registry);
  EXPECT_EQ(LinesOf(page), Registry::kMostOfFamily + 2);
  EXPECT_THAT(page, HasSubstr("calls_total{method=\"other\"} 25\n"));
  EXPECT_THAT(page, HasSubstr("edudelta_metrics_dropped_total{family=\"calls_total\"} 25\n"));
  // What has its series keeps it.
  registry.Count("calls_total", "Calls.", {{"method", "Get7"}});
  EXPECT_THAT(Render(registry), HasSubstr("calls_total{method=\"Get7\"} 2\n"));
}

TEST(Registry, GivesPlacesLessRoom) {
  for (const char* label : {"district", "organization"}) {
    Registry registry;
    for (size_t i = 0; i < Registry::kMostOfPlaces + 3; ++i) {
      registry.Count("asked_total", "Asked.", {{label, absl::StrCat(i)}, {"outcome", "denied"}});
    }
    const std::string page = Render(registry);
    EXPECT_EQ(LinesOf(page), Registry::kMostOfPlaces + 2);
    EXPECT_THAT(page, HasSubstr(absl::StrCat("asked_total{", label, "=\"other\",outcome=\"other\"} 3\n")));
  }
}

TEST(Registry, StaysWithinItsBudgetAsAWhole) {
  Registry registry;
  for (int family = 0; family < 20; ++family) {
    for (int i = 0; i < 400; ++i) {
      registry.Observe(absl::StrCat("call", family, "_seconds"), "Time.", {{"method", absl::StrCat("Get", i)}}, 0.1);
    }
  }
  const std::string page = Render(registry);
  // Beside it each family has one histogram for the rest, and its count of that.
  EXPECT_LE(LinesOf(page), Registry::kMost + 20 * 16);
  EXPECT_LT(page.size(), 1u << 20);
}

TEST(Registry, SetsAFamilyAsAWhole) {
  Registry registry;
  const auto set = [&](const std::vector<std::pair<Labels, double>>& values) {
    registry.SetGauges("schools", "Schools.", values);
    return Render(registry);
  };
  EXPECT_EQ(set({}), "");
  std::string page =
      set({{{{"district", "310114"}, {"state", "open"}}, 7}, {{{"district", "310115"}, {"state", "open"}}, 8}});
  EXPECT_THAT(page, HasSubstr("schools{district=\"310114\",state=\"open\"} 7\n"));
  page = set({{{{"district", "310115"}, {"state", "open"}}, 9}});
  EXPECT_EQ(LinesOf(page), 1u);
  EXPECT_THAT(page, HasSubstr("schools{district=\"310115\",state=\"open\"} 9\n"));
  EXPECT_EQ(LinesOf(set({})), 0u);
}

TEST(Registry, GivesRoomBackToAFamilyThatIsSetAsAWhole) {
  Registry registry;
  for (int turn = 0; turn < 3; ++turn) {
    std::vector<std::pair<Labels, double>> values;
    for (size_t i = 0; i < Registry::kMostOfPlaces; ++i)
      values.push_back({{{"district", absl::StrCat(turn, "-", i)}}, 1});
    registry.SetGauges("schools", "Schools.", values);
    EXPECT_EQ(LinesOf(Render(registry)), Registry::kMostOfPlaces);
    EXPECT_THAT(Render(registry), Not(HasSubstr("other")));
  }
  std::vector<std::pair<Labels, double>> more;
  for (size_t i = 0; i < Registry::kMostOfPlaces + 10; ++i)
    more.push_back({{{"district", absl::StrCat("more-", i)}}, 2});
  // However often it is set, and taken back between.
  for (int turn = 0; turn < 3; ++turn) {
    registry.SetGauges("schools", "Schools.", more);
    EXPECT_THAT(Render(registry), HasSubstr("schools{district=\"other\"} 20\n"));
    std::swap(more.front(), more.back());
    if (turn == 1) registry.SetGauges("schools", "Schools.", {});
  }
}

TEST(Registry, IsBroughtUpToDateBeforeEachScrape) {
  Registry registry;
  int asked = 0;
  registry.BeforeScrape([&] { registry.Gauge("asked", "How often.").Set(++asked); });
  EXPECT_THAT(Render(registry), HasSubstr("asked 1\n"));
  EXPECT_THAT(Render(registry), HasSubstr("asked 2\n"));
}

// Those who connect and say nothing, or do not read, keep nobody from the page.
TEST(Exporter, ServesBesideThoseWhoHang) {
  Registry registry;
  registry.Count("calls_total", "Calls.", {});
  auto exporter = Exporter::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(exporter.ok()) << exporter.status();
  std::vector<int> hanging;
  for (int i = 0; i < 3; ++i) hanging.push_back(Connect((*exporter)->port()));
  EXPECT_THAT(Scrape((*exporter)->port()), HasSubstr("calls_total 1"));
  for (const int fd : hanging) close(fd);
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
