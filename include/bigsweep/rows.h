/* The rows of the tables of results, one line for each column.

   A list COLUMN(type, name, rules) describes a table: the C type of the field and so the type of
   the column, its name in the row and in the file, and what else is known of it. The row struct is
   made from the list, and so is the description that the file, the messages between ranks, the
   checks and the sort walk: a new column is a new line here (and one in src/tables/meanings.c and
   in docs/results.md). AS gives a column another name in the file than the field has.

   Types: uint32_t, uint64_t; double, whose NaN is "undefined" or "not known"; const char *, UTF-8,
   never NULL in a table; bs_hash. */
#ifndef BIGSWEEP_ROWS_H
#define BIGSWEEP_ROWS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A SHA-256 as hexadecimal digits, or "". */
typedef char bs_hash[65];

typedef enum bs_column_rules {
  BS_PLAIN = 0,
  BS_KEY = 1 << 0, /* these columns identify a row; rows are sorted by them, the first one first */
  BS_GIVEN = 1 << 1,       /* not in messages: the unit of work or the example tells it */
  BS_MODEL_INDEX = 1 << 2, /* a row of /models */
  BS_TASK_INDEX = 1 << 3,  /* a row of /tasks */
  /* Files from before the column was kept are read as if it were 0, NaN or ""; or as `shots`. */
  BS_LATER = 1 << 4,
  BS_LATER_AS_SHOTS = 1 << 5
} bs_column_rules;

#define BS_FIELD(type, name, rules) type name;
#define BS_FIELD_AS(type, name, stored_name, rules) type name;

#define BS_MODEL_COLUMNS(COLUMN)                                                                   \
  COLUMN(const char *, name, BS_PLAIN)                                                             \
  COLUMN(const char *, family, BS_PLAIN)                                                           \
  COLUMN(const char *, architecture, BS_PLAIN)                                                     \
  COLUMN(uint64_t, parameters, BS_PLAIN) /* tied weights once */                                   \
  COLUMN(uint64_t, non_embedding_parameters, BS_PLAIN)                                             \
  COLUMN(uint64_t, active_parameters, BS_LATER) /* as in bs_model_info */                          \
  COLUMN(double, scale, BS_PLAIN)                                                                  \
  COLUMN(double, seed, BS_LATER)         /* of its training, a whole number; NaN: not given */     \
  COLUMN(const char *, axis, BS_LATER)   /* what the scale is: bs_axis_name; "": not kept */       \
  COLUMN(double, step, BS_LATER)         /* of its training; NaN: not given */                     \
  COLUMN(double, tokens, BS_LATER)       /* of its training */                                     \
  COLUMN(double, compute, BS_LATER)      /* of its training, in FLOPs */                           \
  COLUMN(const char *, group, BS_LATER)  /* "dense", "sparse", or as given */                      \
  COLUMN(const char *, tuning, BS_LATER) /* "base", "instruct", or as given; "": not given */      \
  COLUMN(const char *, series, BS_LATER) /* "training", "quantization", or as given */             \
  COLUMN(const char *, quantization, BS_LATER)                                                     \
  COLUMN(const char *, wrap, BS_LATER) /* as bs_wrap_print; "": none */                            \
  COLUMN(const char *, path, BS_PLAIN)                                                             \
  COLUMN(bs_hash, sha256, BS_PLAIN)
typedef struct bs_model_row {
  BS_MODEL_COLUMNS(BS_FIELD)
} bs_model_row;

