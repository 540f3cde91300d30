# tcpcopy_room(<name> [PURE] [SOURCES ...] [USES <room>...] [LIBRARIES ...]): the folder that this
# stands in as a library of its own, tcpcopy_<name>, with the namespace tcpcopy::<name>. What it
# includes are the vocabulary, the rooms that it uses and the libraries; tests/check/rooms.py sees to
# that. A PURE room makes no system call and reads no clock, and uses pure rooms alone
# (tests/check/pure.py).
function(tcpcopy_room name)
  cmake_parse_arguments(arg "PURE" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  list(TRANSFORM arg_USES PREPEND tcpcopy_ OUTPUT_VARIABLE links)
  if(NOT name STREQUAL "vocabulary")
    list(APPEND links tcpcopy_vocabulary)
  endif()
  if(arg_SOURCES)
    add_library(tcpcopy_${name} STATIC ${arg_SOURCES})
    target_link_libraries(tcpcopy_${name} PUBLIC tcpcopy_compile ${links} ${arg_LIBRARIES})
    set(archive "$<TARGET_FILE:tcpcopy_${name}>")
  else()
    add_library(tcpcopy_${name} INTERFACE)
    target_link_libraries(tcpcopy_${name} INTERFACE tcpcopy_compile ${links} ${arg_LIBRARIES})
    set(archive "")
  endif()

  file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set(kind system)
  if(arg_PURE)
    set(kind pure)
  endif()
  list(JOIN arg_USES " " uses)
  set_property(GLOBAL APPEND_STRING PROPERTY TCPCOPY_ROOMS
    "${name}|${folder}|${kind}|${uses}|${archive}\n")
endfunction()

# Writes what the checks of the rooms read, one line for each: name|folder|pure or system|uses|archive
function(tcpcopy_list_rooms file)
  get_property(rooms GLOBAL PROPERTY TCPCOPY_ROOMS)
  file(GENERATE OUTPUT "${file}" CONTENT "${rooms}")
endfunction()
