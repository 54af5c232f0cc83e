/* The options of commands with a model, and the model that they name. */
#ifndef BIGSWEEP_PROGRAM_MODEL_OPTIONS_H
#define BIGSWEEP_PROGRAM_MODEL_OPTIONS_H

#include "bigsweep/backend.h"
#include "program/options.h"

typedef struct model_options {
  const char *folder, *dtype, *isa, *transformers;
  int64_t threads;
} model_options;

enum { N_MODEL_OPTIONS = 5 };
/* Puts the rows of the option table into rows[N_MODEL_OPTIONS]. */
void model_option_rows(model_options *values, option *rows);

/* Opens the model and prints the remarks on it. A folder without a tokenizer that fits will do
   where token ids are given. */
bs_status model_open(bs_backend **model, const model_options *values, bs_error *err);

#endif
