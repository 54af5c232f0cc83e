/* The program's commands: one file and one row of the table in commands.c each. */
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

extern const bs_command run_command, plan_command, analyze_command, compare_command,
    validate_command, tokenize_command, loglik_command, generate_command, prompt_command,
    metric_command, bench_command, status_command, engine_process_command, rescore_command,
    forecast_command, export_command, inspect_command, report_command, merge_command,
    remove_command;

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
