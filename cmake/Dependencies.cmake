# All of these are Debian packages: scripts/packages.txt.
find_package(PkgConfig REQUIRED)
if(TCPCOPY_PORTABLE)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(OPENSSL_USE_STATIC_LIBS ON)
endif()
if(TCPCOPY_PFRING_ROOT)
  # PF_RING's libpcap captures through its kernel module where that is loaded.
  find_path(PFRING_PCAP_INCLUDE_DIR pcap/pcap.h
    PATHS "${TCPCOPY_PFRING_ROOT}/include" NO_DEFAULT_PATH REQUIRED)
  find_library(PFRING_PCAP_LIBRARY pcap PATHS "${TCPCOPY_PFRING_ROOT}/lib" NO_DEFAULT_PATH REQUIRED)
  find_library(PFRING_LIBRARY pfring PATHS "${TCPCOPY_PFRING_ROOT}/lib" NO_DEFAULT_PATH REQUIRED)
  add_library(PkgConfig::PCAP INTERFACE IMPORTED GLOBAL)
  target_include_directories(PkgConfig::PCAP SYSTEM INTERFACE "${PFRING_PCAP_INCLUDE_DIR}")
  target_link_libraries(PkgConfig::PCAP INTERFACE
    "${PFRING_PCAP_LIBRARY}" "${PFRING_LIBRARY}" ${CMAKE_DL_LIBS})
  # The loader does not look where PF_RING is, so what is installed has to name it too.
  set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
else()
  pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)
endif()

find_path(LIBNET_INCLUDE_DIR libnet.h REQUIRED)
find_library(LIBNET_LIBRARY net REQUIRED)
add_library(tcpcopy_libnet INTERFACE)
target_include_directories(tcpcopy_libnet SYSTEM INTERFACE "${LIBNET_INCLUDE_DIR}")
target_link_libraries(tcpcopy_libnet INTERFACE "${LIBNET_LIBRARY}")

find_package(absl REQUIRED)
if(TCPCOPY_PORTABLE)
  # Its package has both, and names the shared ones.
  get_property(imported DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(library IN LISTS imported)
    get_target_property(type ${library} TYPE)
    if(library MATCHES "^absl::" AND type STREQUAL "SHARED_LIBRARY")
      get_target_property(location ${library} LOCATION)
      string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${location}")
      set_target_properties(${library} PROPERTIES IMPORTED_LOCATION_NONE "${archive}")
    endif()
  endforeach()
endif()
add_library(tcpcopy_words INTERFACE)
if(TCPCOPY_PORTABLE)
  # Debian has no archives of these two, but all of them in headers.
  target_compile_definitions(tcpcopy_words INTERFACE FMT_HEADER_ONLY SPDLOG_FMT_EXTERNAL)
else()
  find_package(fmt REQUIRED)
  find_package(spdlog REQUIRED)
  target_link_libraries(tcpcopy_words INTERFACE fmt::fmt spdlog::spdlog)
endif()
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)

if(TCPCOPY_TESTS)
  find_package(GTest REQUIRED)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)
endif()
if(TCPCOPY_BENCH)
  find_package(benchmark REQUIRED)
endif()

# What the daemons allocate with: TCPCOPY_WITH_TCMALLOC needs libgoogle-perftools-dev.
add_library(tcpcopy_malloc INTERFACE)
if(TCPCOPY_WITH_TCMALLOC)
  find_library(TCMALLOC_LIBRARY NAMES tcmalloc_minimal tcmalloc REQUIRED)
  target_link_libraries(tcpcopy_malloc INTERFACE "${TCMALLOC_LIBRARY}")
endif()

# What a static program needs beside its own code.
add_library(tcpcopy_portable INTERFACE)
if(TCPCOPY_PORTABLE)
  target_sources(tcpcopy_portable INTERFACE "${CMAKE_SOURCE_DIR}/packaging/portable/static_program.cc")
endif()
