# edudelta_migrations(<target> <namespace> <folder> [<function>]): embeds every *.sql of <folder> into <target>, as
#   namespace <namespace> { const std::vector<edudelta::db::Migration>& <function>(); }   (default: Migrations)
# which the caller declares in a header of its own. Makes <target> as a static library if there is none.
function(edudelta_migrations target namespace folder)
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_migrations.cmake)
  set(function Migrations)
  if(ARGC GREATER 3)
    set(function ${ARGV3})
  endif()
  get_filename_component(folder ${folder} ABSOLUTE)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  list(SORT files)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${target}_migrations.cc)
  # The list of names is an input too: a removed file must be noticed.
  set(list ${generated}.txt)
  file(CONFIGURE OUTPUT ${list} CONTENT "${files}")
  add_custom_command(OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${generated} -D NAMESPACE=${namespace} -D FUNCTION=${function} -D LIST=${list}
            -P ${script}
    DEPENDS ${files} ${list} ${script} VERBATIM)
  if(TARGET ${target})
    target_sources(${target} PRIVATE ${generated})
  else()
    edudelta_library(${target} SOURCES ${generated} DEPS common_db)
  endif()
endfunction()
