// contract_seeds DISTRICT: what to POST for a row of every resource that has a Create method, as its declaration and
// the service's sample fits say. One JSON object a line, parents and rows that others name first:
//   {"name": "districts/310114/schools/2131000002", "path": "/v1/districts/310114/schools?school_id=2131000002",
//   "body": {}}
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/calendar/days.h"
#include "common/testing/sample.h"
#include "gateway/codec/json.h"
#include "nlohmann/json.hpp"
#include "tests/contract/apis.h"
#include "tests/contract/fit.h"

namespace edudelta::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

class Seeds {
 public:
  explicit Seeds(std::string district) : district_(std::move(district)) {}

  // The name of its row, or of another one that only a second reference has; printed when it is asked for first. Empty
  // without a Create method, and for a row that would need itself.
  std::string Row(const Descriptor* type, int others = 0) {
    const auto* create = FindMethod(type, describe::MethodKind::kCreate);
    if (create == nullptr) return "";
    std::string& name = names_[{type, others}];
    if (!name.empty() || !making_.insert({type, others}).second) return name;
    const describe::Pattern pattern = *describe::ParsePattern(describe::ResourceOf(type)->pattern());
    const std::string parent = ParentOf(pattern);
    const int number = 1 + 2 * others;
    const std::string collection = absl::StrCat(parent, parent.empty() ? "" : "/", describe::CollectionOf(pattern));
    const auto row = maker_.Make(type, absl::StrCat(collection, "/", maker_.Id(type, number)), number);
    SampleFits().Fit(number, row.get());
    const auto* field = type->FindFieldByName("name");
    name = row->GetReflection()->GetString(*row, field);
    row->GetReflection()->ClearField(row.get(), field);
    const std::string id = name.substr(name.rfind('/') + 1);
    Print(name, absl::StrCat("/v1/", collection, "?", IdField(create->input_type()), "=", id), *row);
    return name;
  }

 private:
  std::string ParentOf(const describe::Pattern& pattern) {
    const describe::Pattern above = describe::ParentPattern(pattern);
    if (above.text == "districts/{district}") return absl::StrCat("districts/", district_);
    for (const Descriptor* type : Resources()) {
      if (describe::ResourceOf(type)->pattern() == above.text) return Row(type);
    }
    return "";
  }

  static std::string IdField(const Descriptor* request) {
    for (int i = 0; i < request->field_count(); ++i) {
      const std::string& name = request->field(i)->name();
      if (absl::EndsWith(name, "_id") && name != "request_id") return name;
    }
    return "";
  }

  void Print(const std::string& name, const std::string& path, const Message& row) const {
    std::string body;
    if (!json_.Write(row, &body).ok()) return;
    const nlohmann::json line = {{"name", name}, {"path", path}, {"body", nlohmann::json::parse(body)}};
    std::printf("%s\n", line.dump().c_str());
  }

  const std::string district_;
  const codes::CodeSets codes_ = codes::CodeSets::Embedded();
  const gateway::codec::JsonCodec json_{std::vector<const Descriptor*>()};
  const testing::SampleMaker maker_{codes_, calendar::Today(SystemClock()),
                                    [this](absl::string_view dataset, absl::string_view, int others) {
                                      return Row(describe::FindDataset(dataset), others);
                                    }};
  std::map<std::pair<const Descriptor*, int>, std::string> names_;
  std::set<std::pair<const Descriptor*, int>> making_;
};

}  // namespace
}  // namespace edudelta::contract

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DISTRICT\n", argv[0]);
    return 2;
  }
  edudelta::contract::Seeds seeds(argv[1]);
  for (const auto* type : edudelta::contract::Resources()) seeds.Row(type);
  return 0;
}
