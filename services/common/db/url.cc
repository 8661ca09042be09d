#include "common/db/url.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status.h"

namespace edudelta::db {
namespace {

absl::Status Bad(absl::string_view zh) { return Invalid("url", "DATABASE_URL_INVALID", zh); }

absl::StatusOr<std::string> Decode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) || !absl::ascii_isxdigit(text[i + 2])) {
      return Bad("数据库地址中的百分号编码不完整");
    }
    decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
    i += 2;
  }
  return decoded;
}

// What stands before `mark`, which is taken off `rest` with the mark; nothing and false when there is no mark.
bool Cut(absl::string_view& rest, char mark, absl::string_view& before) {
  const size_t at = rest.find(mark);
  if (at == absl::string_view::npos) return false;
  before = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return true;
}

}  // namespace

absl::StatusOr<Address> ParseUrl(absl::string_view url) {
  Address address;
  absl::string_view rest = url;
  absl::string_view user;
  absl::string_view authority;
  if (!absl::ConsumePrefix(&rest, "mysql://")) return Bad("数据库地址应以 mysql:// 开头");
  if (!Cut(rest, '@', user) || user.empty()) return Bad("数据库地址缺少用户名");
  if (absl::StrContains(user, ':')) return Bad("数据库地址中不得包含密码");
  if (!Cut(rest, '/', authority)) return Bad("数据库地址缺少库名");
  absl::string_view query;
  if (const size_t at = rest.find('?'); at != absl::string_view::npos) {
    query = rest.substr(at + 1);
    rest = rest.substr(0, at);
  }
  ASSIGN_OR_RETURN(address.user, Decode(user));
  ASSIGN_OR_RETURN(address.schema, Decode(rest));
  if (address.schema.empty()) return Bad("数据库地址缺少库名");
  if (absl::ConsumePrefix(&query, "socket=")) {
    ASSIGN_OR_RETURN(address.socket, Decode(query));
  } else if (!query.empty()) {
    return Bad("数据库地址中有不认识的参数");
  }
  const size_t colon = authority.rfind(':');
  if (colon != absl::string_view::npos && !absl::EndsWith(authority, "]")) {
    if (!absl::SimpleAtoi(authority.substr(colon + 1), &address.port) || address.port < 1 || address.port > 65535) {
      return Bad("数据库端口应为 1 到 65535");
    }
    authority = authority.substr(0, colon);
  }
  address.host = std::string(authority);
  if (address.host.empty() && address.socket.empty()) return Bad("数据库地址缺少主机名");
  return address;
}

}  // namespace edudelta::db
