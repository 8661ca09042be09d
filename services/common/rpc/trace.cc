#include "common/rpc/trace.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/ids.h"

namespace edudelta::rpc {
namespace {

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

// 00-<trace id: 32>-<span id: 16>-<flags: 2>
bool IsTraceparent(absl::string_view text) {
  return text.size() == 55 && text.substr(0, 3) == "00-" && text[35] == '-' && text[52] == '-' &&
         IsHex(text.substr(3, 32)) && !IsZero(text.substr(3, 32)) && IsHex(text.substr(36, 16)) &&
         !IsZero(text.substr(36, 16)) && IsHex(text.substr(53));
}

}  // namespace

Trace ContinueTrace(absl::string_view inbound) {
  const bool valid = IsTraceparent(inbound);
  Trace trace;
  trace.trace_id = valid ? std::string(inbound.substr(3, 32)) : RandomHex(16);
  trace.traceparent =
      absl::StrCat("00-", trace.trace_id, "-", RandomHex(8), "-", valid ? inbound.substr(53) : absl::string_view("01"));
  return trace;
}

}  // namespace edudelta::rpc
