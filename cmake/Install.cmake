# cmake --install BUILD [--prefix DIR]: daemons to sbin, systemd units, examples and documentation.
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

# Examples stay beside the documentation: an installation never touches what stands in /etc.
install(FILES conf/tcpcopy.toml conf/intercept.toml
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES README.md CONTRIBUTING.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md"
  PATTERN "*.svg")
