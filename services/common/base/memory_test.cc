#include "common/base/memory.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace edudelta {
namespace {

// Sanitizers have an allocator of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

constexpr int kThreads = 4;
constexpr int kBlocks = 16 * 1024;

// What the process has of its own, in MiB.
int Anonymous() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("RssAnon:", 0) == 0) return std::stoi(line.substr(8)) / 1024;
  }
  return -1;
}

int Used() { return static_cast<int>(mallinfo2().uordblks >> 20); }

using Blocks = std::vector<std::unique_ptr<std::string>>;

// 64 MiB in small blocks, as requests on several threads make them.
std::vector<Blocks> Peak() {
  std::vector<Blocks> peak(kThreads);
  std::vector<std::thread> threads;
  for (Blocks& blocks : peak) {
    threads.emplace_back([&blocks] {
      for (int i = 0; i < kBlocks; ++i) blocks.push_back(std::make_unique<std::string>(1000, 'x'));
    });
  }
  for (std::thread& thread : threads) thread.join();
  return peak;
}

TEST(FreeMemory, IsGivenBackAfterAPeak) {
  FreeMemory free;
  free.GiveBack();
  const int before = Anonymous();
  const int used = Used();
  std::vector<Blocks> peak = Peak();
  ASSERT_GE(Used(), used + 60);
  EXPECT_FALSE(free.GiveBack()) << "all of it is in use";
  // What outlives the peak lies between what does not.
  for (Blocks& blocks : peak) {
    for (int i = 0; i < kBlocks; ++i) {
      if (i % 256 != 0) blocks[i].reset();
    }
  }
  ASSERT_GT(Anonymous(), before + 50) << "glibc gives it back by itself";
  EXPECT_TRUE(free.GiveBack());
  EXPECT_LT(Anonymous(), before + 10);
  EXPECT_FALSE(free.GiveBack()) << "there is no more";
}

#endif

}  // namespace
}  // namespace edudelta
