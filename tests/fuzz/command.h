/* A command of the program, run in this process. */
#ifndef BIGSWEEP_TESTS_FUZZ_COMMAND_H
#define BIGSWEEP_TESTS_FUZZ_COMMAND_H

#include "bigsweep/buffer.h"
#include "program/command.h"

/* Runs a command whose standard input is `input`; what it prints replaces `output`, and what it
   says on the standard error is dropped. argv ends with NULL. Returns the exit code. */
int bs_fuzz_command(const bs_command *command, char **argv, const void *input, size_t n_bytes,
                    bs_text *output);

/* Aborts unless `output` is n_lines lines (SIZE_MAX: any number) with a JSON object each. */
void bs_fuzz_expect_objects(const bs_text *output, size_t n_lines);

#endif
