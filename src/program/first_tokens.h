/* The beginning of a prompt as a model sees it, for people. */
#ifndef BIGSWEEP_PROGRAM_FIRST_TOKENS_H
#define BIGSWEEP_PROGRAM_FIRST_TOKENS_H

#include "bigsweep/sweep.h"
#include "bigsweep/tokenizer.h"
#include "program/command.h"

/* Appends the texts of the first tokens of a prompt, each as a JSON string, with blanks between.
 *is_doubled: the text spells out the token that the tokenizer puts right before it; of a wrapped
 prompt it is shown once, as it counts. */
bs_status append_first_tokens(bs_text *to, const bs_tokenizer *tokenizer, const char *text,
                              size_t n_bytes, bool is_wrapped, bool *is_doubled, bs_error *err);

/* Prints what `command` has to warn of: the tokenizer's own remarks; `name` is the model's. */
void warn_of_tokenizer(const bs_command *command, const char *name, const bs_tokenizer *tokenizer);

/* Prints the first tokens of each model of a plan under its first task. A tokenizer that cannot
   be opened is named in its line. */
bs_status print_first_tokens(const bs_plan *plan, bs_error *err);

#endif
