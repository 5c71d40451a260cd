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

# embed_text(<target> <name> <file>): the file as the constant `const char <name>[]`, declared in <name>.h beside the
# target's sources.
function(embed_text target name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  file(CONFIGURE OUTPUT ${out} CONTENT "#include \"${name}.h\"\n\nconst char ${name}[] =\n    \"@text@\";\n" @ONLY)
  target_sources(${target} PRIVATE ${out})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()
