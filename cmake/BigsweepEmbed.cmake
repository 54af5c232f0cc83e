# bigsweep_embed(FILE NAME): a file of this folder becomes a part of the library, as the array of char
# NAME and its length NAME_bytes, which page/assets_internal.h declares.
function(bigsweep_embed file name)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.c CONTENT "/* Made of ${file}. */
#include \"page/assets_internal.h\"

const char ${name}[] = {
${bytes}'\\0'};
const size_t ${name}_bytes = sizeof ${name} - 1;
" @ONLY)
  target_sources(bigsweep PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
endfunction()
