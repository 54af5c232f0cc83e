/* The table of the program's commands. */
#include <string.h>

#include "program/command.h"

static const bs_command *const commands[] = {
    &run_command,      &plan_command,   &analyze_command,  &compare_command,
    &merge_command,    &remove_command, &forecast_command, &report_command,
    &validate_command, &status_command, &rescore_command,  &export_command,
    &tokenize_command, &loglik_command, &generate_command, &prompt_command,
    &metric_command,   &bench_command,  &inspect_command,  &engine_process_command,
};

const bs_command *command_at(size_t i) {
  return i < sizeof commands / sizeof *commands ? commands[i] : NULL;
}

const bs_command *command_find(const char *name) {
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(name, commands[i]->name) == 0)
      return commands[i];
  return NULL;
}
