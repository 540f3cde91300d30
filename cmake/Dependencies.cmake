# All of these are Debian packages: scripts/packages.txt.
find_package(PkgConfig REQUIRED)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)

find_path(LIBNET_INCLUDE_DIR libnet.h REQUIRED)
find_library(LIBNET_LIBRARY net REQUIRED)
add_library(tcpcopy_libnet INTERFACE)
target_include_directories(tcpcopy_libnet SYSTEM INTERFACE "${LIBNET_INCLUDE_DIR}")
target_link_libraries(tcpcopy_libnet INTERFACE "${LIBNET_LIBRARY}")

find_package(absl REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)

if(TCPCOPY_TESTS)
  find_package(GTest REQUIRED)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)
endif()
if(TCPCOPY_BENCH)
  find_package(benchmark REQUIRED)
endif()
