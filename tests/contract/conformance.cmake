# The standard methods of every resource, on the real programs.
set(conformance_services planning teachers facilities safety)
edudelta_library(contract_subject
  SOURCES cluster.cc fit.cc subject.cc
  DEPS contract_apis common_resource common_rpc common_testing)
edudelta_test(conformance_test
  SOURCES conformance_test.cc conformance_access_test.cc conformance_write_test.cc
  DEPS contract_subject LABELS contract)
foreach(service ${conformance_services})
  string(TOUPPER ${service} upper)
  target_compile_definitions(contract_subject PRIVATE EDUDELTA_${upper}_PROGRAM="$<TARGET_FILE:edudelta-${service}>")
  add_dependencies(contract_subject edudelta-${service})
endforeach()