#define BS_TASK_COLUMNS(COLUMN)                                                                    \
  COLUMN(const char *, name, BS_PLAIN)                                                             \
  COLUMN(const char *, variant, BS_LATER) /* "": the task is put as its file has it */             \
  COLUMN(const char *, preferred_metric, BS_PLAIN)                                                 \
  COLUMN(const char *, metrics, BS_PLAIN) /* comma-separated: what is computed for the task */     \
  COLUMN(double, low_score, BS_PLAIN)     /* of the preferred metric */                            \
  COLUMN(double, high_score, BS_PLAIN)                                                             \
  COLUMN(double, human_average, BS_LATER) /* in the preferred metric's unit; NaN: not known */     \
  COLUMN(double, human_best, BS_LATER)                                                             \
  COLUMN(uint64_t, examples, BS_PLAIN) /* distinct ones in the task */                             \
  COLUMN(const char *, keywords, BS_PLAIN)                                                         \
  COLUMN(const char *, stop_string, BS_PLAIN) /* "": none */                                       \
  COLUMN(const char *, output_regex, BS_PLAIN)                                                     \
  COLUMN(uint64_t, max_length, BS_PLAIN)                                                           \
  /* As in bs_task: what prompts and answers are made with. In files from before, 0, NaN, "". */   \
  COLUMN(const char *, task_prefix, BS_LATER)                                                      \
  COLUMN(const char *, separator, BS_LATER)                                                        \
  COLUMN(const char *, listed_metrics, BS_LATER) /* comma-separated: as listed or asked for */     \
  COLUMN(uint32_t, steps, BS_LATER)              /* 2: a reasoning, then the answer; else 1 */     \
  COLUMN(const char *, reasoning_prompt, BS_LATER)                                                 \
  COLUMN(const char *, reasoning_stop, BS_LATER)                                                   \
  COLUMN(const char *, answer_prompt, BS_LATER)                                                    \
  COLUMN(uint64_t, max_new_tokens, BS_LATER)                                                       \
  COLUMN(uint64_t, n_samples, BS_LATER)                                                            \
  COLUMN(double, temperature, BS_LATER)                                                            \
  COLUMN(double, top_p, BS_LATER)                                                                  \
  COLUMN(const char *, wrap, BS_LATER) /* as bs_wrap_print; "": the model's */                     \
  COLUMN(bs_hash, sha256, BS_PLAIN)
typedef struct bs_task_row {
  BS_TASK_COLUMNS(BS_FIELD)
} bs_task_row;

/* The question of an example, and behind those of a task the questions that it shows as shots and
   never asks. With the answers, the row of /tasks and the seed every prompt can be made again
   (bs_task_of_tables). */
#define BS_INPUT_COLUMNS(COLUMN)                                                                   \
  COLUMN(uint32_t, task, BS_KEY | BS_TASK_INDEX)                                                   \
  COLUMN(uint32_t, example, BS_KEY)                                                                \
  COLUMN(const char *, query, BS_PLAIN)   /* as it stands in a prompt: bs_prompter_append_query */ \
  COLUMN(uint32_t, input_start, BS_PLAIN) /* its example's own text: the query without what the */ \
  COLUMN(uint32_t, input_bytes, BS_PLAIN) /* task puts around it, in bytes; see bs_input_text */   \
  COLUMN(uint64_t, identity, BS_PLAIN)    /* as in bs_example: equal ones show no other as shot */ \
  COLUMN(const char *, answer, BS_PLAIN)  /* of a question that is never asked; else "" */
typedef struct bs_input_row {
  BS_INPUT_COLUMNS(BS_FIELD)
} bs_input_row;

/* An accepted answer to an example. */
#define BS_TARGET_COLUMNS(COLUMN)                                                                  \
  COLUMN(uint32_t, task, BS_KEY | BS_TASK_INDEX)                                                   \
  COLUMN(uint32_t, example, BS_KEY)                                                                \
  COLUMN(const char *, text, BS_PLAIN)
typedef struct bs_target_row {
  BS_TARGET_COLUMNS(BS_FIELD)
} bs_target_row;

/* A choice of an example. */
#define BS_CHOICE_TEXT_COLUMNS(COLUMN)                                                             \
  COLUMN(uint32_t, task, BS_KEY | BS_TASK_INDEX)                                                   \
  COLUMN(uint32_t, example, BS_KEY)                                                                \
  COLUMN(uint32_t, choice, BS_PLAIN) /* in the order of the task file */                           \
  COLUMN(const char *, text, BS_PLAIN)                                                             \
  COLUMN(uint32_t, role, BS_LATER) /* bs_choice_role */                                            \
  COLUMN(double, target_score, BS_LATER)
typedef struct bs_choice_text_row {
  BS_CHOICE_TEXT_COLUMNS(BS_FIELD)
} bs_choice_text_row;

