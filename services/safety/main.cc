#include "safety/api/definition.h"

int main(int argc, char** argv) {
  const edudelta::service::Definition definition = edudelta::safety::api::MakeDefinition();
  return edudelta::service::Run(argc, argv, definition);
}
