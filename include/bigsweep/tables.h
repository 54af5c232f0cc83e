/* The tables of results in memory: what RESULTS.h5 and its parts hold. */
#ifndef BIGSWEEP_TABLES_H
#define BIGSWEEP_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Strings of all rows are owned by the bs_tables they stand in (see bs_tables_string). */
typedef struct bs_model_row {
  const char *name, *family, *architecture, *path;
  uint64_t parameters, non_embedding_parameters;
  double scale;
  double seed; /* of its training, a whole number; NaN: not given */
  char sha256[65];
} bs_model_row;

typedef struct bs_task_row {
  const char *name, *preferred_metric, *keywords;
  const char *variant;                    /* "" where the task is put as its file has it */
  const char *metrics;                    /* comma-separated: what is computed for the task */
  const char *stop_string, *output_regex; /* "" where there is none */
  uint64_t max_length;
  double low_score, high_score;     /* of the preferred metric */
  double human_average, human_best; /* in the preferred metric's unit; NaN: not known */
  uint64_t examples;                /* distinct ones in the task */
  char sha256[65];
} bs_task_row;

/* What an answer to an example can be: an accepted text, or one of its choices. */
typedef struct bs_target_row {
  uint32_t task, example;
  const char *text;
  bool is_choice;  /* else an accepted answer */
  uint32_t choice; /* of choices: in the order of the task file */
  uint32_t role;   /* of choices: bs_choice_role */
} bs_target_row;

typedef struct bs_example_row {
  uint32_t model, task; /* rows of the two tables */
  uint32_t shots, example;
  double target_logprob; /* NaN: none */
  uint32_t prompt_tokens;
  uint32_t truncated_tokens; /* lost on the left of a prompt that is too long */
  uint32_t border;        /* answers for which a token would span the border of prompt and answer */
  uint32_t shots_shown;   /* as `shots`, or fewer where the prompt was too long with all */
  const char *prediction; /* chosen choice, else post-processed text */
  const char *generated;  /* text as generated; "" where none was asked for */
  uint64_t first_choice;  /* of its rows in choices */
  uint32_t n_choices;
  uint64_t first_sample; /* of its rows in samples */
  uint32_t n_samples;
} bs_example_row;

typedef struct bs_choice_row {
  uint64_t row; /* into examples */
  uint32_t choice, tokens;
  double logprob, target_score;
} bs_choice_row;

/* One of the answers drawn for an example whose most frequent answer counts (self-consistency, Wang
   et al. 2022, arXiv:2203.11171), or the one reasoning of a chain of thought in two steps. */
typedef struct bs_sample_row {
  uint64_t row; /* into examples */
  uint32_t sample;
  const char *reasoning; /* text as generated before the answer; "" where there was none */
  const char *generated; /* text as generated for the answer; "" where none was asked for */
  const char *answer;    /* the chosen choice, else the post-processed text */
} bs_sample_row;

/* An example that was left out because its prompt is too long for the model: it has no row in
   examples and no part in any score. */
typedef struct bs_skipped_row {
  uint32_t model, task; /* rows of the two tables */
  uint32_t shots, example;
  uint32_t prompt_tokens;
} bs_skipped_row;

/* Of how many prompts something was lost, or their answers had to be encoded apart from them. */
typedef struct bs_prompt_counts {
  uint64_t prompts; /* all; the others are some of these */
  uint64_t truncated, fewer_shots, skipped, border;
} bs_prompt_counts;

typedef struct bs_arena bs_arena;

/* Each table has its count; arrays are owned. metric_values is [n_examples][n_metrics], NaN where a
   metric does not apply; the last columns may be records (see bs_example_metric_names). Free with
   bs_tables_free; make with bs_tables_new. */
typedef struct bs_tables {
  bs_model_row *models;
  size_t n_models, cap_models;
  bs_task_row *tasks;
  size_t n_tasks, cap_tasks;
  bs_target_row *targets; /* in order of task, example; accepted answers before choices */
  size_t n_targets, cap_targets;
  bs_example_row *examples;
  size_t n_examples, cap_examples;
  bs_choice_row *choices;
  size_t n_choices, cap_choices;
  bs_sample_row *samples;
  size_t n_samples, cap_samples;
  bs_skipped_row *skipped;
  size_t n_skipped, cap_skipped;
  const char **metric_names; /* [n_metrics] */
  size_t n_metrics;
  double *metric_values;
  size_t cap_metric_values;
  bs_arena *arena; /* of the strings */
} bs_tables;

/* `metric_names` is copied: the columns every example has. */
bs_status bs_tables_new(bs_tables **out, const char *const *metric_names, size_t n_metrics,
                        bs_error *err);
void bs_tables_free(bs_tables **results);

/* A copy of n_bytes bytes and a NUL, owned by `results`; NULL when out of memory. */
const char *bs_tables_string(bs_tables *results, const char *bytes, size_t n_bytes);

/* Append a row; its strings are copied. bs_tables_add_example also appends the example's choices
   and samples (as many as the row says; their `row` is set here) and its metric values (n_metrics
   of `results`). */
bs_status bs_tables_add_model(bs_tables *results, const bs_model_row *row, bs_error *err);
bs_status bs_tables_add_task(bs_tables *results, const bs_task_row *row, bs_error *err);
bs_status bs_tables_add_target(bs_tables *results, const bs_target_row *row, bs_error *err);
bs_status bs_tables_add_example(bs_tables *results, const bs_example_row *row,
                                const bs_choice_row *choices, const bs_sample_row *samples,
                                const double *metric_values, bs_error *err);

bs_status bs_tables_add_skipped(bs_tables *results, const bs_skipped_row *row, bs_error *err);

/* The first of example row i's choices and samples; NULL where it has none. */
const bs_choice_row *bs_tables_choices(const bs_tables *results, size_t i);
const bs_sample_row *bs_tables_samples(const bs_tables *results, size_t i);

/* Puts examples (with their choices, samples and metric values) into canonical order: model, task,
   shots, example; of rows with equal keys the first stays. So do those left out. Targets by task,
   example, accepted answers before choices, in the order they came. */
bs_status bs_tables_sort(bs_tables *results, bs_error *err);

/* Adds an example's row, one that was left out, or other counts. */
void bs_prompt_counts_add_example(bs_prompt_counts *to, const bs_example_row *row);
void bs_prompt_counts_add_skipped(bs_prompt_counts *to);
void bs_prompt_counts_add(bs_prompt_counts *to, const bs_prompt_counts *from);
/* Whether any of them is something to tell. */
bool bs_prompt_counts_any(const bs_prompt_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
