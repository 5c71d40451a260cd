# Runs while cmake --install runs, and knows where that goes: CMAKE_INSTALL_PREFIX, and DESTDIR where a package is made. Set by
# cmake/install.cmake: source, build, python, producer, bindir, datadir, mandir.

# Where a path of the installation lies on this disk.
macro(staged out path)
  set(${out} "$ENV{DESTDIR}${path}")
endmacro()

# A path below the prefix, unless it was configured as an absolute one.
macro(below_prefix out path)
  if(IS_ABSOLUTE "${path}")
    set(${out} "${path}")
  else()
    set(${out} "${CMAKE_INSTALL_PREFIX}/${path}")
  endif()
endmacro()

# Files that a person may edit: one that was edited is not replaced.
macro(install_kept place)
  staged(here "${place}")
  execute_process(COMMAND "${python}" -B "${source}/cmake/install_kept.py" "${here}" ${ARGN}
                  OUTPUT_VARIABLE written COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "${here}/" "${place}/" written "${written}")
  string(REGEX MATCHALL "[^\n]+" written "${written}")
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES ${written})
endmacro()

macro(install_link directory name target)
  staged(here "${directory}")
  file(MAKE_DIRECTORY "${here}")
  file(REMOVE "${here}/${name}")
  file(CREATE_LINK "${target}" "${here}/${name}" SYMBOLIC)
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${directory}/${name}")
endmacro()

# A template of packaging/, with @bin@ and @config@ filled in.
macro(install_filled template directory name)
  staged(here "${directory}")
  configure_file("${source}/packaging/systemd/${template}" "${here}/${name}" @ONLY)
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${directory}/${name}")
endmacro()

below_prefix(bin "${bindir}")
below_prefix(data "${datadir}/reprise")
below_prefix(man "${mandir}/man1")

# Names that say whose programs they are, for a machine that has other workers and dashboards.
foreach(pair worker:reprise-worker producer:reprise dashboard:reprise-dashboard)
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 program)
  list(GET pair 1 name)
  install_link("${bin}" "${name}" "${program}")
  install_link("${man}" "${name}.1" "${program}.1")
endforeach()

file(GLOB definitions "${source}/definitions/*.yaml")
file(GLOB prices "${source}/prices/*.yaml")
install_kept("${data}/definitions" ${definitions})
install_kept("${data}/prices" ${prices})

# The programs look into /etc/reprise by themselves; below another prefix the units name the file.
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
  set(etc /etc/reprise)
  set(config "")
else()
  set(etc "${CMAKE_INSTALL_PREFIX}/etc/reprise")
  set(config "\"--config=${etc}/reprise.yaml\"")
endif()
execute_process(COMMAND "${python}" -B "${source}/cmake/settings_file.py" "${producer}" "${build}/reprise.yaml"
                COMMAND_ERROR_IS_FATAL ANY)
install_kept("${etc}" "${build}/reprise.yaml")

set(units "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
install_filled(reprise-worker.service.in "${units}" reprise-worker.service)
install_filled(reprise-dashboard.service.in "${units}" reprise-dashboard.service)
install_filled(reprise.sysusers.conf "${CMAKE_INSTALL_PREFIX}/lib/sysusers.d" reprise.conf)
