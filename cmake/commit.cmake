# Writes a header with the commit that is being built, "-dirty" when tracked files differ from it; only when
# that has changed, so that nothing is built again without a reason. Run at every build:
#   cmake -D SOURCE=... -D HEADER=... -P commit.cmake
# A source tree without git has the commit that `git archive` wrote into archive_commit.txt, or "unknown".

set(commit unknown)
file(STRINGS ${SOURCE}/cmake/archive_commit.txt archived LIMIT_COUNT 1)
if(archived MATCHES "^[0-9a-f]+$")
  set(commit ${archived})
endif()

find_program(GIT git)
if(GIT)
  set(ENV{GIT_OPTIONAL_LOCKS} 0) # others may be at work in the repository
  set(git ${GIT} -c safe.directory=* -c core.fsmonitor=false -C ${SOURCE})
  # The tree itself, not one that it happens to lie in.
  execute_process(COMMAND ${git} rev-parse --show-toplevel
    OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  file(REAL_PATH "${SOURCE}" source)
  if(NOT failed)
    file(REAL_PATH "${top}" top)
  endif()
  if(NOT failed AND top STREQUAL source)
    execute_process(COMMAND ${git} describe --always --exclude=* --abbrev=12 --dirty
      OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
      set(commit ${described})
    endif()
  endif()
endif()

set(text "/* Made by cmake/commit.cmake. */\n#define BS_COMMIT \"${commit}\"\n")
if(EXISTS ${HEADER})
  file(READ ${HEADER} before)
endif()
if(NOT text STREQUAL "${before}")
  file(WRITE ${HEADER} "${text}")
endif()
