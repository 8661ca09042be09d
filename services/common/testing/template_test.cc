#include "common/testing/template.h"

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace edudelta::testing {
namespace {

class TemplateTest : public ::testing::Test {
 protected:
  TemplateTest() {
    if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  ~TemplateTest() override { std::filesystem::remove_all(folder_); }

  // What stands in the copy, one file of text.
  std::string Copy(const std::string& key, const std::string& text) {
    const std::string to = absl::StrCat(folder_, "/copy", ++copies_);
    CopyTemplate({"kind", key, folder_ + "/kept"}, to, folder_ + "/log", [&] {
      ++made_;
      std::filesystem::create_directory(to);
      std::ofstream(to + "/file") << text;
      if (text.empty()) throw std::runtime_error("failed");
    });
    std::ifstream file(to + "/file");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_ = "/tmp/edudelta-template-XXXXXX";
  std::atomic<int> made_ = 0;
  std::atomic<int> copies_ = 0;
};

TEST_F(TemplateTest, IsMadeOnceForAll) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([this] { EXPECT_EQ(Copy("a", "first"), "first"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made_, 1);
}

TEST_F(TemplateTest, IsMadeAnewForAnotherKey) {
  EXPECT_EQ(Copy("a", "first"), "first");
  EXPECT_EQ(Copy("b", "second"), "second");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/kept/kind-a"));
  EXPECT_EQ(Copy("b", "third"), "second");
}

TEST_F(TemplateTest, IsNotKeptHalf) {
  EXPECT_THROW(Copy("a", ""), std::runtime_error);
  EXPECT_EQ(Copy("a", "whole"), "whole");
  EXPECT_EQ(made_, 2);
}

TEST(Fingerprint, TellsVersionsApart) {
  EXPECT_EQ(FingerprintOf("cp"), FingerprintOf("cp"));
  EXPECT_NE(FingerprintOf("cp"), FingerprintOf("mv"));
  EXPECT_THROW(FingerprintOf("no-such-program"), std::runtime_error);
}

}  // namespace
}  // namespace edudelta::testing
