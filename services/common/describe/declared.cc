#include "common/describe/declared.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/status.h"
#include "common/describe/describe.h"

namespace edudelta::describe {
namespace {

std::string SourceOf(absl::string_view dataset) { return std::string(dataset.substr(0, dataset.find('.'))); }

// "planning.GradeEnrollment" -> "ref_planning_grade_enrollment"
std::string CopyTable(absl::string_view dataset) {
  std::string table = "ref";
  for (const char c : dataset) {
    // The dot stands before a capital.
    if (c == '.') continue;
    if (table == "ref" || absl::ascii_isupper(c)) table += '_';
    table += absl::ascii_tolower(c);
  }
  return table;
}

absl::Status BadFollow(absl::string_view dataset, absl::string_view by, absl::string_view why) {
  return Refused("FOLLOW_DECLARATION", "跟随数据集的声明有误",
                 {{"dataset", std::string(dataset)}, {"by", std::string(by)}, {"why", std::string(why)}});
}

absl::Status BadAsk(absl::string_view service, absl::string_view why) {
  return Refused("ASK_DECLARATION", "服务间调用的声明有误",
                 {{"service", std::string(service)}, {"why", std::string(why)}});
}

}  // namespace

const options::v1::Service& DeclarationOf(absl::string_view service) {
  const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
      absl::StrCat("edudelta/", service, "/v1/types.proto"));
  return file == nullptr ? options::v1::Service::default_instance()
                         : file->options().GetExtension(options::v1::service);
}

absl::StatusOr<std::vector<Followed>> FollowedBy(const google::protobuf::ServiceDescriptor& service) {
  const std::string own = ServiceOf(service.file());
  std::map<std::string, Followed> all;
  const auto follow = [&](const std::string& dataset, const std::string& by) -> absl::Status {
    const std::string source = SourceOf(dataset);
    const google::protobuf::Descriptor* type = FindDataset(dataset);
    if (type == nullptr) return BadFollow(dataset, by, "there is no such resource, or its messages are not linked");
    if (source == own) return absl::OkStatus();
    if (!ResourceOf(type)->events()) return BadFollow(dataset, by, "it has no events");
    all.try_emplace(dataset, Followed{dataset, source, type, {}, CopyTable(dataset)});
    return absl::OkStatus();
  };
  for (const google::protobuf::Descriptor* type : ResourcesOf({&service})) {
    const std::string& parent = ResourceOf(type)->parent();
    if (!parent.empty()) RETURN_IF_ERROR(follow(parent, type->name()));
    for (int i = 0; i < type->field_count(); ++i) {
      for (const std::string& dataset : AnnotationOf(type->field(i)).reference()) {
        RETURN_IF_ERROR(follow(dataset, type->field(i)->full_name()));
      }
    }
  }
  for (const options::v1::Follow& one : DeclarationOf(own).follow()) {
    if (SourceOf(one.dataset()) == own) return BadFollow(one.dataset(), own, "a service does not follow itself");
    RETURN_IF_ERROR(follow(one.dataset(), own));
    Followed& followed = all[one.dataset()];
    followed.columns.assign(one.columns().begin(), one.columns().end());
    if (!one.table().empty()) followed.table = one.table();
  }
  std::vector<Followed> followed;
  for (auto& [dataset, one] : all) followed.push_back(std::move(one));
  return followed;
}

Asks AsksFrom(const std::string& service) {
  Asks asks;
  std::vector<std::string> open = {service};
  while (!open.empty()) {
    const std::string next = open.back();
    open.pop_back();
    if (asks.contains(next) || FindService(next) == nullptr) continue;
    const auto& declared = DeclarationOf(next).asks();
    asks[next].assign(declared.begin(), declared.end());
    open.insert(open.end(), declared.begin(), declared.end());
  }
  return asks;
}

absl::Status CheckAsks(const Asks& asks) {
  std::vector<std::string> path;
  const std::function<absl::Status(const std::string&)> visit = [&](const std::string& service) -> absl::Status {
    const auto again = std::find(path.begin(), path.end(), service);
    if (again != path.end()) {
      return BadAsk(service,
                    absl::StrCat("calls in a circle: ", absl::StrJoin(again, path.end(), " -> "), " -> ", service));
    }
    const auto found = asks.find(service);
    if (found == asks.end()) return BadAsk(path.back(), absl::StrCat("it asks ", service, ", which is no service"));
    path.push_back(service);
    for (const std::string& next : found->second) RETURN_IF_ERROR(visit(next));
    path.pop_back();
    return absl::OkStatus();
  };
  for (const auto& [service, asked] : asks) RETURN_IF_ERROR(visit(service));
  return absl::OkStatus();
}

std::string ReferredBy(const options::v1::Field& field, absl::string_view name) {
  if (field.reference_size() == 0) return "";
  for (const std::string& dataset : field.reference()) {
    if (field.reference_size() == 1) break;
    const google::protobuf::Descriptor* type = FindDataset(dataset);
    const auto pattern = ParsePattern(type == nullptr ? "" : ResourceOf(type)->pattern());
    if (pattern.ok() && ParseName(*pattern, name)) return dataset;
  }
  return field.reference(0);
}

}  // namespace edudelta::describe
