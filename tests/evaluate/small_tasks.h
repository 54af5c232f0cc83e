/* Two small tasks and two small models, and calls that evaluate them. */
#ifndef BIGSWEEP_TESTS_EVALUATE_SMALL_TASKS_H
#define BIGSWEEP_TESTS_EVALUATE_SMALL_TASKS_H

#include "bigsweep/evaluate.h"

/* A model in the reference data, and one in the repository. */
extern const char STORIES[], LADDER[];

extern const char TEXT_TASK[];
/* Choices whose border with the context falls within a word, and contexts that end in space. */
extern const char CHOICE_TASK[];

/* In f32, on one thread, with seed 42. */
bs_evaluator *open_model(const char *model, bs_border border, size_t max_tokens);
bs_task *parse(const char *json);

/* All examples in one call. */
bs_tables *run_all(bs_evaluator *evaluator, const bs_task *task, uint32_t shots);
/* Examples [0, n) in calls of `step`, as those of model 3 and task 5. */
bs_tables *run_steps(bs_evaluator *evaluator, const bs_task *task, size_t shots, size_t n,
                     size_t step);

/* The log-probability of tokens that are given. */
double logprob_of(bs_engine *engine, const bs_tokens *context, const bs_tokens *answer,
                  size_t *n_greedy);

#endif
