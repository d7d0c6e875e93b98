# SPDX-License-Identifier: Apache-2.0
# kiln_library(base SOURCES a.cc b.cc DEPS os PACKAGES OpenSSL::Crypto)
#   Defines kiln_base from the sources of the current folder. DEPS are other rooms, PACKAGES are
#   third-party targets; both are public.
# kiln_test(base SOURCES a_test.cc DEPS store)
#   Defines base_test, one GoogleTest program a room, and registers it with ctest.

function(kiln_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-unused-parameter
    $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers>
    $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-field-initializers>
    $<$<BOOL:${KILN_WERROR}>:-Werror>)
endfunction()

function(kiln_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PACKAGES" ${ARGN})
  add_library(kiln_${name} STATIC ${ARG_SOURCES})
  target_include_directories(kiln_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  foreach(dep ${ARG_DEPS})
    target_link_libraries(kiln_${name} PUBLIC kiln_${dep})
  endforeach()
  target_link_libraries(kiln_${name} PUBLIC Threads::Threads ${ARG_PACKAGES})
  kiln_compile_options(kiln_${name})
endfunction()

function(kiln_test name)
  if(NOT KILN_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PACKAGES" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE kiln_${name} GTest::gmock GTest::gtest_main ${ARG_PACKAGES})
  foreach(dep ${ARG_DEPS})
    target_link_libraries(${name}_test PRIVATE kiln_${dep})
  endforeach()
  kiln_compile_options(${name}_test)
  target_compile_definitions(${name}_test PRIVATE KILN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
