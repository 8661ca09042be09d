#include "gateway/cli/validators.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace edudelta::gateway::cli {
namespace {

std::string Refusal(const std::string& expected, const std::string& given) {
  return absl::StrCat("应是", expected, "，给出的是 ", given.empty() ? "空的" : given);
}

}  // namespace

CLI::Validator IntegerIn(int64_t low, int64_t high) {
  return CLI::Validator(
      [low, high](std::string& text) {
        int64_t value = 0;
        const bool good = absl::SimpleAtoi(text, &value) && value >= low && value <= high;
        return good ? std::string() : Refusal(absl::StrCat(" ", low, " 到 ", high, " 的整数"), text);
      },
      "");
}

CLI::Validator OneOf(std::vector<std::string> values) {
  return CLI::Validator(
      [values = std::move(values)](std::string& text) {
        const bool good = std::find(values.begin(), values.end(), text) != values.end();
        return good ? std::string() : Refusal(absl::StrCat(" ", absl::StrJoin(values, "、"), " 之一"), text);
      },
      "");
}

CLI::Validator DistrictCode() {
  return CLI::Validator(
      [](std::string& text) {
        const bool good = text.size() == 6 && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
        return good ? std::string() : Refusal("六位数字的区划代码，如 310114", text);
      },
      "");
}

}  // namespace edudelta::gateway::cli
