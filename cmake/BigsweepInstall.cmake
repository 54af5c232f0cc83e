# Installed: the library, the headers, the program with its man pages and completion, a CMake package and a
# pkg-config file, job scripts, readers in Python, example configurations, documents and the licence.

include(CMakePackageConfigHelpers)

install(TARGETS bigsweep EXPORT bigsweep-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET bigsweep_program)
  install(TARGETS bigsweep_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # Made by the program itself: of another machine's program there are none.
  if(NOT CMAKE_CROSSCOMPILING AND NOT BIGSWEEP_FUZZ)
    set(pages ${PROJECT_BINARY_DIR}/pages)
    add_custom_command(OUTPUT ${pages}.made
      COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:bigsweep_program> -DTO=${pages}
        -P ${PROJECT_SOURCE_DIR}/cmake/pages.cmake
      COMMAND ${CMAKE_COMMAND} -E touch ${pages}.made
      DEPENDS bigsweep_program ${PROJECT_SOURCE_DIR}/cmake/pages.cmake
      COMMENT "Man pages and completion" VERBATIM)
    add_custom_target(bigsweep_pages ALL DEPENDS ${pages}.made)
    install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
    install(FILES ${pages}/bash/bigsweep DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${pages}/zsh/_bigsweep DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  endif()
endif()
set(share ${CMAKE_INSTALL_DATADIR}/bigsweep)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/jobs ${PROJECT_SOURCE_DIR}/analysis DESTINATION ${share}
  USE_SOURCE_PERMISSIONS PATTERN packaging EXCLUDE PATTERN quickstart.sh EXCLUDE
  PATTERN install_packages.sh EXCLUDE PATTERN __pycache__ EXCLUDE PATTERN .* EXCLUDE)
# As in the repository, so that links between them hold.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/bigsweep DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/include/bigsweep/version.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/bigsweep)
install(EXPORT bigsweep-targets NAMESPACE bigsweep::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bigsweep)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/bigsweep-config.cmake.in
  ${PROJECT_BINARY_DIR}/bigsweep-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bigsweep)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/bigsweep-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/bigsweep-config.cmake
  ${PROJECT_BINARY_DIR}/bigsweep-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bigsweep)
# The Python package (pip install PREFIX/share/bigsweep/analysis), the plot and the examples for
# other readers.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/analysis
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bigsweep
  PATTERN __pycache__ EXCLUDE)
# Relative, so that the installed tree can be moved and `cmake --install --prefix` works.
file(RELATIVE_PATH PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/bigsweep.pc.in ${PROJECT_BINARY_DIR}/bigsweep.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/bigsweep.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
