#pragma once

#include <string>

#include "proto/generate/declarations.h"

namespace edudelta::generate {

// The rpc of a standard method, a blank line before it.
std::string RpcOf(const Resource& resource, describe::MethodKind kind);

// Its request, and its response where it has one of its own. A field has the same number in every resource, also where
// a resource at the top has no parent.
std::string MessagesOf(const Resource& resource, describe::MethodKind kind);

}  // namespace edudelta::generate
