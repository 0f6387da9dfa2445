# All build logic. A folder's own file names its sources and what it links, nothing else.

include(GNUInstallDirs)
include(CheckCCompilerFlag)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(BPI_SANITIZE "" CACHE STRING "address;undefined or thread")
option(BPI_FUZZ "build the fuzz targets (clang)" OFF)
option(BPI_PEERS "build the peer cases whose libraries are installed" ON)

add_library(bpi_flags INTERFACE)
target_compile_options(bpi_flags INTERFACE -Wall -Wextra -Wpointer-arith -Wshadow -Wvla
  -Wno-missing-field-initializers -fno-omit-frame-pointer
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes;-Werror=implicit;-fno-common>)
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

# bpi_program(NAME SOURCES ... LINK ...): objects do not carry their dependencies' objects, so the
# whole closure of our libraries is linked.
function(bpi_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  bpi_closure(closure ${ARG_LINK})
  target_link_libraries(${name} PRIVATE bpi_flags ${closure})
endfunction()

# bpi_program_names(NAME OTHER...): the program is started under other names too: links beside it,
# in the build and where it is installed, with its completions.
function(bpi_program_names name)
  foreach(_other ${ARGN})
    add_custom_command(TARGET ${name} POST_BUILD VERBATIM
      COMMAND ${CMAKE_COMMAND} -E create_symlink ${name} $<TARGET_FILE_DIR:${name}>/${_other})
    set_property(GLOBAL APPEND PROPERTY BPI_PROGRAM_NAMES ${_other})
  endforeach()
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
        if(type STREQUAL "OBJECT_LIBRARY" OR item STREQUAL "blake3")
          get_target_property(more ${item} INTERFACE_LINK_LIBRARIES)
          if(NOT more)
            set(more "")
          endif()
          if(type STREQUAL "OBJECT_LIBRARY")
            get_target_property(private ${item} LINK_LIBRARIES)
            if(private)
              list(APPEND more ${private})
            endif()
          endif()
          list(FILTER more EXCLUDE REGEX "bpi_flags|LINK_ONLY")
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
    set(ARG_TIMEOUT 120)
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

# bpi_folders(DIR ...): the rooms that exist, lowest floor first.
macro(bpi_folders)
  foreach(_folder ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${_folder}/CMakeLists.txt)
      add_subdirectory(${_folder})
    endif()
  endforeach()
endmacro()

# bpi_google_program(NAME SOURCES...): a program of google/benchmark, where there is one; in C++.
function(bpi_google_program name)
  if(TARGET benchmark::benchmark)
    add_executable(${name} ${ARGN})
    target_compile_options(${name} PRIVATE -O2 -Wall -Wextra)
    target_include_directories(${name} PRIVATE $<TARGET_PROPERTY:measure,INTERFACE_INCLUDE_DIRECTORIES>)
    target_link_libraries(${name} PRIVATE benchmark::benchmark)
  endif()
endfunction()

# Libraries of others, each an imported target PkgConfig::NAME.
pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(libcyaml REQUIRED IMPORTED_TARGET libcyaml)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(libsodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(libisal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(libcrypto REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(libcbor REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw)
pkg_check_modules(libelf REQUIRED IMPORTED_TARGET libelf)

pkg_check_modules(libmicrohttpd REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)

# Peers: measured beside our own code where they are installed. A file suites/peers/<peer>_*.c or
# .cpp is built when the target peer_<peer> is there, and SUITE_HAS_<PEER> is then defined. Compiler
# flags of a peer (DPDK's -march) are for these files alone: its property BPI_PEER_FLAGS.
function(bpi_peer name)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${ARGN})
  if(${name}_FOUND)
    add_library(peer_${name} INTERFACE)
    target_link_libraries(peer_${name} INTERFACE PkgConfig::${name})
    get_target_property(flags PkgConfig::${name} INTERFACE_COMPILE_OPTIONS)
    if(flags)
      set_target_properties(PkgConfig::${name} PROPERTIES INTERFACE_COMPILE_OPTIONS "")
      set_target_properties(peer_${name} PROPERTIES BPI_PEER_FLAGS "${flags}")
    endif()
  endif()
endfunction()

# bpi_peers(NAME PEER...): add to a library the files of those peers that are installed.
function(bpi_peers name)
  foreach(_peer ${ARGN})
    if(TARGET peer_${_peer})
      file(GLOB _files CONFIGURE_DEPENDS peers/${_peer}_*.c peers/${_peer}_*.cpp)
      target_sources(${name} PRIVATE ${_files})
      target_link_libraries(${name} PUBLIC peer_${_peer})
      string(TOUPPER SUITE_HAS_${_peer} _macro)
      target_compile_definitions(${name} PRIVATE ${_macro}=1)
      get_target_property(_flags peer_${_peer} BPI_PEER_FLAGS)
      if(_flags)
        set_source_files_properties(${_files} PROPERTIES COMPILE_OPTIONS "${_flags}")
      endif()
    endif()
  endforeach()
endfunction()

if(BPI_PEERS)
  find_package(benchmark QUIET)
  bpi_peer(ck ck)
  bpi_peer(urcu liburcu-cds liburcu-memb)
  bpi_peer(igraph igraph)
  bpi_peer(dpdk libdpdk)
  bpi_peer(absl absl_flat_hash_map)
  find_path(BPI_BOOST_GRAPH boost/graph/compressed_sparse_row_graph.hpp)
  if(BPI_BOOST_GRAPH)
    add_library(peer_boost INTERFACE)
    target_include_directories(peer_boost SYSTEM INTERFACE ${BPI_BOOST_GRAPH})
  endif()
endif()

# blake3: the system's library, else the official C and assembly sources that Debian ships in
# librust-blake3-dev.
pkg_check_modules(libblake3 QUIET IMPORTED_TARGET libblake3)
add_library(blake3 INTERFACE)
if(libblake3_FOUND)
  target_link_libraries(blake3 INTERFACE PkgConfig::libblake3)
else()
  file(GLOB _blake3 /usr/share/cargo/registry/blake3-*/c)
  if(NOT _blake3)
    message(FATAL_ERROR "BLAKE3 is missing: install libblake3-dev, or librust-blake3-dev on Debian 12")
  endif()
  list(GET _blake3 0 _blake3)
  set(_sources ${_blake3}/blake3.c ${_blake3}/blake3_dispatch.c ${_blake3}/blake3_portable.c)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    foreach(_isa sse2 sse41 avx2 avx512)
      list(APPEND _sources ${_blake3}/blake3_${_isa}_x86-64_unix.S)
    endforeach()
  endif()
  add_library(blake3_official OBJECT ${_sources})
  target_include_directories(blake3_official SYSTEM INTERFACE ${_blake3})
  target_compile_options(blake3_official PRIVATE -O2 -w)
  target_link_libraries(blake3 INTERFACE blake3_official)
  target_include_directories(blake3 SYSTEM INTERFACE ${_blake3})
endif()

# bpi_package(NAME DOC ROOMS...): an installable library made of rooms, those that exist.
# Both forms show only names with our prefixes (packaging/exports.map): the shared one by a version
# script, the static one as one object whose other names are made local. base is in every library;
# all but the first keep it weak, so that one program may link several.
function(bpi_package name doc)
  foreach(_room ${ARGN})
    if(TARGET ${_room})
      list(APPEND rooms ${_room})
    endif()
  endforeach()
  list(REMOVE_ITEM rooms base)
  if(NOT rooms)
    return()
  endif()
  list(APPEND rooms base)
  bpi_closure(closure ${rooms})
  set(objects "")
  foreach(_item ${closure})
    if(TARGET ${_item})
      get_target_property(_type ${_item} TYPE)
      if(_type STREQUAL "OBJECT_LIBRARY")
        list(APPEND objects $<TARGET_OBJECTS:${_item}>)
      endif()
    endif()
  endforeach()
  set(others ${closure})
  list(FILTER others INCLUDE REGEX "^(PkgConfig::.*|Threads::Threads|m)$")
  set(BPI_REQUIRES ${others})
  list(FILTER BPI_REQUIRES INCLUDE REGEX "^PkgConfig::")
  list(TRANSFORM BPI_REQUIRES REPLACE "^PkgConfig::" "")
  set_property(GLOBAL APPEND PROPERTY BPI_PACKAGE_REQUIRES ${BPI_REQUIRES})
  bpi_package_targets(${name} "${objects}" "${others}")
  bpi_package_pkgconfig(${name} "${doc}" "${BPI_REQUIRES}")
  foreach(_room ${rooms})
    get_target_property(_from ${_room} SOURCE_DIR)
    install(DIRECTORY ${_from}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  endforeach()
endfunction()

function(bpi_package_targets name objects others)
  set(map ${PROJECT_SOURCE_DIR}/packaging/exports.map)
  add_library(${name}_shared SHARED ${objects})
  target_link_libraries(${name}_shared PRIVATE bpi_flags ${others})
  target_link_options(${name}_shared PRIVATE -Wl,--version-script=${map} -Wl,--as-needed)
  set_target_properties(${name}_shared PROPERTIES OUTPUT_NAME ${name} VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS ${map} LINKER_LANGUAGE C)

  set(one ${CMAKE_CURRENT_BINARY_DIR}/${name}_one.o)
  set(weak "")
  get_property(first GLOBAL PROPERTY BPI_PACKAGES)
  if(first)
    set(weak --weaken-symbol=base_*)
  endif()
  add_custom_command(OUTPUT ${one} DEPENDS ${objects} ${PROJECT_SOURCE_DIR}/packaging/exports.txt
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${one} ${objects}
    COMMAND ${CMAKE_OBJCOPY} --wildcard
      --keep-global-symbols=${PROJECT_SOURCE_DIR}/packaging/exports.txt ${one}
    COMMAND ${CMAKE_OBJCOPY} --wildcard ${weak} ${one}
    COMMAND_EXPAND_LISTS VERBATIM COMMENT "One object for lib${name}.a")
  add_library(${name}_static STATIC ${one})
  set_source_files_properties(${one} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  set_target_properties(${name}_static PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C)
  target_link_libraries(${name}_static INTERFACE ${others})

  foreach(_form shared static)
    target_include_directories(${name}_${_form} INTERFACE
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  set_target_properties(${name}_shared PROPERTIES EXPORT_NAME ${name})
  install(TARGETS ${name}_shared ${name}_static EXPORT bpi-perf)
  set_property(GLOBAL APPEND PROPERTY BPI_PACKAGES ${name})
endfunction()

function(bpi_package_pkgconfig name doc requires)
  set(BPI_NAME ${name})
  set(BPI_DOC ${doc})
  list(JOIN requires " " BPI_REQUIRES)
  configure_file(${PROJECT_SOURCE_DIR}/packaging/library.pc.in ${CMAKE_CURRENT_BINARY_DIR}/lib${name}.pc
    @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lib${name}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

# bpi_package_finish(): what is installed beside the libraries – the CMake package, the program, its
# manual pages and completions (printed by the program itself), the documents.
function(bpi_package_finish)
  include(CMakePackageConfigHelpers)
  set(config ${CMAKE_INSTALL_LIBDIR}/cmake/bpi-perf)
  get_property(packages GLOBAL PROPERTY BPI_PACKAGES)
  if(packages)
    get_property(BPI_REQUIRES GLOBAL PROPERTY BPI_PACKAGE_REQUIRES)
    list(REMOVE_DUPLICATES BPI_REQUIRES)
    configure_package_config_file(bpi-perfConfig.cmake.in bpi-perfConfig.cmake
      INSTALL_DESTINATION ${config})
    write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/bpi-perfConfigVersion.cmake
      COMPATIBILITY SameMinorVersion)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bpi-perfConfig.cmake
      ${CMAKE_CURRENT_BINARY_DIR}/bpi-perfConfigVersion.cmake DESTINATION ${config})
    install(EXPORT bpi-perf NAMESPACE bpi:: FILE bpi-perfTargets.cmake DESTINATION ${config})
  endif()
  install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
    ${PROJECT_SOURCE_DIR}/LICENSE TYPE DOC)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/examples TYPE DOC USE_SOURCE_PERMISSIONS
    PATTERN README.md EXCLUDE)
  if(TARGET bpi-perf)
    install(TARGETS bpi-perf)
    bpi_package_words()
    get_property(names GLOBAL PROPERTY BPI_PROGRAM_NAMES)
    foreach(_other ${names})
      bpi_package_link(bpi-perf ${CMAKE_INSTALL_BINDIR}/${_other})
      bpi_package_link(bpi-perf ${CMAKE_INSTALL_DATADIR}/bash-completion/completions/${_other})
      bpi_package_link(bpi-perf.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d/${_other}.fish)
    endforeach()
  endif()
endfunction()

# bpi_package_link(TO PATH): a symbolic link at PATH below the prefix.
function(bpi_package_link to path)
  get_filename_component(folder ${path} DIRECTORY)
  get_filename_component(name ${path} NAME)
  set(link ${CMAKE_CURRENT_BINARY_DIR}/links/${folder}/${name})
  get_filename_component(place ${link} DIRECTORY)
  file(MAKE_DIRECTORY ${place})
  file(CREATE_LINK ${to} ${link} SYMBOLIC)
  install(FILES ${link} DESTINATION ${folder})
endfunction()

function(bpi_package_words)
  set(words ${CMAKE_CURRENT_BINARY_DIR}/words)
  set(complete ${words}/complete)
  add_custom_command(OUTPUT ${words}/stamp DEPENDS bpi-perf
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${words}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${words}/man1 ${complete}
    COMMAND bpi-perf internal-man --folder ${words}/man1
    COMMAND bpi-perf completions bash > ${complete}/bpi-perf
    COMMAND bpi-perf completions zsh > ${complete}/_bpi-perf
    COMMAND bpi-perf completions fish > ${complete}/bpi-perf.fish
    COMMAND ${CMAKE_COMMAND} -E touch ${words}/stamp
    VERBATIM COMMENT "Manual pages and completions")
  add_custom_target(words ALL DEPENDS ${words}/stamp)
  install(DIRECTORY ${words}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(FILES ${complete}/bpi-perf DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${complete}/_bpi-perf DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${complete}/bpi-perf.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endfunction()
