#pragma once

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace edudelta {

// For ThreadSanitizer, about a library that is built without it: what a thread did before HandOver(p) comes before what
// another does after TakeOver(p), for the library sees to it. Nothing in other builds.
inline void HandOver([[maybe_unused]] void* what) {
#ifdef __SANITIZE_THREAD__
  __tsan_release(what);
#endif
}
inline void TakeOver([[maybe_unused]] void* what) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire(what);
#endif
}

}  // namespace edudelta