#define BS_EXAMPLE_COLUMNS(COLUMN)                                                                 \
  COLUMN(uint32_t, model, BS_KEY | BS_MODEL_INDEX | BS_GIVEN)                                      \
  COLUMN(uint32_t, task, BS_KEY | BS_TASK_INDEX | BS_GIVEN)                                        \
  COLUMN(uint32_t, shots, BS_KEY | BS_GIVEN)                                                       \
  COLUMN(uint32_t, example, BS_KEY)                                                                \
  COLUMN(uint64_t, cluster, BS_LATER) /* equal where examples hang together; 0: it stands alone */ \
  COLUMN(uint32_t, prompt_tokens, BS_PLAIN)                                                        \
  COLUMN(uint32_t, truncated_tokens, BS_PLAIN) /* lost on the left of a prompt that is too long */ \
  COLUMN(uint32_t, border, BS_LATER) /* answers of which a token would span the prompt's border */ \
  COLUMN(uint32_t, shots_shown, BS_LATER_AS_SHOTS) /* fewer where the prompt was too long */       \
  COLUMN(double, target_logprob, BS_PLAIN)         /* NaN: none */                                 \
  COLUMN(const char *, prediction, BS_PLAIN)       /* chosen choice, else post-processed text */   \
  COLUMN(const char *, generated, BS_PLAIN)        /* "": no text was asked for */
typedef struct bs_example_row {
  BS_EXAMPLE_COLUMNS(BS_FIELD)
  /* Its rows in choices and in samples; counted from those rows where a file is read. */
  uint64_t first_choice, first_sample;
  uint32_t n_choices, n_samples;
} bs_example_row;

#define BS_CHOICE_COLUMNS(COLUMN)                                                                  \
  COLUMN(uint64_t, row, BS_KEY | BS_GIVEN) /* of /examples */                                      \
  COLUMN(uint32_t, choice, BS_KEY)                                                                 \
  COLUMN(uint32_t, tokens, BS_PLAIN)                                                               \
  COLUMN(double, logprob, BS_PLAIN)                                                                \
  COLUMN(double, target_score, BS_PLAIN)
typedef struct bs_choice_row {
  BS_CHOICE_COLUMNS(BS_FIELD)
} bs_choice_row;

/* One of the answers drawn for an example whose most frequent answer counts (self-consistency, Wang
   et al. 2022, arXiv:2203.11171), or the one reasoning of a chain of thought in two steps. */
#define BS_SAMPLE_COLUMNS(COLUMN)                                                                  \
  COLUMN(uint64_t, row, BS_KEY | BS_GIVEN) /* of /examples */                                      \
  COLUMN(uint32_t, sample, BS_KEY)                                                                 \
  COLUMN(const char *, reasoning, BS_PLAIN) /* text before the answer; "": there was none */       \
  COLUMN(const char *, generated, BS_PLAIN) /* text of the answer; "": none was asked for */       \
  COLUMN(const char *, answer, BS_PLAIN)    /* the chosen choice, else the post-processed text */
typedef struct bs_sample_row {
  BS_SAMPLE_COLUMNS(BS_FIELD)
} bs_sample_row;

/* An example that was left out because its prompt is too long for the model: it has no row in
   examples and no part in any score. */
#define BS_SKIPPED_COLUMNS(COLUMN)                                                                 \
  COLUMN(uint32_t, model, BS_KEY | BS_MODEL_INDEX | BS_GIVEN)                                      \
  COLUMN(uint32_t, task, BS_KEY | BS_TASK_INDEX | BS_GIVEN)                                        \
  COLUMN(uint32_t, shots, BS_KEY | BS_GIVEN)                                                       \
  COLUMN(uint32_t, example, BS_KEY)                                                                \
  COLUMN(uint32_t, prompt_tokens, BS_PLAIN)
typedef struct bs_skipped_row {
  BS_SKIPPED_COLUMNS(BS_FIELD)
} bs_skipped_row;

/* One score: a model on a task under a metric. */
#define BS_SCORE_COLUMNS(COLUMN, AS)                                                               \
  COLUMN(uint32_t, model, BS_MODEL_INDEX)                                                          \
  COLUMN(uint32_t, task, BS_TASK_INDEX)                                                            \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(const char *, metric, BS_PLAIN)                                                           \
  COLUMN(double, value, BS_PLAIN)                                                                  \
  AS(double, standard_error, "stderr", BS_PLAIN)                                                   \
  COLUMN(uint64_t, n, BS_PLAIN)          /* examples */                                            \
  COLUMN(uint64_t, n_clusters, BS_PLAIN) /* n where every example stands alone */                  \
  /* 100 (value - low) / (high - low) of the task's preferred metric, else NaN */                  \
  COLUMN(double, normalized, BS_PLAIN)
