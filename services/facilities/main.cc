#include "facilities/api/definition.h"

int main(int argc, char** argv) {
  const edudelta::service::Definition definition = edudelta::facilities::api::MakeDefinition();
  return edudelta::service::Run(argc, argv, definition);
}
