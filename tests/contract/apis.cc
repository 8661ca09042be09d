#include "tests/contract/apis.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace edudelta::contract {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

std::vector<const ServiceDescriptor*> Services() {
  std::vector<const ServiceDescriptor*> services;
  for (const absl::string_view name : absl::StrSplit(EDUDELTA_SERVICES, ',')) {
    services.push_back(describe::FindService(name));
    if (services.back() == nullptr) throw std::runtime_error(absl::StrCat(name, ": no such service is linked"));
  }
  return services;
}

std::vector<const FileDescriptor*> Files() {
  std::vector<const FileDescriptor*> files;
  const std::function<void(const FileDescriptor*)> visit = [&](const FileDescriptor* file) {
    if (std::find(files.begin(), files.end(), file) != files.end()) return;
    files.push_back(file);
    for (int i = 0; i < file->dependency_count(); ++i) {
      if (file->dependency(i)->package() == file->package()) visit(file->dependency(i));
    }
  };
  for (const ServiceDescriptor* service : Services()) visit(service->file());
  return files;
}

std::vector<const MethodDescriptor*> Methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) methods.push_back(service->method(i));
  }
  return methods;
}

std::vector<Shaped> MethodsOf(describe::MethodKind kind) {
  std::vector<Shaped> methods;
  for (const MethodDescriptor* method : Methods()) {
    auto shape = describe::Classify(method);
    if (shape.ok() && shape->kind == kind) methods.push_back({method, *std::move(shape)});
  }
  return methods;
}

std::vector<const Descriptor*> Resources() { return describe::ResourcesOf(Services()); }

std::vector<const EnumDescriptor*> Enums() {
  std::vector<const EnumDescriptor*> enums;
  const std::function<void(const Descriptor*)> visit = [&](const Descriptor* message) {
    for (int i = 0; i < message->enum_type_count(); ++i) enums.push_back(message->enum_type(i));
    for (int i = 0; i < message->nested_type_count(); ++i) visit(message->nested_type(i));
  };
  for (const FileDescriptor* file : Files()) {
    for (int i = 0; i < file->enum_type_count(); ++i) enums.push_back(file->enum_type(i));
    for (int i = 0; i < file->message_type_count(); ++i) visit(file->message_type(i));
  }
  return enums;
}

const MethodDescriptor* FindMethod(const Descriptor* resource, describe::MethodKind kind) {
  for (const Shaped& shaped : MethodsOf(kind)) {
    if (shaped.shape.resource == resource) return shaped.method;
  }
  return nullptr;
}

std::string SnakeCase(const std::string& name) {
  std::string snake;
  for (char c : name) {
    if (absl::ascii_isupper(c) && !snake.empty()) snake += '_';
    snake += absl::ascii_tolower(c);
  }
  return snake;
}

}  // namespace edudelta::contract
