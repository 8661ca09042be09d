#include "proto/generate/generate.h"

#include "common/base/status.h"
#include "proto/generate/declarations.h"
#include "proto/generate/order.h"
#include "proto/generate/print.h"

namespace edudelta::generate {

absl::StatusOr<std::string> Generate(const std::vector<const google::protobuf::FileDescriptor*>& files) {
  ASSIGN_OR_RETURN(Package package, Read(files));
  Sort(&package);
  return Print(package);
}

}  // namespace edudelta::generate
