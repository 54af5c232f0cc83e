/* The program: which command is meant, and its output seen to the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/helpers.h"
#include "bigsweep/version.h"
#include "program/describe.h"

static void print_help(FILE *to) {
  enum { COLUMN = 21 };
  fprintf(to, "bigsweep %s: how a language model's abilities change with its size\n\n", BS_VERSION);
  const bs_command *command;
  for (size_t i = 0; (command = command_at(i)) != NULL; i++)
    if (command->summary != NULL) {
      fprintf(to, "  bigsweep %-9s ", command->name);
      print_wrapped(to, command->summary, COLUMN, help_width(fileno(to)));
    }
  fprintf(
      to,
      "\n`bigsweep help COMMAND` or `bigsweep COMMAND --help` explains a command.\n"
      "Exit codes: 0 done, 1 some inputs were bad, 2 wrong usage, 75 stopped with work left.\n");
}

static bool is_one_of(const char *argument, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(argument, names[i]) == 0)
      return true;
  return false;
}

static int unknown_command(const char *name) {
  enum { MOST = 64 };
  const char *names[MOST] = {"help", "version"};
  size_t n = 2;
  const bs_command *command;
  for (size_t i = 0; n < MOST && (command = command_at(i)) != NULL; i++)
    if (command->summary != NULL)
      names[n++] = command->name;
  const char *near = bs_nearest_name(name, names, n);
  fprintf(stderr, "bigsweep: unknown command \"%s\"", name);
  if (near != NULL)
    fprintf(stderr, ", did you mean \"%s\"?", near);
  fprintf(stderr, "\nknown commands:");
  for (size_t i = 2; i < n; i++)
    fprintf(stderr, " %s", names[i]);
  fprintf(stderr, "\n");
  return EXIT_USAGE;
}

/* "help" and "help COMMAND", which is "COMMAND --help". */
static int help(const char *name) {
  static char help_option[] = "--help";
  const bs_command *command = name != NULL ? command_find(name) : NULL;
  if (name == NULL) {
    print_help(stdout);
    return EXIT_DONE;
  }
  if (command == NULL || command->summary == NULL)
    return unknown_command(name);
  char *argv[] = {(char *)(size_t)name, help_option, NULL};
  return command->run(command, 2, argv);
}

/* A file that is opened while one of these is closed would get its number, and what is meant for
   people would be written into it. */
static bool open_standard_streams(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
      return false;
  return true;
}

/* The exit code, when what was printed has arrived; a full disk is no success. */
static int end_output(int code) {
  bool is_written = fflush(stdout) == 0;
  if (is_written && ferror(stdout) == 0)
    return code;
  fprintf(stderr, "bigsweep: cannot write the standard output%s%s\n", is_written ? "" : ": ",
          is_written ? "" : strerror(errno));
  return code == EXIT_DONE ? EXIT_BAD_INPUT : code;
}

static int dispatch(int argc, char **argv) {
  if (argc < 2) {
    print_help(stderr);
    return EXIT_USAGE;
  }
  static const char *const helps[] = {"help", "--help", "-h", "-?"};
  static const char *const versions[] = {"version", "--version", "-V", "-v"};
  if (is_one_of(argv[1], helps, sizeof helps / sizeof *helps))
    return help(argc > 2 ? argv[2] : NULL);
  if (is_one_of(argv[1], versions, sizeof versions / sizeof *versions)) {
    printf("bigsweep %s\n", BS_VERSION);
    return EXIT_DONE;
  }
  const bs_command *command = command_find(argv[1]);
  return command != NULL ? command->run(command, argc - 1, argv + 1) : unknown_command(argv[1]);
}

int main(int argc, char **argv) {
  if (!open_standard_streams())
    return EXIT_BAD_INPUT;
  return end_output(dispatch(argc, argv));
}
