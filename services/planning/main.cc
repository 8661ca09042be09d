#include "planning/api/definition.h"

int main(int argc, char** argv) {
  const edudelta::service::Definition definition = edudelta::planning::api::MakeDefinition();
  return edudelta::service::Run(argc, argv, definition);
}
