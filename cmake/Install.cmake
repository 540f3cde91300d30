# cmake --install BUILD [--prefix DIR]: daemons to sbin, systemd units, man pages, completions, examples
# and documentation.
include(GNUInstallDirs)
install(TARGETS tcpcopy intercept RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})

# The prefix is known for sure only when it is installed; the units name the daemons' full paths.
foreach(daemon IN ITEMS tcpcopy intercept)
  install(CODE "
    file(READ \"${CMAKE_SOURCE_DIR}/conf/${daemon}.service\" unit)
    string(REPLACE \"/usr/local/sbin\" \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}\"
      unit \"\${unit}\")
    file(WRITE \"${CMAKE_BINARY_DIR}/units/${daemon}.service\" \"\${unit}\")")
  install(FILES "${CMAKE_BINARY_DIR}/units/${daemon}.service" DESTINATION lib/systemd/system)
endforeach()

# Man pages and completions are made of docs/options.in and of what the daemons accept.
if(NOT CMAKE_CROSSCOMPILING)
  find_package(Python3 COMPONENTS Interpreter)
endif()
if(Python3_FOUND)
  set(maker "${CMAKE_SOURCE_DIR}/scripts/options")
  file(GLOB modules CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/packaging/*.py")
  set(texts "${CMAKE_BINARY_DIR}/texts")
  function(tcpcopy_text file daemon)
    add_custom_command(OUTPUT "${texts}/${file}"
      COMMAND "${CMAKE_COMMAND}" -E env "${Python3_EXECUTABLE}" "${maker}" ${ARGN}
        "$<TARGET_FILE:${daemon}>" > "${texts}/${file}"
      DEPENDS ${daemon} "${CMAKE_SOURCE_DIR}/docs/options.in" "${maker}" ${modules} VERBATIM)
    set_property(GLOBAL APPEND PROPERTY TCPCOPY_TEXTS "${texts}/${file}")
  endfunction()
  file(MAKE_DIRECTORY "${texts}")
  foreach(daemon IN ITEMS tcpcopy intercept)
    tcpcopy_text(${daemon}.8 ${daemon} --man)
    tcpcopy_text(${daemon} ${daemon} --completion bash)
    tcpcopy_text(_${daemon} ${daemon} --completion zsh)
    tcpcopy_text(${daemon}.fish ${daemon} --completion fish)
    install(FILES "${texts}/${daemon}.8" DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
    install(FILES "${texts}/${daemon}" DESTINATION share/bash-completion/completions)
    install(FILES "${texts}/_${daemon}" DESTINATION share/zsh/site-functions)
    install(FILES "${texts}/${daemon}.fish" DESTINATION share/fish/vendor_completions.d)
  endforeach()
  get_property(all_texts GLOBAL PROPERTY TCPCOPY_TEXTS)
  add_custom_target(texts ALL DEPENDS ${all_texts})
endif()

# Examples stay beside the documentation: an installation never touches what stands in /etc.
install(FILES conf/tcpcopy.toml conf/intercept.toml conf/grafana-dashboard.json
  conf/prometheus-alerts.yml
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES README.md CONTRIBUTING.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md"
  PATTERN "*.svg")
