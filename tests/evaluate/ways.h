/* Ways to put a task whose answers take two steps or are voted on, and a task of all kinds of
   examples to put in them. */
#ifndef BIGSWEEP_TESTS_EVALUATE_WAYS_H
#define BIGSWEEP_TESTS_EVALUATE_WAYS_H

#include "bigsweep/evaluate.h"

/* Of the protocol; the most samples of a vote in these tests. */
enum { SEED = 42, MAX_TOKENS = 12, MOST_SAMPLES = 16 };

/* Examples of all kinds: choices alone, texts alone, both; two choices that read the same. */
extern const char MIXED[];

/* How a task is put. */
typedef struct way {
  const char *reasoning_prompt, *reasoning_stop, *answer_prompt, *stop_string, *output_regex;
  size_t n_samples, max_new_tokens;
  double temperature, top_p;
} way;

extern const way ONE_STEP, TWO_STEPS, TEXT_VOTES, STEP_VOTES;

/* A task of JSON, or of a file, put that way. */
bs_task *put(const char *json_or_path, const way *w);

/* The winner of a vote by counting, each answer against all others. */
size_t count_votes(const char *const *answers, size_t n, bool with_empty, size_t *most);

#endif
