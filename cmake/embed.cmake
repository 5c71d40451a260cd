# embed_files(<target> <symbol> <extension> <root>): every file below <root> with that extension becomes one
# constant of the program: a header <symbol>.h that declares them and a table of all. See cmake/embed.py's head.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(embed_files target symbol extension root)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${root}/*.${extension})
  set(out ${CMAKE_BINARY_DIR}/embedded)
  add_custom_command(
    OUTPUT ${out}/embedded/${symbol}.c ${out}/embedded/${symbol}.h
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/cmake/embed.py ${symbol} ${extension} ${root} ${out}/embedded
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed.py
    COMMENT "Embedding ${root}/**.${extension}"
    VERBATIM)
  target_sources(${target} PRIVATE ${out}/embedded/${symbol}.c ${out}/embedded/${symbol}.h)
  target_include_directories(${target} PUBLIC ${out})
endfunction()

# The statements of sql/ are made once for all rooms (cmake/embed_sql.py). Each folder of sql/ is a library,
# reprise_sql_<folder>, whose constants embedded/sql_<folder>.h declares; a box links those of the folders that are its own.
file(GLOB_RECURSE sql_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sql/*.sql)
file(GLOB sql_rooms LIST_DIRECTORIES true RELATIVE ${CMAKE_SOURCE_DIR}/sql ${CMAKE_SOURCE_DIR}/sql/*)
set(sql_out ${CMAKE_BINARY_DIR}/embedded)
set(sql_outputs ${sql_out}/embedded/sql_count.h)
foreach(room ${sql_rooms})
  list(APPEND sql_outputs ${sql_out}/embedded/sql_${room}.c ${sql_out}/embedded/sql_${room}.h)
endforeach()
add_custom_command(
  OUTPUT ${sql_outputs}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.py ${CMAKE_SOURCE_DIR}/sql ${sql_out}/embedded
  DEPENDS ${sql_files} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.py
  COMMENT "Embedding sql/**.sql"
  VERBATIM)
add_custom_target(reprise_sql_text DEPENDS ${sql_outputs})
foreach(room ${sql_rooms})
  add_library(reprise_sql_${room} STATIC ${sql_out}/embedded/sql_${room}.c)
  target_include_directories(reprise_sql_${room} PUBLIC ${sql_out})
  add_dependencies(reprise_sql_${room} reprise_sql_text)
  list(APPEND REPRISE_SQL_LIBRARIES reprise_sql_${room})
endforeach()

# embed_text(<target> <name> <file>): the file as the constant `const char <name>[]`, which the one source that uses it
# declares.
function(embed_text target name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  file(CONFIGURE OUTPUT ${out} CONTENT "extern const char ${name}[];\n\nconst char ${name}[] =\n    \"@text@\";\n" @ONLY)
  target_sources(${target} PRIVATE ${out})
endfunction()