typedef struct bs_score_row {
  BS_SCORE_COLUMNS(BS_FIELD, BS_FIELD_AS)
} bs_score_row;

/* Linearity and breakthroughness of a curve: a family on a task, or in the mean over tasks, under a
   metric. All but n and shared_scales is NaN ("" for the shape) where shared_scales > 0: such a
   family has no single curve. Intervals and shape come from the examples that all models of the
   curve have a value for (whole clusters of them), where the metric has a value for each example;
   else from the points' standard errors; where models have repeats they hold the noise of seeds as
   well; they are undefined where a point has no score or no error. */
#define BS_LINEARITY_COLUMNS(COLUMN)                                                               \
  COLUMN(const char *, family, BS_PLAIN)                                                           \
  COLUMN(const char *, task, BS_PLAIN)                                                             \
  COLUMN(const char *, metric, BS_PLAIN)                                                           \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(uint64_t, n, BS_PLAIN) /* scales */                                                       \
  COLUMN(double, improvement, BS_PLAIN)                                                            \
  COLUMN(double, linearity, BS_PLAIN)                                                              \
  COLUMN(double, breakthroughness, BS_PLAIN)                                                       \
  COLUMN(double, root_mean_square, BS_PLAIN)                                                       \
  COLUMN(double, root_median_square, BS_PLAIN)                                                     \
  COLUMN(double, linearity_per_step, BS_PLAIN)                                                     \
  COLUMN(uint64_t, shared_scales, BS_PLAIN) /* scales of several models that are not repeats */    \
  COLUMN(double, improvement_low, BS_PLAIN) /* ends of 95 % intervals */                           \
  COLUMN(double, improvement_high, BS_PLAIN)                                                       \
  COLUMN(double, improvement_corrected, BS_PLAIN)                                                  \
  COLUMN(double, linearity_low, BS_PLAIN)                                                          \
  COLUMN(double, linearity_high, BS_PLAIN)                                                         \
  COLUMN(double, linearity_corrected, BS_PLAIN)                                                    \
  COLUMN(double, breakthroughness_low, BS_PLAIN)                                                   \
  COLUMN(double, breakthroughness_high, BS_PLAIN)                                                  \
  COLUMN(double, sign_share, BS_PLAIN)                                                             \
  COLUMN(const char *, shape, BS_PLAIN)                                                            \
  COLUMN(double, shape_p, BS_PLAIN)                                                                \
  /* as scales, between two models on a logarithmic axis */                                        \
  COLUMN(double, half_rise_scale, BS_PLAIN)                                                        \
  COLUMN(double, half_rise_scale_low, BS_PLAIN)                                                    \
  COLUMN(double, half_rise_scale_high, BS_PLAIN)                                                   \
  /* the largest share of the whole change that lies within two neighbouring steps (one with fewer \
     than six models) */                                                                           \
  COLUMN(double, jump_share, BS_PLAIN)                                                             \
  COLUMN(double, jump_share_low, BS_PLAIN)                                                         \
  COLUMN(double, jump_share_high, BS_PLAIN)                                                        \
  /* of the score over seeds, of all scales together; NaN: no repeats */                           \
  COLUMN(double, seed_deviation, BS_PLAIN)
typedef struct bs_linearity_row {
  BS_LINEARITY_COLUMNS(BS_FIELD)
} bs_linearity_row;

/* One point of the curve behind a row: a model, or repeats of one, averaged. Models are repeats of
   each other when the configuration (or table) says so: the same family and scale, and a seed each,
   all different. Other models are never averaged. The standard error is that of the mean, over the
   choice of examples, which the repeats have in common: that of the means over the repeats, example
   by example. From a table, which has no examples, it is the mean of the repeats' standard errors:
   the largest that it can be. It says nothing about other seeds; NaN if unknown. */
#define BS_POINT_COLUMNS(COLUMN, AS)                                                               \
  COLUMN(uint64_t, curve, BS_PLAIN)          /* the linearity row */                               \
  COLUMN(uint32_t, model, BS_MODEL_INDEX)    /* the first repeat, with a score or without */       \
  AS(uint32_t, n_models, "models", BS_PLAIN) /* repeats that have a score; 1: one model */         \
  COLUMN(double, scale, BS_PLAIN)                                                                  \
  COLUMN(double, value, BS_PLAIN) /* their mean */                                                 \
  AS(double, standard_error, "stderr", BS_PLAIN)                                                   \
  /* of the repeats' scores, n_models - 1; NaN for less than two */                                \
  COLUMN(double, standard_deviation, BS_PLAIN)                                                     \
  /* distinct examples (from a table: the most of a repeat); 0: unknown */                         \
  COLUMN(uint64_t, n, BS_PLAIN)
