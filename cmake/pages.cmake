# Man pages and completion scripts, as the program makes them of its own tables.
# usage: cmake -DPROGRAM=.../bigsweep -DTO=FOLDER -P pages.cmake

# ask(FILE WORDS...): what `bigsweep describe WORDS...` prints, into a file
function(ask file)
  execute_process(COMMAND "${PROGRAM}" describe ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE "${TO}/${file}" "${text}")
endfunction()

# The build's sanitizers have nothing to say here.
set(ENV{ASAN_OPTIONS} detect_leaks=0)
execute_process(COMMAND "${PROGRAM}" describe names OUTPUT_VARIABLE names COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" names "${names}")
file(REMOVE_RECURSE "${TO}")
ask(man1/bigsweep.1 man)
foreach(name IN LISTS names)
  ask(man1/bigsweep-${name}.1 man ${name})
endforeach()
ask(bash/bigsweep bash)
ask(zsh/_bigsweep zsh)
