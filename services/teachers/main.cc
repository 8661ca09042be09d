#include "teachers/api/definition.h"

int main(int argc, char** argv) {
  const edudelta::service::Definition definition = edudelta::teachers::api::MakeDefinition();
  return edudelta::service::Run(argc, argv, definition);
}
