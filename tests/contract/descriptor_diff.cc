// descriptor_diff BEFORE AFTER: prints what differs between two APIs and exits with 1 if anything does. Each is a
// descriptor set that protoc made with all imports.
//
// Not compared: the file in which something stands and its place there, comments, and the options that say something to
// proto/generate alone, which are in what it writes.
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "edudelta/options/v1/options.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/util/message_differencer.h"

namespace edudelta::contract {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::Message;

// The declarations of those options in edudelta.options.v1.
bool IsForTheGenerator(const std::string& name) {
  for (const char* each : {"Step", "Custom", "Service", "step", "custom", "service"}) {
    if (name == absl::StrCat("edudelta.options.v1.", each)) return true;
  }
  return false;
}

template <typename Elements>
void Remove(const char* name, Elements* elements) {
  for (int i = elements->size(); i-- > 0;) {
    if (elements->Get(i).name() == name) elements->DeleteSubrange(i, 1);
  }
}

// Takes those options off a message, and their declaration out of it.
void Strip(const std::string& name, DescriptorProto* message) {
  if (name == "edudelta.options.v1.Resource") {
    for (const char* field : {"methods", "plural", "order"}) Remove(field, message->mutable_field());
    Remove("StandardMethod", message->mutable_enum_type());
  }
  if (!message->has_options()) return;
  auto* options = message->mutable_options();
  options->ClearExtension(options::v1::step);
  options->ClearExtension(options::v1::custom);
  if (options->HasExtension(options::v1::resource)) {
    auto* resource = options->MutableExtension(options::v1::resource);
    resource->clear_methods();
    resource->clear_plural();
    resource->clear_order();
  }
  if (options->ByteSizeLong() == 0) message->clear_options();
}

// Everything at the top of a file, by its kind and full name.
using Api = std::map<std::string, std::unique_ptr<Message>>;

template <typename Elements>
void Add(absl::string_view kind, const std::string& package, const Elements& elements, Api* api) {
  for (const auto& element : elements) {
    const std::string name = absl::StrCat(package, ".", element.name());
    if (IsForTheGenerator(name)) continue;
    auto copy = std::make_unique<typename Elements::value_type>(element);
    if constexpr (std::is_same_v<typename Elements::value_type, DescriptorProto>) Strip(name, copy.get());
    (*api)[absl::StrCat(kind, " ", name)] = std::move(copy);
  }
}

bool Read(const char* path, Api* api) {
  std::ifstream stream(path, std::ios::binary);
  FileDescriptorSet set;
  if (!stream || !set.ParseFromIstream(&stream)) {
    std::fprintf(stderr, "%s: not a descriptor set\n", path);
    return false;
  }
  for (const FileDescriptorProto& file : set.file()) {
    Add("message", file.package(), file.message_type(), api);
    Add("enum", file.package(), file.enum_type(), api);
    Add("service", file.package(), file.service(), api);
    Add("extension", file.package(), file.extension(), api);
    google::protobuf::FileOptions options = file.options();
    options.ClearExtension(options::v1::service);
    if (options.ByteSizeLong() == 0) continue;
    auto& package = (*api)[absl::StrCat("options of ", file.package())];
    if (package == nullptr) package = std::make_unique<google::protobuf::FileOptions>();
    package->MergeFrom(options);
  }
  return true;
}

// One line a difference.
int Compare(const Api& before, const Api& after) {
  int differences = 0;
  const auto say = [&](const std::string& name, absl::string_view what) {
    std::printf("%s: %s\n", name.c_str(), std::string(what).c_str());
    ++differences;
  };
  for (const auto& [name, old] : before) {
    const auto found = after.find(name);
    if (found == after.end()) {
      say(name, "removed");
      continue;
    }
    std::string report;
    google::protobuf::util::MessageDifferencer differencer;
    differencer.set_repeated_field_comparison(google::protobuf::util::MessageDifferencer::AS_SMART_LIST);
    differencer.ReportDifferencesToString(&report);
    if (differencer.Compare(*old, *found->second)) continue;
    for (const absl::string_view line : absl::StrSplit(report, '\n', absl::SkipEmpty())) {
      std::string chinese;
      say(name, absl::CUnescape(line, &chinese) ? chinese : line);
    }
  }
  for (const auto& [name, unused] : after) {
    if (before.count(name) == 0) say(name, "added");
  }
  return differences;
}

}  // namespace
}  // namespace edudelta::contract

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: descriptor_diff BEFORE AFTER\n");
    return 2;
  }
  edudelta::contract::Api before;
  edudelta::contract::Api after;
  if (!edudelta::contract::Read(argv[1], &before) || !edudelta::contract::Read(argv[2], &after)) return 2;
  const int differences = edudelta::contract::Compare(before, after);
  std::printf("%zu declarations before, %zu after, %d differences\n", before.size(), after.size(), differences);
  return differences == 0 ? 0 : 1;
}
