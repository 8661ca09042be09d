// Linked into every program of `tests/run --sanitize thread`. Debian's Abseil is not instrumented, so ThreadSanitizer
// does not see that absl::Mutex orders anything; these definitions stand before the library's, say it, and call them.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

// As Debian's package calls the version's namespace, in mangled names.
#define NAMESPACE "_ZN4absl7debian3"
#define CONST_NAMESPACE "_ZNK4absl7debian3"

// The library's own function of this signature.
#define NEXT(signature, mangled)                                                   \
  static const auto next = reinterpret_cast<signature>(dlsym(RTLD_NEXT, mangled)); \
  if (next == nullptr) __builtin_trap()

namespace absl {
ABSL_NAMESPACE_BEGIN
namespace {

// A condition is also asked by others than who waits for it, inside of their Unlock(), while they still hold the mutex.
struct Ordered {
  explicit Ordered(Mutex* mutex, const Condition& condition) : mutex(mutex), condition(condition) {}
  static bool Ask(Ordered* self) {
    __tsan_acquire(self->mutex);
    const bool holds = self->condition.Eval();
    __tsan_release(self->mutex);
    return holds;
  }

  Mutex* mutex;
  const Condition& condition;
  Condition asked{&Ask, this};
};

}  // namespace

void Mutex::Lock() {
  NEXT(void (*)(Mutex*), NAMESPACE "5Mutex4LockEv");
  next(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  NEXT(void (*)(Mutex*), NAMESPACE "5Mutex6UnlockEv");
  __tsan_release(this);
  next(this);
}

bool Mutex::TryLock() {
  NEXT(bool (*)(Mutex*), NAMESPACE "5Mutex7TryLockEv");
  if (!next(this)) return false;
  __tsan_acquire(this);
  return true;
}

void Mutex::ReaderLock() {
  NEXT(void (*)(Mutex*), NAMESPACE "5Mutex10ReaderLockEv");
  next(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  NEXT(void (*)(Mutex*), NAMESPACE "5Mutex12ReaderUnlockEv");
  __tsan_release(this);
  next(this);
}

void Mutex::Await(const Condition& condition) {
  NEXT(void (*)(Mutex*, const Condition&), NAMESPACE "5Mutex5AwaitERKNS0_9ConditionE");
  const Ordered ordered(this, condition);
  __tsan_release(this);
  next(this, ordered.asked);
  __tsan_acquire(this);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  NEXT(bool (*)(Mutex*, const Condition&, Time), NAMESPACE "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const Ordered ordered(this, condition);
  __tsan_release(this);
  const bool holds = next(this, ordered.asked, deadline);
  __tsan_acquire(this);
  return holds;
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return AwaitWithDeadline(condition, Now() + timeout);
}

void Mutex::LockWhen(const Condition& condition) {
  NEXT(void (*)(Mutex*, const Condition&), NAMESPACE "5Mutex8LockWhenERKNS0_9ConditionE");
  const Ordered ordered(this, condition);
  next(this, ordered.asked);
  __tsan_acquire(this);
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  NEXT(bool (*)(Mutex*, const Condition&, Time), NAMESPACE "5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const Ordered ordered(this, condition);
  const bool holds = next(this, ordered.asked, deadline);
  __tsan_acquire(this);
  return holds;
}

bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  return LockWhenWithDeadline(condition, Now() + timeout);
}

void CondVar::Wait(Mutex* mutex) {
  NEXT(void (*)(CondVar*, Mutex*), NAMESPACE "7CondVar4WaitEPNS0_5MutexE");
  __tsan_release(mutex);
  next(this, mutex);
  __tsan_acquire(mutex);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  NEXT(bool (*)(CondVar*, Mutex*, Time), NAMESPACE "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  __tsan_release(mutex);
  const bool late = next(this, mutex, deadline);
  __tsan_acquire(mutex);
  return late;
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) { return WaitWithDeadline(mutex, Now() + timeout); }

void Notification::Notify() {
  NEXT(void (*)(Notification*), NAMESPACE "12Notification6NotifyEv");
  __tsan_release(this);
  next(this);
}

void Notification::WaitForNotification() const {
  NEXT(void (*)(const Notification*), CONST_NAMESPACE "12Notification19WaitForNotificationEv");
  next(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  NEXT(bool (*)(const Notification*, Duration),
       CONST_NAMESPACE "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = next(this, timeout);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

bool BlockingCounter::DecrementCount() {
  NEXT(bool (*)(BlockingCounter*), NAMESPACE "15BlockingCounter14DecrementCountEv");
  __tsan_release(this);
  return next(this);
}

void BlockingCounter::Wait() {
  NEXT(void (*)(BlockingCounter*), NAMESPACE "15BlockingCounter4WaitEv");
  next(this);
  __tsan_acquire(this);
}

ABSL_NAMESPACE_END
}  // namespace absl
