# Flags of everything the project compiles: bigsweep_flags, linked privately.

add_library(bigsweep_flags INTERFACE)
# No contraction of a*b+c by the compiler's choice: where a fused product is meant the code says fmaf.
target_compile_options(bigsweep_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
  -Wformat=2 -Wundef -ffp-contract=off -fno-math-errno -fvisibility=hidden)
target_compile_definitions(bigsweep_flags INTERFACE _POSIX_C_SOURCE=200809L _XOPEN_SOURCE=700)
if(BIGSWEEP_WERROR)
  target_compile_options(bigsweep_flags INTERFACE -Werror)
endif()
if(BIGSWEEP_SANITIZE)
  target_compile_options(bigsweep_flags INTERFACE -fsanitize=address,undefined,float-cast-overflow
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(bigsweep_flags INTERFACE -fsanitize=address,undefined)
endif()
# Counters for libFuzzer in everything, so that it sees which inputs reach something new.
if(BIGSWEEP_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "BIGSWEEP_FUZZ needs clang: cmake --preset fuzz")
  endif()
  target_compile_options(bigsweep_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
