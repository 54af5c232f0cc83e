/* A command and its options, described from their tables: help on a terminal, a man page, lines of
   completion scripts. */
#ifndef BIGSWEEP_PROGRAM_DESCRIBE_H
#define BIGSWEEP_PROGRAM_DESCRIBE_H

#include <stdio.h>

#include "program/options.h"

/* To the standard output, in the form "text", "man", "bash" or "zsh"; false for another. */
bool describe_options(const char *form, const bs_command *command, const option *options, size_t n);

/* Words in lines of at most `width`, all but the first `indent` from the left; ends the line. */
void print_wrapped(FILE *to, const char *text, size_t indent, size_t width);
/* The width of help: the terminal's, but lines of more than 100 characters read badly. */
size_t help_width(int descriptor);

/* Text within single quotes, in which zsh's completion takes no letter for its own. */
void print_for_zsh(const char *text);

/* Longer than a command's summary. NULL: there is none. */
typedef struct command_details {
  const char *name;
  const char *text;     /* paragraphs, with an empty line between them */
  const char *examples; /* lines for a shell */
} command_details;
const command_details *details_of(const bs_command *command);

#endif
