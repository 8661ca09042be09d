// What hashing costs at a time, however many ask: OpenSSL's memory, counted.
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "common/crypto/password.h"
#include "gtest/gtest.h"

namespace edudelta::crypto {
namespace {

// Before each block, as long as the strictest alignment: how long it is.
constexpr size_t kHead = 16;
std::atomic<size_t> held{0}, most{0};

void Count(size_t size) {
  const size_t now = held += size;
  for (size_t before = most; before < now && !most.compare_exchange_weak(before, now);) {
  }
}

void* Allocate(size_t size, const char*, int) {
  char* block = static_cast<char*>(std::malloc(kHead + size));
  if (block == nullptr) return nullptr;
  *reinterpret_cast<size_t*>(block) = size;
  Count(size);
  return block + kHead;
}

void Release(void* memory, const char*, int) {
  if (memory == nullptr) return;
  char* block = static_cast<char*>(memory) - kHead;
  held -= *reinterpret_cast<size_t*>(block);
  std::free(block);
}

void* Resize(void* memory, size_t size, const char* file, int line) {
  if (memory == nullptr) return Allocate(size, file, line);
  if (size == 0) {
    Release(memory, file, line);
    return nullptr;
  }
  char* block = static_cast<char*>(memory) - kHead;
  held -= *reinterpret_cast<size_t*>(block);
  block = static_cast<char*>(std::realloc(block, kHead + size));
  if (block == nullptr) std::abort();
  *reinterpret_cast<size_t*>(block) = size;
  Count(size);
  return block + kHead;
}

// OpenSSL takes them as long as it holds nothing.
const bool counting = CRYPTO_set_mem_functions(Allocate, Resize, Release) == 1;

TEST(Password, TakesTheMemoryOfTwoHoweverManyAsk) {
  ASSERT_TRUE(counting);
  constexpr size_t kOne = 32 << 20;
  const std::string encoded = HashPassword("secret");
  const size_t before = held;
  most = before;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&encoded, i] {
      if (i % 2 == 0) {
        EXPECT_TRUE(VerifyPassword("secret", encoded));
      } else {
        EXPECT_NE(HashPassword("secret"), encoded);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(most - before, kOne);
  EXPECT_LT(most - before, kHashesAtOnce * kOne + kOne / 2);
}

}  // namespace
}  // namespace edudelta::crypto
