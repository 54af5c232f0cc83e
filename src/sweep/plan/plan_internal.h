/* What the parts of planning share. */
#ifndef BIGSWEEP_SWEEP_PLAN_PLAN_INTERNAL_H
#define BIGSWEEP_SWEEP_PLAN_PLAN_INTERNAL_H

#include "bigsweep/sweep.h"
#include "bigsweep/tokenizer.h"

/* Opens the tasks of plan->config, with their baselines; those that cannot be used are told and
   left out. */
bs_status bs_plan_read_tasks(bs_plan *plan, bs_notice notice, void *user, bs_error *err);

/* Examples of a task whose accepted answers have all more tokens than are generated, as the
   tokenizer of one model writes them. */
typedef struct bs_long_answers {
  size_t n;          /* of the model that has the most */
  const char *model; /* its name; borrowed */
  size_t first;      /* the first such example ... */
  size_t n_tokens;   /* ... and the tokens of its shortest answer */
} bs_long_answers;

/* Counts for one more model; `longest` is [plan->n_tasks], {0} at first. */
bs_status bs_plan_count_long_answers(const bs_plan *plan, const bs_tokenizer *tokenizer,
                                     const char *model, bs_long_answers *longest, bs_error *err);
bs_status bs_plan_tell_long_answers(const bs_plan *plan, const bs_long_answers *longest,
                                    bs_notice notice, void *user, bs_error *err);

/* Tells for how many tasks the first prompt begins with the token that the tokenizer of a model
   puts before every text. */
bs_status bs_plan_tell_doubled(const bs_plan *plan, const bs_tokenizer *tokenizer,
                               const bs_model_spec *model, bs_notice notice, void *user,
                               bs_error *err);

/* Tells which wraps end the model's turn with a text that is no token of its tokenizer. */
bs_status bs_plan_tell_wraps(const bs_plan *plan, const bs_tokenizer *tokenizer,
                             const bs_model_spec *model, bs_notice notice, void *user,
                             bs_error *err);
/* What a row says of a model's wrap (NULL: none); free with free(). NULL: no memory. */
char *bs_plan_wrap_text(const bs_wrap *wrap, bs_error *err);
/* A model whose prompts are wrapped is another one than the same checkpoint without: the hash
   becomes that of the checkpoint's and of all that the wrap says. */
bs_status bs_plan_hash_wrap(char sha256[65], const bs_wrap *wrap, bs_error *err);

/* Training compute in FLOPs: as given, else 6 x active parameters x tokens (Kaplan et al. 2020,
   arXiv:2001.08361); NaN where neither is known. */
double bs_plan_compute(const bs_model_spec *spec, const bs_model_info *info);
/* A model's place on its axis. */
double bs_plan_scale(const bs_model_spec *spec, const bs_model_info *info);

#endif
