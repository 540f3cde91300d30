# What every target of the project is compiled with.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

add_library(tcpcopy_compile INTERFACE)
target_include_directories(tcpcopy_compile INTERFACE
  "${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}/src")
target_compile_options(tcpcopy_compile INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
  -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough
  -fno-omit-frame-pointer
  -fPIE)  # the same for libraries and programs, so that they can share precompiled headers
target_link_options(tcpcopy_compile INTERFACE $<IF:$<BOOL:${TCPCOPY_PORTABLE}>,-static-pie,-pie>)

if(TCPCOPY_SANITIZE)
  # UBSan is for the code under test: in the tests' own it costs a third of their compilation.
  string(REPLACE "," "$<COMMA>" sanitizers "${TCPCOPY_SANITIZE}")
  string(REPLACE "$<COMMA>undefined" "" of_tests "${sanitizers}")
  target_compile_options(tcpcopy_compile INTERFACE
    -fsanitize=$<IF:$<BOOL:$<TARGET_PROPERTY:TCPCOPY_IS_TEST>>,${of_tests},${sanitizers}>
    -fno-sanitize-recover=all)
  target_link_options(tcpcopy_compile INTERFACE -fsanitize=${TCPCOPY_SANITIZE})
else()
  target_compile_definitions(tcpcopy_compile INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_compile_options(tcpcopy_compile INTERFACE -fstack-protector-strong)
endif()

if(TCPCOPY_FUZZ)  # libFuzzer goes by what the code under test covers
  target_compile_options(tcpcopy_compile INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(TCPCOPY_COVERAGE)
  target_compile_options(tcpcopy_compile INTERFACE --coverage)
  target_link_options(tcpcopy_compile INTERFACE --coverage)
endif()

# tcpcopy_library(<name> SOURCES ... [LINKS ...]): a static library of the project.
function(tcpcopy_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC tcpcopy_compile ${arg_LINKS})
endfunction()
