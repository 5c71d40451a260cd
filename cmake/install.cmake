# cmake --install <build> [--prefix DIR]: the programs under both their names, the shipped definitions and prices, the commented
# file of settings, systemd's units, the docs, and a manual page of each program. The pages and the settings are what the programs
# themselves say to --help, written down at that moment (cmake/man.py, cmake/settings_file.py).
#
# What a person may edit is installed by cmake/install_kept.py, which never overwrites an edited file. The prefix is known only
# now, so what names it is filled in by cmake/install_places.cmake.
include(GNUInstallDirs)

set(programs worker producer dashboard)
install(TARGETS ${programs})
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs examples DESTINATION ${CMAKE_INSTALL_DOCDIR})

foreach(program ${programs})
  set(page ${CMAKE_BINARY_DIR}/man/${program}.1)
  install(CODE "execute_process(COMMAND \"${Python3_EXECUTABLE}\" -B \"${CMAKE_SOURCE_DIR}/cmake/man.py\"
    \"$<TARGET_FILE:${program}>\" \"${page}\" COMMAND_ERROR_IS_FATAL ANY)")
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endforeach()

install(CODE "
  set(source \"${CMAKE_SOURCE_DIR}\")
  set(build \"${CMAKE_BINARY_DIR}\")
  set(python \"${Python3_EXECUTABLE}\")
  set(producer \"$<TARGET_FILE:producer>\")
  set(bindir \"${CMAKE_INSTALL_BINDIR}\")
  set(datadir \"${CMAKE_INSTALL_DATADIR}\")
  set(mandir \"${CMAKE_INSTALL_MANDIR}\")
  include(\"${CMAKE_SOURCE_DIR}/cmake/install_places.cmake\")")
