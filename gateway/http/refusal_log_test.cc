#include "gateway/http/refusal_log.h"

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "gateway/http/server.h"
#include "gateway/http/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::gateway::http {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RefusalLogTest : public ::testing::Test {
 protected:
  std::vector<std::string> Lines() {
    absl::MutexLock lock(&mutex_);
    return lines_;
  }

  SystemClock clock_;
  absl::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  log::Logger logger_{"gateway", clock_, log::Level::kInfo, [this](const std::string& line) {
                        absl::MutexLock lock(&mutex_);
                        lines_.push_back(line);
                      }};
};

TEST_F(RefusalLogTest, IsBounded) {
  RefusalLog log(&logger_);
  const absl::Time start = absl::FromUnixSeconds(1000);
  for (int i = 0; i < 1000; ++i) log.Note("A", start + absl::Milliseconds(i));
  log.Note("B", start);
  log.Note("A", start + absl::Seconds(10));
  EXPECT_THAT(Lines(), ElementsAre(AllOf(HasSubstr(R"("reason":"A")"), HasSubstr(R"("count":1)")),
                                   AllOf(HasSubstr(R"("reason":"B")"), HasSubstr(R"("count":1)")),
                                   AllOf(HasSubstr(R"("reason":"A")"), HasSubstr(R"("count":1000)"))));
}

// A burst that nothing follows is told of too.
TEST_F(RefusalLogTest, TellsHowManyThereWereWhenItIsQuietAgain) {
  RefusalLog log(&logger_);
  const absl::Time start = absl::FromUnixSeconds(1000);
  for (int i = 0; i < 1000; ++i) log.Note("A", start + absl::Milliseconds(5 * i));
  log.Tick(start + absl::Seconds(9));
  EXPECT_EQ(Lines().size(), 1u);
  log.Tick(start + absl::Seconds(10));
  log.Tick(start + absl::Seconds(20));
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr(R"("count":1)"), HasSubstr(R"("count":999)")));
  log.Note("A", start + absl::Seconds(11));
  log.Flush();
  log.Flush();
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr(R"("count":1)"), HasSubstr(R"("count":999)"), HasSubstr(R"("count":1)")));
}

TEST_F(RefusalLogTest, TellsOfMalformedRequestsButNotWhatTheySaid) {
  ServerOptions options;
  options.address = "127.0.0.1:0";
  options.logger = &logger_;
  metrics::Registry registry;
  const auto server = Server::Start(
      options, [](const std::shared_ptr<Exchange>&) {}, registry);
  ASSERT_TRUE(server.ok());
  testing::Client client((*server)->port());
  client.Send("GET /990583199001019991 HTTP/1.1\r\nSecret 990583199001019991\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Lines(), ElementsAre(AllOf(HasSubstr("REQUEST_MALFORMED"), Not(HasSubstr("990583")))));
}

}  // namespace
}  // namespace edudelta::gateway::http
