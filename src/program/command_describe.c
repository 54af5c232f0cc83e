/* bigsweep describe: man pages and completion scripts, for the build. Everything in them comes from
   the tables of commands and options. */
#include <stdio.h>
#include <string.h>

#include "bigsweep/version.h"
#include "program/describe.h"

/* The next command that is for people. */
static const bs_command *next(size_t *i) {
  const bs_command *command;
  while ((command = command_at((*i)++)) != NULL && command->summary == NULL)
    ;
  return command;
}

/* A command's part, which it alone can tell: its table of options is its own. */
static int describe(const bs_command *command, const char *form) {
  char name[32], help[32];
  snprintf(name, sizeof name, "%s", command->name);
  snprintf(help, sizeof help, "--help=%s", form);
  char *argv[] = {name, help, NULL};
  return command->run(command, 2, argv);
}

static void describe_all(const char *form) {
  const bs_command *command;
  for (size_t i = 0; (command = next(&i)) != NULL;)
    describe(command, form);
}

static void print_names(const char *between) {
  const bs_command *command;
  for (size_t i = 0, n = 0; (command = next(&i)) != NULL; n++)
    printf("%s%s", n > 0 ? between : "", command->name);
}

static void print_man_page(void) {
  const bs_command *command;
  printf(".TH BIGSWEEP 1 \"\" \"bigsweep %s\" \"User Commands\"\n.ad l\n", BS_VERSION);
  printf(".SH NAME\nbigsweep \\- how a language model's abilities change with its size\n"
         ".SH SYNOPSIS\n.B bigsweep\n.I COMMAND\n[\\fIARGUMENTS\\fR]\n.br\n.B bigsweep help\n"
         "[\\fICOMMAND\\fR]\n.SH DESCRIPTION\n"
         "Evaluates checkpoints of many sizes on tasks, in one job of\n"
         ".BR mpirun (1)\nor\n.BR srun (1),\nand writes one HDF5 file: a score for every example "
         "under every model, and how each task scales.\n.SH COMMANDS\n");
  for (size_t i = 0; (command = next(&i)) != NULL;)
    printf(".TP\n.BR bigsweep\\-%s (1)\n%s\n", command->name, command->summary);
  printf(".SH EXIT STATUS\n0 done, 1 some inputs were bad, 2 wrong usage or configuration, 75 "
         "stopped early with work left (a job script starts it again).\n"
         ".SH ENVIRONMENT\n"
         ".TP\n.B OMP_NUM_THREADS\nthreads of a rank (its share of the node's cores)\n"
         ".TP\n.B COLUMNS\nwidth of tables that go into a file or a pipe (80)\n"
         ".TP\n.B HF_HUB_CACHE, HF_HOME\nwhere models of the Hugging Face Hub are looked for\n");
}

static void print_bash(void) {
  printf("# Completion of bigsweep %s for bash; made from its tables of options.\n", BS_VERSION);
  printf("_bigsweep() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local commands=\"");
  print_names(" ");
  printf(
      "\" options= words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"$commands help version --help --version\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  # \"--csv=\" are two words to bash\n"
      "  if [ \"$current\" = = ]; then\n"
      "    current=\n"
      "  elif [ \"$previous\" = = ]; then\n"
      "    previous=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  fi\n"
      "  case ${COMP_WORDS[1]} in\n"
      "    help) words=$commands ;;\n");
  describe_all("bash");
  printf("  esac\n"
         "  case $current in\n"
         "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$current\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o bashdefault -o default -F _bigsweep bigsweep\n");
}

static void print_zsh(void) {
  const bs_command *command;
  printf(
      "#compdef bigsweep\n# Completion of bigsweep %s for zsh; made from its tables of options.\n"
      "_bigsweep() {\n  local -a commands\n  commands=(\n",
      BS_VERSION);
  for (size_t i = 0; (command = next(&i)) != NULL;) {
    printf("    '%s:", command->name);
    print_for_zsh(command->summary);
    printf("'\n");
  }
  printf("    'help:all commands, or one'\n    'version:of the program'\n  )\n"
         "  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n"
         "  shift words\n  (( CURRENT-- ))\n  case $words[1] in\n"
         "    help) _describe command commands ;;\n");
  describe_all("zsh");
  printf("  esac\n}\n_bigsweep \"$@\"\n");
}

static int run(const bs_command *command, int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  const bs_command *of = argc > 2 ? command_find(argv[2]) : NULL;
  if (strcmp(what, "names") == 0)
    print_names("\n");
  else if (strcmp(what, "man") == 0 && argc == 2)
    print_man_page();
  else if (strcmp(what, "man") == 0 && of != NULL)
    return describe(of, what);
  else if (strcmp(what, "bash") == 0)
    print_bash();
  else if (strcmp(what, "zsh") == 0)
    print_zsh();
  else {
    print_error(command, "expected names, man [COMMAND], bash or zsh");
    return EXIT_USAGE;
  }
  return EXIT_DONE;
}

const bs_command describe_command = {"describe", "", NULL, run};
