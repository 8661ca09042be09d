#pragma once

#include "proto/generate/declarations.h"

namespace edudelta::generate {

// Puts resources and specials into the order of their rpcs, which is that of the OpenAPI document and the catalogue:
// independent of files, so that a new resource moves nothing else.
//
// Resources: the tree of their patterns, depth first, parents before children, siblings by `order`, then by type name.
// The parent of a resource is the nearest one above it in this package.
//
// Specials: by the first collection of the resource they belong to ("districts"), steps before custom methods, by
// resource, and in the order of the file. Those that belong to none come last, by name.
void Sort(Package* package);

}  // namespace edudelta::generate
