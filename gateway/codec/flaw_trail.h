#pragma once

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "gateway/codec/json_scalar.h"

namespace edudelta::gateway::codec {

// Notes a flaw where it is found, and the path to it while a recursion unwinds. All but ToStatus return false, so that
// they can be what a failing step returns.
class FlawTrail {
 public:
  absl::Status ToStatus() const { return Invalid(path_.empty() ? "body" : path_, flaw_.reason, flaw_.zh); }

 protected:
  bool Fail(Flaw flaw) {
    flaw_ = flaw;
    return false;
  }
  bool Check(Flaw flaw) { return flaw.reason == nullptr || Fail(flaw); }
  bool At(absl::string_view name) {
    size_t length = std::min(name.size(), kMaxNameInError);
    while (length > 0 && length < name.size() && (name[length] & 0xC0) == 0x80) --length;
    const absl::string_view shown = name.substr(0, length);
    path_ = path_.empty() || path_[0] == '[' ? absl::StrCat(shown, path_) : absl::StrCat(shown, ".", path_);
    return false;
  }
  bool AtIndex(size_t i) {
    const bool join = !path_.empty() && path_[0] != '[';
    path_ = absl::StrCat("[", i, "]", join ? "." : "", path_);
    return false;
  }

 private:
  static constexpr size_t kMaxNameInError = 80;

  Flaw flaw_;
  std::string path_;
};

}  // namespace edudelta::gateway::codec
