/* The table of the program's commands. */
#include <string.h>

#include "program/command.h"

#define COMMAND_ADDRESS(name) &name##_command,
static const bs_command *const commands[] = {COMMAND_LIST(COMMAND_ADDRESS)};
#undef COMMAND_ADDRESS

const bs_command *command_at(size_t i) {
  return i < sizeof commands / sizeof *commands ? commands[i] : NULL;
}

const bs_command *command_find(const char *name) {
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(name, commands[i]->name) == 0)
      return commands[i];
  return NULL;
}
