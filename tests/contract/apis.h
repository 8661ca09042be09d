#pragma once

#include <string>
#include <vector>

#include "common/describe/describe.h"
#include "google/protobuf/descriptor.h"

// Everything that the suite declares, for the tests of this folder. Descriptors live for ever.
namespace edudelta::contract {

// In the order of the build's EDUDELTA_SERVICES.
std::vector<const google::protobuf::ServiceDescriptor*> Services();

// The files of their packages, each once.
std::vector<const google::protobuf::FileDescriptor*> Files();

// Their methods, in order of declaration.
std::vector<const google::protobuf::MethodDescriptor*> Methods();

// Methods of one kind. A method of unknown shape belongs to none.
struct Shaped {
  const google::protobuf::MethodDescriptor* method = nullptr;
  describe::MethodShape shape;
};
std::vector<Shaped> MethodsOf(describe::MethodKind kind);

std::vector<const google::protobuf::Descriptor*> Resources();

// Nested ones included.
std::vector<const google::protobuf::EnumDescriptor*> Enums();

// The method that does this to the resource; null when there is none.
const google::protobuf::MethodDescriptor* FindMethod(const google::protobuf::Descriptor* resource,
                                                     describe::MethodKind kind);

// "GradeEnrollment" -> "grade_enrollment".
std::string SnakeCase(const std::string& name);

}  // namespace edudelta::contract
