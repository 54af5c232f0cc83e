/* The program's commands: a file and a line of the list each. */
#ifndef BIGSWEEP_PROGRAM_COMMAND_H
#define BIGSWEEP_PROGRAM_COMMAND_H

#include <stddef.h>

#include "bigsweep/error.h"

enum exit_code {
  EXIT_DONE = 0,
  EXIT_BAD_INPUT = 1,
  EXIT_USAGE = 2,
  EXIT_STOPPED = 75 /* stopped early with work left: a job script requeues on it (EX_TEMPFAIL) */
};

typedef struct bs_command {
  const char *name;
  const char *usage;   /* what follows the name */
  const char *summary; /* one line; NULL: not for people, and not listed */
  /* argv[0] is the command's name. Returns the exit code. */
  int (*run)(const struct bs_command *command, int argc, char **argv);
} bs_command;

/* One command a line, in the order in which they are listed. */
#define COMMAND_LIST(X)                                                                            \
  X(init)                                                                                          \
  X(models)                                                                                        \
  X(tasks)                                                                                         \
  X(validate)                                                                                      \
  X(plan)                                                                                          \
  X(run)                                                                                           \
  X(status)                                                                                        \
  X(analyze)                                                                                       \
  X(report)                                                                                        \
  X(show)                                                                                          \
  X(compare)                                                                                       \
  X(forecast)                                                                                      \
  X(rescore)                                                                                       \
  X(merge)                                                                                         \
  X(remove)                                                                                        \
  X(verify)                                                                                        \
  X(export)                                                                                        \
  X(import)                                                                                        \
  X(tokenize)                                                                                      \
  X(loglik)                                                                                        \
  X(generate)                                                                                      \
  X(prompt)                                                                                        \
  X(metric)                                                                                        \
  X(bench)                                                                                         \
  X(inspect)                                                                                       \
  X(describe)                                                                                      \
  X(engine_process)

#define COMMAND_DECLARATION(name) extern const bs_command name##_command;
COMMAND_LIST(COMMAND_DECLARATION)
#undef COMMAND_DECLARATION

/* The commands in the order in which they are listed; NULL behind the last, and for an unknown
 * name.
 */
const bs_command *command_at(size_t i);
const bs_command *command_find(const char *name);

/* "bigsweep NAME: message" to stderr. */
void print_error(const bs_command *command, const char *message);
/* Prints the error and returns the exit code its status asks for. */
int fail(const bs_command *command, const bs_error *err);

#endif
