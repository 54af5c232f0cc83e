# Installed: the library, the headers, the program, a CMake package and a pkg-config file.

include(CMakePackageConfigHelpers)

install(TARGETS bigsweep EXPORT bigsweep-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET bigsweep_program)
  install(TARGETS bigsweep_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
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
