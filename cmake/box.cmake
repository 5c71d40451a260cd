# box(<name> [PUBLIC libraries…]): the static library reprise_<name> of all C files in this folder. Linking only what
# stands below it is what keeps dependencies downward: an include from above would not link.
function(box name)
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  add_library(reprise_${name} STATIC ${sources})
  target_link_libraries(reprise_${name} PUBLIC ${ARGN})
endfunction()

# tests_of(<kind> <suffix label>): every <box>/test_*.c below this folder becomes a test linked with that box only.
function(tests_in label)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/test_*.c)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    get_filename_component(folder ${file} DIRECTORY)
    get_filename_component(box ${folder} NAME)
    string(REPLACE "test_" "" name ${name})
    add_executable(${label}_${box}_${name} ${file})
    target_link_libraries(${label}_${box}_${name} PRIVATE reprise_${box} reprise_testing PkgConfig::CMOCKA)
    if(label STREQUAL contract AND box MATCHES "^(queue|definitions|doctor)$")
      target_link_libraries(${label}_${box}_${name} PRIVATE reprise_definitions reprise_doctor) # an operation takes a request; the doctor looks at the end
    endif()
    add_test(NAME ${label}/${box}/${name} COMMAND ${label}_${box}_${name})
    set_tests_properties(${label}/${box}/${name} PROPERTIES LABELS ${label} SKIP_RETURN_CODE 77)
    if(label STREQUAL contract)
      set_tests_properties(${label}/${box}/${name} PROPERTIES FIXTURES_REQUIRED stores
        ENVIRONMENT REPRISE_TEST_STORES=${REPRISE_TEST_STORES})
    endif()
  endforeach()
endfunction()
