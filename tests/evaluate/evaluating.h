/* What the tests of evaluation share. */
#ifndef BIGSWEEP_TESTS_EVALUATE_EVALUATING_H
#define BIGSWEEP_TESTS_EVALUATE_EVALUATING_H

#include "backend/border_internal.h"
#include "bigsweep/evaluate.h"

/* Checkpoint, tokenizer and engine beside the evaluator's own. */
typedef struct parts {
  bs_checkpoint *checkpoint;
  bs_tokenizer *tokenizer;
  bs_engine *engine;
} parts;

/* In f32, on one thread: models as small as these are slower on several. */
parts open_parts(const char *model);
void close_parts(parts *p);

/* An evaluator with a backend of its own; the arithmetic is the protocol's. NULL `options`: the
   defaults. */
bs_evaluator *open_evaluator(const char *model, const bs_protocol *protocol,
                             const bs_engine_options *options);
void close_evaluator(bs_evaluator **evaluator);

/* What the protocol's joint border generates behind a prompt, worked out in the plainest way: the
   prompt without the white space at its end goes to the engine, whose text is what it adds to the
   prompt's; that white space comes off its front. The request's prompt is filled in. */
void generate_plainly(const parts *p, const bs_text *prompt, bs_generate_request request,
                      bs_text *text);

/* Empty results with the evaluator's columns. */
bs_tables *new_results(void);
/* The value in a column of numbers. */
double number_of(const bs_tables *results, size_t row, const char *name);
bool same_bits(const double *a, const double *b, size_t n);
/* All that an evaluator fills in, bit for bit. */
void check_same(const bs_tables *a, const bs_tables *b);

#endif
