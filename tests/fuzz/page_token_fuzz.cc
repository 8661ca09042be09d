// Page tokens: a token is good for the query it was made for and for no other, and nobody else can make one.
// Input: a token; or "ids:a/b:NN" for a token that we make, with its NNth character changed.
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/resource/page_token.h"
#include "tests/fuzz/keys.h"
#include "tests/fuzz/target.h"

namespace edudelta::fuzz {
namespace {

using resource::MakePageToken;
using resource::ReadPageToken;
using Ids = std::vector<std::string>;

constexpr char kClerk[] = "organizations/jiading/users/clerk|ListSchools|districts/310114|";
constexpr char kPartner[] = "organizations/kunshan/clients/portal|ListSchools|districts/310114|";

// The tokens of the corpus, each made for the clerk's query.
bool WasMade(const Ids& ids) {
  static const auto& made =
      *new std::vector<Ids>{{"310114", "3131000123"}, {"310114"}, {"310114", "3131000123", "a-1"}};
  return std::find(made.begin(), made.end(), ids) != made.end();
}

bool TryOwn(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  size_t position = 0;
  if (parts.size() != 2 || parts[0].empty() || !absl::SimpleAtoi(parts[1], &position)) return false;
  const Ids ids = absl::StrSplit(parts[0], '/');
  std::string token = MakePageToken(ids, kClerk, TestCipher());
  const auto read = ReadPageToken(token, kClerk, TestCipher());
  Must(read.ok() && *read == ids, "a token gives back the ids it was made of", token);
  Must(!ReadPageToken(token, kPartner, TestCipher()).ok(), "a token of one caller is refused from another", token);
  // Of the last character some bits may stand for nothing.
  char& changed = token[position % token.size()];
  changed = changed == 'A' ? 'B' : 'A';
  const auto other = ReadPageToken(token, kClerk, TestCipher());
  Must(!other.ok() || *other == ids, "a changed token never means other ids", token);
  return true;
}

}  // namespace

bool Try(absl::string_view input) {
  if (absl::ConsumePrefix(&input, "ids:")) return TryOwn(input);
  Must(!ReadPageToken(input, kPartner, TestCipher()).ok(), "nobody but us makes a token", input);
  const auto ids = ReadPageToken(input, kClerk, TestCipher());
  if (!ids.ok()) {
    MustBeRefusal(ids.status(), "PAGE_TOKEN_INVALID");
    return false;
  }
  Must(WasMade(*ids), "nobody but us makes a token", absl::StrJoin(*ids, "/"));
  return true;
}

}  // namespace edudelta::fuzz
