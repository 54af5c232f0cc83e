/* A model for the filters: checkpoint, engine, and a tokenizer where the folder has one. */
#ifndef BIGSWEEP_PROGRAM_MODEL_H
#define BIGSWEEP_PROGRAM_MODEL_H

#include "bigsweep/engine.h"
#include "bigsweep/tokenizer.h"
#include "program/options.h"

typedef struct model {
  bs_checkpoint *checkpoint;
  bs_engine *engine;
  bs_tokenizer *tokenizer;  /* NULL: the folder has no tokenizer.json */
  bs_error tokenizer_fault; /* that it is another model's: no fault where ids are given */
} model;

/* The options every command with a model has. */
typedef struct model_options {
  const char *folder, *dtype, *isa;
  int64_t threads;
} model_options;

enum { N_MODEL_OPTIONS = 4 };
/* Puts the rows of the option table into rows[N_MODEL_OPTIONS]. */
void model_option_rows(model_options *values, option *rows);

bs_status model_open(model *m, const model_options *values, bs_error *err);
void model_close(model *m);
/* BS_ERR_INPUT when the model has no tokenizer, or another model's. */
bs_status model_needs_tokenizer(const model *m, bs_error *err);

#endif
