#include "proto/generate/order.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace edudelta::generate {
namespace {

using describe::MethodKind;
using google::protobuf::Descriptor;

constexpr int kLast = std::numeric_limits<int>::max();

// (order, type name) of the resources from the root of the tree down to one; a parent's path is the head of its
// children's.
using Path = std::vector<std::pair<int, std::string>>;

Path PathOf(const Resource& resource, const std::map<std::string, const Resource*>& by_pattern) {
  Path path;
  for (describe::Pattern pattern = resource.pattern; !pattern.segments.empty(); pattern = ParentPattern(pattern)) {
    const auto found = by_pattern.find(pattern.text);
    if (found == by_pattern.end()) continue;
    const Descriptor* type = found->second->type;
    const int order = describe::ResourceOf(type)->order();
    path.insert(path.begin(), {order > 0 ? order : kLast, type->name()});
  }
  return path;
}

void SortResources(std::vector<Resource>* resources) {
  std::map<std::string, const Resource*> by_pattern;
  for (const Resource& resource : *resources) by_pattern[resource.pattern.text] = &resource;
  std::map<const Descriptor*, Path> paths;
  for (const Resource& resource : *resources) paths[resource.type] = PathOf(resource, by_pattern);
  std::sort(resources->begin(), resources->end(),
            [&](const Resource& a, const Resource& b) { return paths.at(a.type) < paths.at(b.type); });
}

}  // namespace

void Sort(Package* package) {
  SortResources(&package->resources);
  std::map<std::string, int> collections;
  std::map<const Descriptor*, std::pair<int, int>> places;
  for (const Resource& resource : package->resources) {
    const int collection = collections.emplace(resource.pattern.segments[0].text, collections.size()).first->second;
    const int place = places.size();
    places[resource.type] = {collection, place};
  }
  const auto key = [&](const Special& special) {
    if (special.resource == nullptr) return std::make_tuple(kLast, false, 0, 0, special.name);
    const auto [collection, place] = places.at(special.resource);
    return std::make_tuple(collection, special.kind != MethodKind::kTransition, place, special.request->index(),
                           std::string());
  };
  std::sort(package->specials.begin(), package->specials.end(),
            [&](const Special& a, const Special& b) { return key(a) < key(b); });
}

}  // namespace edudelta::generate
