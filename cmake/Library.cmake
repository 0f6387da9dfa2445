# All build logic. A folder's own file names its sources and what it links, nothing else.

include(GNUInstallDirs)
include(CheckCCompilerFlag)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(BPI_SANITIZE "" CACHE STRING "address;undefined or thread")
option(BPI_FUZZ "build the fuzz targets (clang)" OFF)
option(BPI_PEERS "build the peer cases whose libraries are installed" ON)

add_library(bpi_flags INTERFACE)
target_compile_options(bpi_flags INTERFACE -Wall -Wextra -Wpointer-arith -Wstrict-prototypes
  -Wmissing-prototypes -Wshadow -Wvla -Wno-missing-field-initializers -Werror=implicit -fno-common
  -fno-omit-frame-pointer)
if(BPI_WERROR)
  target_compile_options(bpi_flags INTERFACE -Werror)
endif()
if(BPI_SANITIZE)
  string(REPLACE ";" "," _sanitize "${BPI_SANITIZE}")
  add_compile_options(-fsanitize=${_sanitize} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${_sanitize})
  add_compile_definitions(BPI_SANITIZED=1)
endif()
if(BPI_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# bpi_library(NAME SOURCES a.c ... LINK targets...): one folder, one library.
# Public headers live in include/, private ones in src/. Floors are kept by tools/tidy.
function(bpi_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  list(TRANSFORM ARG_SOURCES PREPEND src/)
  add_library(${name} OBJECT ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include PRIVATE src)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE bpi_flags ${ARG_PRIVATE_LINK})
  set_property(GLOBAL APPEND PROPERTY BPI_LIBRARIES ${name})
endfunction()

# bpi_pkg(TARGET MODULE): an imported target for a pkg-config module.
macro(bpi_pkg module)
  pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${module})
endmacro()

# bpi_program(NAME SOURCES ... LINK ...): objects do not carry their dependencies' objects, so the
# whole closure of our libraries is linked.
function(bpi_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  bpi_closure(closure ${ARG_LINK})
  target_link_libraries(${name} PRIVATE bpi_flags ${closure})
endfunction()

function(bpi_closure out)
  set(todo ${ARGN})
  set(seen "")
  while(todo)
    list(POP_FRONT todo item)
    if(NOT item IN_LIST seen)
      list(APPEND seen ${item})
      if(TARGET ${item})
        get_target_property(type ${item} TYPE)
        if(type STREQUAL "OBJECT_LIBRARY")
          get_target_property(more ${item} LINK_LIBRARIES)
          list(REMOVE_ITEM more bpi_flags)
          list(APPEND todo ${more})
        endif()
      endif()
    endif()
  endwhile()
  set(${out} ${seen} PARENT_SCOPE)
endfunction()

# bpi_test(NAME SOURCES ... LINK ...): a cmocka program and its ctest entry.
function(bpi_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;ARGS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  bpi_program(${name} SOURCES ${ARG_SOURCES} LINK ${ARG_LINK} PkgConfig::cmocka m)
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77)
endfunction()

# bpi_script_test(NAME SCRIPT ARGS...): a script that exits 0 (pass), 77 (skip) or else (fail).
function(bpi_script_test name script)
  cmake_parse_arguments(ARG "" "TIMEOUT" "ARGS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${script} ${ARG_ARGS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77
    ENVIRONMENT "BUILD=${PROJECT_BINARY_DIR}")
endfunction()

# bpi_fuzz(NAME SOURCE LINK ...): a libFuzzer target under BPI_FUZZ; always a replay of its corpus.
function(bpi_fuzz name source)
  cmake_parse_arguments(ARG "" "CORPUS" "LINK" ${ARGN})
  if(BPI_FUZZ)
    bpi_program(${name} SOURCES ${source} LINK ${ARG_LINK})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    bpi_program(${name}_replay SOURCES ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c LINK ${ARG_LINK})
    add_test(NAME ${name}_replay COMMAND ${name}_replay ${ARG_CORPUS})
  endif()
endfunction()