typedef struct bs_scale_point {
  BS_POINT_COLUMNS(BS_FIELD, BS_FIELD_AS)
} bs_scale_point;

/* The mean of the normalised preferred scores of several tasks under a model: of the subtasks of a
   task (its normalized_aggregate_score), of all tasks, or of those whose human scores are known
   (where some of all are), or of those that have a keyword in common (two at least, and not all),
   where a task's subtasks count as the one task that they make up. Tasks that are put in another
   way (variants) count in means of their own, one for each variant, never as further tasks. NaN
   unless the model has a score for every task that any model has. */
#define BS_AGGREGATE_COLUMNS(COLUMN, AS)                                                           \
  COLUMN(uint32_t, model, BS_MODEL_INDEX)                                                          \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  /* the parent's name; BS_ALL_TASKS; BS_HUMAN_TASKS; BS_KEYWORD_TASKS; @VARIANT behind it */      \
  COLUMN(const char *, tasks, BS_PLAIN)                                                            \
  COLUMN(double, value, BS_PLAIN)                                                                  \
  AS(double, standard_error, "stderr", BS_PLAIN) /* the tasks' errors being independent */         \
  COLUMN(uint64_t, n, BS_PLAIN)                  /* tasks */
typedef struct bs_aggregate_row {
  BS_AGGREGATE_COLUMNS(BS_FIELD, BS_FIELD_AS)
} bs_aggregate_row;

/* How far a score depends on the way in which a task is put: over its variants (and the task as its
   file has it, where that was run) that have the metric, two at least. Sclar et al. 2023
   (arXiv:2310.11324) report the range, Mizrahi et al. 2024 (arXiv:2401.00595) mean and maximum. NaN
   unless the model has a score for every variant that any model has. */
#define BS_SPREAD_COLUMNS(COLUMN)                                                                  \
  COLUMN(uint32_t, model, BS_MODEL_INDEX)                                                          \
  COLUMN(const char *, task, BS_PLAIN) /* without @VARIANT */                                      \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(const char *, metric, BS_PLAIN)                                                           \
  COLUMN(uint64_t, n, BS_PLAIN) /* variants */                                                     \
  COLUMN(double, mean, BS_PLAIN)                                                                   \
  COLUMN(double, minimum, BS_PLAIN)                                                                \
  COLUMN(double, maximum, BS_PLAIN)                                                                \
  COLUMN(double, range, BS_PLAIN)                                                                  \
  COLUMN(double, standard_deviation, BS_PLAIN) /* of the sample: n - 1 */                          \
  /* "": the task as its file has it, or no minimum; of equal ones the first of /tasks */          \
  COLUMN(const char *, minimum_variant, BS_PLAIN)                                                  \
  COLUMN(const char *, maximum_variant, BS_PLAIN)
typedef struct bs_spread_row {
  BS_SPREAD_COLUMNS(BS_FIELD)
} bs_spread_row;

/* What people score: on a task in the preferred metric's unit, and normalised as the models'
   scores; of an aggregate only the latter, the mean over its tasks. NaN where it is not known, of
   an aggregate where it is not known for one of its tasks. */
#define BS_HUMAN_COLUMNS(COLUMN)                                                                   \
  COLUMN(const char *, task, BS_PLAIN) /* of /tasks, or an aggregate */                            \
  COLUMN(const char *, metric, BS_PLAIN)                                                           \
  COLUMN(double, average, BS_PLAIN)                                                                \
  COLUMN(double, best, BS_PLAIN)                                                                   \
  COLUMN(double, normalized_average, BS_PLAIN)                                                     \
  COLUMN(double, normalized_best, BS_PLAIN)                                                        \
  COLUMN(uint64_t, n, BS_PLAIN) /* tasks */
typedef struct bs_human_row {
  BS_HUMAN_COLUMNS(BS_FIELD)
} bs_human_row;

/* The score that a curve is expected to have at a larger size, and where that size was run (a
   back-test) the score that it has. A reason says why nobody should rely on a forecast; outside
   back-tests there is then no forecast. */
