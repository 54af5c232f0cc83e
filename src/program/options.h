/* Options of a command: a table. */
#ifndef BIGSWEEP_PROGRAM_OPTIONS_H
#define BIGSWEEP_PROGRAM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/command.h"

/* A word is one of a few, the first where none is given: "--csv", "--csv scores", "--csv=scores".
 */
typedef enum option_kind {
  OPTION_FLAG,
  OPTION_TEXT,
  OPTION_INTEGER,
  OPTION_LIST,
  OPTION_WORD
} option_kind;

/* The value of an option that takes several texts, with commas between them. {0} without it. */
typedef struct text_list {
  const char **texts; /* [n] */
  size_t n;
  char *bytes; /* what the texts point into */
} text_list;
void text_list_free(text_list *list);

typedef struct option {
  const char *name;   /* "--threads" */
  const char *letter; /* "-n", or NULL */
  option_kind kind;
  void *
      to; /* bool, const char *, int64_t or text_list by kind; keeps its value without the option */
  int64_t low, high;        /* of an integer */
  const char *const *words; /* of a word, NULL behind the last; `to` is a const char * */
  const char *help;
} option;

/* What options_parse decided: go on, or end with an exit code (after --help, or a wrong usage). */
typedef struct parsed {
  bool go_on;
  int exit_code;
  char **arguments; /* what is not an option; borrowed from argv */
  size_t n_arguments;
} parsed;

/* The most results files that a command takes. */
enum { MOST_FILES = 10000 };

/* least to most arguments beside the options. Reorders argv. */
parsed options_parse(const bs_command *command, int argc, char **argv, const option *options,
                     size_t n_options, size_t least, size_t most);

/* BS_ERR_USAGE where a file or folder that the command line names is not there: that is the user's
   to mend, like a wrong option. Of results the parts of an unfinished run are as good as the file.
 */
bs_status expect_file(const char *path, bs_error *err);
/* The same of a model; says what seems to be meant, such as a name on the Hub. */
bs_status expect_model(const char *path, bs_error *err);

#endif
