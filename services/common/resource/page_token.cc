#include "common/resource/page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"

namespace edudelta::resource {
namespace {

constexpr size_t kMacBytes = 16;

std::string Mac(absl::string_view ids, absl::string_view query, const crypto::FieldCipher& cipher) {
  return cipher.Mac("page_token", absl::StrCat(ids.size(), ":", ids, query)).substr(0, kMacBytes);
}

}  // namespace

std::string MakePageToken(const std::vector<std::string>& last_ids, absl::string_view query,
                          const crypto::FieldCipher& cipher) {
  const std::string ids = absl::StrJoin(last_ids, "/");
  return absl::WebSafeBase64Escape(absl::StrCat(Mac(ids, query, cipher), ids));
}

absl::StatusOr<std::vector<std::string>> ReadPageToken(absl::string_view token, absl::string_view query,
                                                       const crypto::FieldCipher& cipher) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() <= kMacBytes ||
      bytes.substr(0, kMacBytes) != Mac(bytes.substr(kMacBytes), query, cipher)) {
    return Invalid("page_token", "PAGE_TOKEN_INVALID", "分页标记不属于这个查询");
  }
  return absl::StrSplit(bytes.substr(kMacBytes), '/');
}

}  // namespace edudelta::resource