#define BS_FORECAST_COLUMNS(COLUMN)                                                                \
  COLUMN(const char *, family, BS_PLAIN)                                                           \
  COLUMN(const char *, task, BS_PLAIN) /* as in linearity rows */                                  \
  COLUMN(const char *, metric, BS_PLAIN)                                                           \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(const char *, method, BS_PLAIN) /* "median4", "laws"; "": none could be used */           \
  COLUMN(double, scale, BS_PLAIN)        /* or compute, where a table of scores has it */          \
  COLUMN(double, forecast, BS_PLAIN)                                                               \
  COLUMN(double, low80, BS_PLAIN) /* ends of an 80 % interval */                                   \
  COLUMN(double, high80, BS_PLAIN)                                                                 \
  COLUMN(double, observed, BS_PLAIN)                                                               \
  COLUMN(const char *, reason, BS_PLAIN) /* "": the forecast stands */
typedef struct bs_forecast_row {
  BS_FORECAST_COLUMNS(BS_FIELD)
} bs_forecast_row;

/* Of how many prompts something was lost, or their answers had to be encoded apart from them. */
#define BS_PROMPT_COUNT_COLUMNS(COLUMN)                                                            \
  COLUMN(uint64_t, prompts, BS_PLAIN) /* all; the others are some of these */                      \
  COLUMN(uint64_t, truncated, BS_PLAIN)                                                            \
  COLUMN(uint64_t, fewer_shots, BS_PLAIN)                                                          \
  COLUMN(uint64_t, skipped, BS_PLAIN)                                                              \
  COLUMN(uint64_t, border, BS_PLAIN)
typedef struct bs_prompt_counts {
  BS_PROMPT_COUNT_COLUMNS(BS_FIELD)
} bs_prompt_counts;

/* The prompts of a model, task and number of shots, those that were left out among them. */
#define BS_PROMPT_COLUMNS(COLUMN)                                                                  \
  COLUMN(uint32_t, model, BS_MODEL_INDEX)                                                          \
  COLUMN(uint32_t, task, BS_TASK_INDEX)                                                            \
  COLUMN(uint32_t, shots, BS_PLAIN)
typedef struct bs_prompt_row {
  BS_PROMPT_COLUMNS(BS_FIELD)
  bs_prompt_counts of;
} bs_prompt_row;

/* A curve of a sharp metric (a match, or the chosen one of several choices) beside that of a smooth
   one: both are rows of linearity, whose numbers stand here once more. Of each task the sharp
   metric is the preferred one if that is sharp, else the first that it has. */
#define BS_SMOOTH_COLUMNS(COLUMN)                                                                  \
  COLUMN(const char *, family, BS_PLAIN)                                                           \
  COLUMN(const char *, task, BS_PLAIN)                                                             \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(const char *, metric, BS_PLAIN) /* the sharp one */                                       \
  COLUMN(const char *, smooth_metric, BS_PLAIN)                                                    \
  COLUMN(const char *, verdict, BS_PLAIN) /* bs_verdict */                                         \
  COLUMN(const char *, shape, BS_PLAIN)                                                            \
  COLUMN(double, breakthroughness, BS_PLAIN)                                                       \
  COLUMN(double, breakthroughness_low, BS_PLAIN)                                                   \
  COLUMN(double, breakthroughness_high, BS_PLAIN)                                                  \
  COLUMN(double, jump_share, BS_PLAIN)                                                             \
  COLUMN(double, jump_share_low, BS_PLAIN)                                                         \
  COLUMN(double, jump_share_high, BS_PLAIN)                                                        \
  COLUMN(const char *, smooth_shape, BS_PLAIN)                                                     \
  COLUMN(double, smooth_breakthroughness, BS_PLAIN)                                                \
  COLUMN(double, smooth_breakthroughness_low, BS_PLAIN)                                            \
  COLUMN(double, smooth_breakthroughness_high, BS_PLAIN)                                           \
  COLUMN(double, smooth_jump_share, BS_PLAIN)                                                      \
  COLUMN(double, smooth_jump_share_low, BS_PLAIN)                                                  \
  COLUMN(double, smooth_jump_share_high, BS_PLAIN)                                                 \
  COLUMN(uint64_t, curve, BS_PLAIN) /* rows of linearity */                                        \
  COLUMN(uint64_t, smooth_curve, BS_PLAIN)
