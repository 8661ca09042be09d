// generate DESCRIPTOR_SET PACKAGE: prints the `<service>.proto` of a package from a set that protoc made, with imports
// and source info, of the package's hand-written files.
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "proto/generate/generate.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: generate DESCRIPTOR_SET PACKAGE\n");
    return 2;
  }
  std::ifstream stream(argv[1], std::ios::binary);
  google::protobuf::FileDescriptorSet set;
  if (!stream || !set.ParseFromIstream(&stream)) {
    std::fprintf(stderr, "%s: not a descriptor set\n", argv[1]);
    return 1;
  }
  google::protobuf::DescriptorPool pool;
  std::vector<const google::protobuf::FileDescriptor*> files;
  for (const auto& proto : set.file()) {
    const auto* file = pool.BuildFile(proto);
    if (file == nullptr) return 1;  // The pool has said why.
    if (file->package() == argv[2]) files.push_back(file);
  }
  const auto text = edudelta::generate::Generate(files);
  if (!text.ok()) {
    std::fprintf(stderr, "%s\n", std::string(text.status().message()).c_str());
    return 1;
  }
  std::fputs(text->c_str(), stdout);
  return 0;
}
