# bpi_build_info(TARGET): gives one library the facts of this build – compiler and flags as
# definitions of src/build.c, the git revision as a header that is refreshed at every build.
function(bpi_build_info target)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  string(STRIP "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}" flags)
  string(REPLACE "\"" "'" flags "${flags}")
  set_source_files_properties(src/build.c PROPERTIES COMPILE_DEFINITIONS
    "PROBE_BUILD_VERSION=\"${PROJECT_VERSION}\";PROBE_BUILD_COMPILER=\"${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}\";PROBE_BUILD_FLAGS=\"${flags}\";PROBE_BUILD_TYPE=\"${CMAKE_BUILD_TYPE}\";PROBE_BUILD_SYSTEM=\"${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}\"")
  set(header ${CMAKE_CURRENT_BINARY_DIR}/generated/probe_revision.h)
  add_custom_target(${target}_revision BYPRODUCTS ${header}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DHEADER=${header}
      -P ${PROJECT_SOURCE_DIR}/cmake/Revision.cmake)
  add_dependencies(${target} ${target}_revision)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)
endfunction()