typedef struct bs_smooth_row {
  BS_SMOOTH_COLUMNS(BS_FIELD)
} bs_smooth_row;

/* Two groups of models compared over scale on one task, or in the mean over all tasks that both
   have (BS_ALL_TASKS, normalised scores, every task counting once, subtasks too): two families, or
   a family's scores on a task that is put in two ways (variants; "": as its file has it). Examples
   of one number are the same for both, so errors are of paired differences. Compared are preferred
   metrics and those of calibration. See bs_curve_comparison. */
#define BS_FAMILIES_COMPARED "families"
#define BS_VARIANTS_COMPARED "variants"
#define BS_TASKS_COMPARED "tasks" /* bs_analysis_compare_tasks: not in files */
#define BS_COMPARISON_COLUMNS(COLUMN, AS)                                                          \
  COLUMN(const char *, kind, BS_PLAIN)   /* BS_FAMILIES_COMPARED, BS_VARIANTS_COMPARED */          \
  COLUMN(const char *, family, BS_PLAIN) /* of variants; else "" */                                \
  COLUMN(const char *, first, BS_PLAIN)                                                            \
  COLUMN(const char *, second, BS_PLAIN)                                                           \
  COLUMN(const char *, task, BS_PLAIN) /* without @VARIANT */                                      \
  COLUMN(const char *, metric, BS_PLAIN)                                                           \
  COLUMN(uint32_t, preferred, BS_PLAIN) /* 1: it is the task's preferred metric */                 \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(uint64_t, n, BS_PLAIN)       /* examples; of the mean over tasks: tasks */                \
  COLUMN(double, scale_low, BS_PLAIN) /* the scales that both reach */                             \
  COLUMN(double, scale_high, BS_PLAIN)                                                             \
  COLUMN(double, difference, BS_PLAIN) /* first less second at equal scale */                      \
  AS(double, standard_error, "stderr", BS_PLAIN)                                                   \
  COLUMN(double, difference_low, BS_PLAIN) /* ends of 95 % intervals */                            \
  COLUMN(double, difference_high, BS_PLAIN)                                                        \
  COLUMN(double, p, BS_PLAIN)                                                                      \
  COLUMN(double, p_holm, BS_PLAIN) /* corrected for the number of tasks of the two groups */       \
  COLUMN(double, p_false_discovery, BS_PLAIN)                                                      \
  COLUMN(double, ratio, BS_PLAIN) /* the second's scales must be so much larger to match */        \
  COLUMN(double, ratio_low, BS_PLAIN)                                                              \
  COLUMN(double, ratio_high, BS_PLAIN)                                                             \
  /* of the mean over tasks: tasks on which the first has more, the second, neither; else 0 */     \
  COLUMN(uint64_t, wins, BS_PLAIN)                                                                 \
  COLUMN(uint64_t, losses, BS_PLAIN)                                                               \
  COLUMN(uint64_t, ties, BS_PLAIN)                                                                 \
  COLUMN(double, sign_p, BS_PLAIN) /* the sign test's p of these */
typedef struct bs_comparison_row {
  BS_COMPARISON_COLUMNS(BS_FIELD, BS_FIELD_AS)
} bs_comparison_row;

/* How often a model is right when it is so sure: the answers to multiple choice of a model on a
   task (or all tasks together, each answer counting once), binned by confidence, which is the
   probability of the chosen one among the choices. Bins without answers have no row. */
#define BS_RELIABILITY_COLUMNS(COLUMN)                                                             \
  COLUMN(uint32_t, model, BS_MODEL_INDEX)                                                          \
  COLUMN(const char *, task, BS_PLAIN) /* of /tasks; BS_ALL_TASKS; @VARIANT behind it */           \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(double, low, BS_PLAIN) /* low <= confidence < high; of the last bin <= high */            \
  COLUMN(double, high, BS_PLAIN)                                                                   \
  COLUMN(uint64_t, n, BS_PLAIN)                                                                    \
  COLUMN(double, accuracy, BS_PLAIN)                                                               \
  COLUMN(double, confidence, BS_PLAIN) /* mean */
typedef struct bs_reliability_row {
  BS_RELIABILITY_COLUMNS(BS_FIELD)
} bs_reliability_row;

