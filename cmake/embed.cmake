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
