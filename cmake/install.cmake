# cmake --install <build> [--prefix DIR]: the programs, the house's definitions and prices, the docs, and a manual page of
# each program. The pages are what the programs themselves say to --help, written down at that moment (cmake/man.py).
include(GNUInstallDirs)

set(programs worker producer dashboard)
install(TARGETS ${programs})
install(DIRECTORY definitions prices DESTINATION ${CMAKE_INSTALL_DATADIR}/reprise FILES_MATCHING PATTERN *.yaml)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs examples DESTINATION ${CMAKE_INSTALL_DOCDIR})

foreach(program ${programs})
  set(page ${CMAKE_BINARY_DIR}/man/${program}.1)
  install(CODE "execute_process(COMMAND \"${Python3_EXECUTABLE}\" -B \"${CMAKE_SOURCE_DIR}/cmake/man.py\"
    \"$<TARGET_FILE:${program}>\" \"${page}\" COMMAND_ERROR_IS_FATAL ANY)")
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endforeach()