/* How well a model is calibrated, with 95 % intervals over the choice of examples. */
#define BS_CALIBRATION_COLUMNS(COLUMN)                                                             \
  COLUMN(uint32_t, model, BS_MODEL_INDEX)                                                          \
  COLUMN(const char *, task, BS_PLAIN) /* as in reliability */                                     \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(uint64_t, n, BS_PLAIN) /* answers */                                                      \
  COLUMN(double, brier, BS_PLAIN)                                                                  \
  COLUMN(double, brier_low, BS_PLAIN)                                                              \
  COLUMN(double, brier_high, BS_PLAIN)                                                             \
  COLUMN(double, calibration_error, BS_PLAIN)                                                      \
  COLUMN(double, calibration_error_low, BS_PLAIN)                                                  \
  COLUMN(double, calibration_error_high, BS_PLAIN)                                                 \
  COLUMN(double, calibration_error_corrected, BS_PLAIN) /* less what noise adds */
typedef struct bs_calibration_row {
  BS_CALIBRATION_COLUMNS(BS_FIELD)
} bs_calibration_row;

/* How a family's calibration moves with scale: the least-squares slope of a measure over ln(scale),
   of repeats over their mean, with a 95 % interval over the choice of examples, which all models
   have in common. Below 0: larger models are better calibrated. */
#define BS_CALIBRATION_SLOPE_COLUMNS(COLUMN)                                                       \
  COLUMN(const char *, family, BS_PLAIN)                                                           \
  COLUMN(const char *, task, BS_PLAIN) /* as in reliability */                                     \
  COLUMN(uint32_t, shots, BS_PLAIN)                                                                \
  COLUMN(const char *, metric, BS_PLAIN)                                                           \
  COLUMN(uint64_t, n, BS_PLAIN) /* scales */                                                       \
  COLUMN(double, slope, BS_PLAIN)                                                                  \
  COLUMN(double, slope_low, BS_PLAIN)                                                              \
  COLUMN(double, slope_high, BS_PLAIN)                                                             \
  COLUMN(double, slope_corrected, BS_PLAIN) /* less what noise adds */
typedef struct bs_calibration_slope_row {
  BS_CALIBRATION_SLOPE_COLUMNS(BS_FIELD)
} bs_calibration_slope_row;

/* What may differ from run to run: a unit of work that was done, or examples that failed. */
#define BS_RUN_COLUMNS(COLUMN)                                                                     \
  COLUMN(uint32_t, model, BS_KEY | BS_MODEL_INDEX)                                                 \
  COLUMN(uint32_t, task, BS_KEY | BS_TASK_INDEX)                                                   \
  COLUMN(uint32_t, shots, BS_KEY)                                                                  \
  COLUMN(uint32_t, first_example, BS_KEY)                                                          \
  COLUMN(uint32_t, n_examples, BS_KEY)                                                             \
  COLUMN(uint32_t, rank, BS_PLAIN)                                                                 \
  COLUMN(uint32_t, attempts, BS_PLAIN)                                                             \
  COLUMN(double, seconds, BS_PLAIN)                                                                \
  COLUMN(uint64_t, tokens_asked, BS_LATER) /* as bs_engine_work counts them */                     \
  COLUMN(uint64_t, tokens_computed, BS_LATER)                                                      \
  COLUMN(const char *, host, BS_PLAIN)                                                             \
  COLUMN(const char *, failure, BS_PLAIN) /* "" when the unit is done */
typedef struct bs_run_row {
  BS_RUN_COLUMNS(BS_FIELD)
} bs_run_row;

/* Where results come from: the text attributes of the file's root. NULL is written as "". */
#define BS_PROVENANCE_COLUMNS(COLUMN)                                                              \
  COLUMN(const char *, config, BS_LATER)  /* the configuration's JSON text */                      \
  COLUMN(const char *, created, BS_LATER) /* ISO 8601, UTC */                                      \
  COLUMN(const char *, commit, BS_LATER)  /* of the source */                                      \
  COLUMN(const char *, compiler, BS_LATER)                                                         \
  COLUMN(const char *, isa, BS_LATER)   /* instruction set of the kernels */                       \
  COLUMN(const char *, dtype, BS_LATER) /* arithmetic */                                           \
  COLUMN(const char *, host, BS_LATER)                                                             \
  COLUMN(const char *, protocol, BS_LATER) /* what scores depend on beside checkpoint and task */
typedef struct bs_provenance {
  BS_PROVENANCE_COLUMNS(BS_FIELD)
} bs_provenance;

#ifdef __cplusplus
}
#endif

#endif
