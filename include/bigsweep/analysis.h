/* Statistics over a results file or a table: scores with standard errors, linearity and
   breakthroughness (BIG-bench paper, Srivastava et al. 2022, arXiv:2206.04615, appendix on
   linearity and breakthroughness). */
#ifndef BIGSWEEP_ANALYSIS_H
#define BIGSWEEP_ANALYSIS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/statistics.h"
#include "bigsweep/tables.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One score: a model on a task under a metric. Indices are rows of the tables of the analysis. */
typedef struct bs_score_row {
  uint32_t model, task, shots;
  const char *metric;
  double value, standard_error; /* NaN where undefined */
  uint64_t n;
  double normalized; /* 100 (value - low) / (high - low) of the task's preferred metric, else NaN */
} bs_score_row;

/* The mean of the normalised preferred scores of several tasks under a model: of the subtasks of a
   task (its normalized_aggregate_score), of all tasks, or of those whose human scores are known
   (where some of all are), where a task's subtasks count as the one task that they make up. Tasks
   that are put in another way (variants) count in means of their own, one for each variant, never
   as further tasks. NaN unless the model has a score for every task that any model has. */
typedef struct bs_aggregate_row {
  uint32_t model, shots;
  const char *tasks; /* the parent's name; BS_ALL_TASKS; BS_HUMAN_TASKS; @VARIANT behind it */
  double value, standard_error; /* the tasks' errors being independent */
  uint64_t n;                   /* tasks */
} bs_aggregate_row;

#define BS_ALL_TASKS "(all tasks)"
#define BS_HUMAN_TASKS "(tasks with human scores)"
/* The metric of an aggregate among the linearity rows. */
#define BS_AGGREGATE_METRIC "normalized_aggregate_score"

/* How far a score depends on the way in which a task is put: over its variants (and the task as its
   file has it, where that was run) that have the metric, two at least. Sclar et al. 2023
   (arXiv:2310.11324) report the range, Mizrahi et al. 2024 (arXiv:2401.00595) mean and maximum. NaN
   unless the model has a score for every variant that any model has. */
typedef struct bs_spread_row {
  uint32_t model, shots;
  const char *task; /* without @VARIANT */
  const char *metric;
  uint64_t n; /* variants */
  double mean, minimum, maximum, range;
  double standard_deviation; /* of the sample: n - 1 */
  /* "" is the task as its file has it, or no minimum; of equal ones the first of /tasks */
  const char *minimum_variant, *maximum_variant;
} bs_spread_row;

/* What people score: on a task in the preferred metric's unit, and normalised as the models'
   scores; of an aggregate only the latter, the mean over its tasks. NaN where it is not known, of
   an aggregate where it is not known for one of its tasks. */
typedef struct bs_human_row {
  const char *task; /* of /tasks, or an aggregate */
  const char *metric;
  double average, best;
  double normalized_average, normalized_best;
  uint64_t n; /* tasks */
} bs_human_row;

/* The prompts of a model, task and number of shots, those that were left out among them. */
typedef struct bs_prompt_row {
  uint32_t model, task, shots;
  bs_prompt_counts of;
} bs_prompt_row;

/* One point of the curve behind a row: a model, or repeats of one, averaged. Models are repeats of
   each other when the configuration (or table) says so: the same family and scale, and a seed each,
   all different. Other models are never averaged. */
typedef struct bs_scale_point {
  uint64_t curve; /* the linearity row */
  double scale;
  uint32_t model;    /* the first one of the repeats, with a score or without */
  uint32_t n_models; /* repeats that have a score; 1: one model */
  double value;      /* their mean */
  /* Of that mean, over the choice of examples, which the repeats have in common: that of the means
     over the repeats, example by example. From a table, which has no examples, the mean of the
     repeats' standard errors: the largest that it can be. It says nothing about other seeds; NaN if
     unknown. */
  double standard_error;
  double standard_deviation; /* of the repeats' scores, n_models - 1; NaN for less than two */
  uint64_t n; /* distinct examples (from a table: the most of a repeat); 0: unknown */
} bs_scale_point;

typedef struct bs_linearity_row {
  const char *family, *task, *metric;
  uint32_t shots;
  /* All but `of.n` is NaN where shared_scales > 0: such a family has no single curve. */
  bs_linearity of;
  uint64_t shared_scales; /* of the family: those of several models that are not repeats */
  /* Intervals and shape: from the examples that all models of the curve have a value for (of
     repeats the mean), where the metric has a value for each example; else from the points'
     standard errors. It is undefined where shared_scales > 0 or a point has no score or no error.
   */
  bs_curve curve;
  const char *shape; /* bs_shape_name of curve.shape */
  /* curve.half_rise and its interval as scales, between two models on a logarithmic axis. */
  double half_rise_scale;
  bs_interval half_rise_scale_interval;
} bs_linearity_row;

/* The analysis of a set of scores. Strings are owned by the analysis. */
typedef struct bs_analysis bs_analysis;

/* From per-example rows: every metric of every task (bs_task_row.metrics), with corpus metrics
   computed from the stored choices, targets and texts; then linearity per family, task, shots and
   metric. Repeats are averaged, see bs_scale_point. `results` must be sorted (BS_ERR_INPUT
   otherwise) and is borrowed for the call alone. Models and tasks of the analysis are those of the
   results, in their order. */
bs_status bs_analysis_from_tables(bs_analysis **out, const bs_tables *results, bs_error *err);

/* Receives what a person should know: one line, no newline. */
typedef void (*bs_analysis_notice)(void *user, const char *message);

/* The same examples with their metrics computed anew from what is stored of them: choices, texts,
   log-probabilities; as this version's evaluator would have written them. Metrics that tasks always
   have but these lack are added; so are `added` (names, "rouge" for its three) for every task that
   they apply to. A metric that the records cannot give keeps its column where there is one;
   without one, a metric that tasks list or that is asked for is BS_ERR_INPUT (which task, which
   metric, what is missing), an unknown name BS_ERR_USAGE; one that tasks merely always have is
   left out and told to `notice` (optional). `results` must be sorted. */
bs_status bs_analysis_rescore(bs_tables **out, const bs_tables *results, const char *const *added,
                              size_t n_added, bs_analysis_notice notice, void *user, bs_error *err);

/* Tells for each task of how many of its examples that were evaluated no accepted answer survives
   the cut of generated text (bigsweep/reach.h). `results` must be sorted. */
bs_status bs_analysis_tell_reach(const bs_tables *results, bs_analysis_notice notice, void *user,
                                 bs_error *err);
/* Tells for each task how many answers, over all models and shots, equal an accepted one only when
   white space at the ends is left out, as exact_str_match does. */
bs_status bs_analysis_tell_white_space(const bs_tables *results, bs_analysis_notice notice,
                                       void *user, bs_error *err);

/* From a table ("-": the standard input): a header line with
   family,model,scale,task,metric,shots,value in any order (stderr, n, seed and preferred_metric
   optional, other columns ignored), then a row each; RFC 4180 quoting; an empty value, stderr, n or
   seed is undefined. A model is known by family, name and seed, and all of one family and name have
   one scale; a score that stands there twice is an error. Errors name the line and the column. */
bs_status bs_analysis_from_csv(bs_analysis **out, const char *path, bs_error *err);
void bs_analysis_free(bs_analysis **analysis);

size_t bs_analysis_n_models(const bs_analysis *analysis);
/* In order of model, task, shots, metric from results; as they stand in a table. */
size_t bs_analysis_n_scores(const bs_analysis *analysis);
const bs_score_row *bs_analysis_scores(const bs_analysis *analysis);
/* Names for the indices of a score row; NULL (scale: NaN) past their number. */
const char *bs_analysis_model(const bs_analysis *analysis, uint32_t model);
double bs_analysis_scale(const bs_analysis *analysis, uint32_t model);
double bs_analysis_seed(const bs_analysis *analysis, uint32_t model); /* NaN: none is given */
const char *bs_analysis_task(const bs_analysis *analysis, uint32_t task);
/* "" where it is not known. */
const char *bs_analysis_preferred_metric(const bs_analysis *analysis, uint32_t task);

/* Of results (a table has no ranges of scores), in order of model, shots, variant (none first), and
   tasks: all, those with human scores, then parents as they first appear. */
size_t bs_analysis_n_aggregates(const bs_analysis *analysis);
const bs_aggregate_row *bs_analysis_aggregates(const bs_analysis *analysis);
/* Of results, in order of model, task as it first appears, shots and metric. */
size_t bs_analysis_n_spreads(const bs_analysis *analysis);
const bs_spread_row *bs_analysis_spreads(const bs_analysis *analysis);
/* Of results: the tasks with a human score, then aggregates in their order. */
size_t bs_analysis_n_humans(const bs_analysis *analysis);
const bs_human_row *bs_analysis_humans(const bs_analysis *analysis);

/* Of results, in order of model, task and shots. */
size_t bs_analysis_n_prompts(const bs_analysis *analysis);
const bs_prompt_row *bs_analysis_prompts(const bs_analysis *analysis);
/* Appends the counts that are not 0 in words: "of 300 prompts 138 are cut on their left, ...". */
bs_status bs_prompt_counts_tell(const bs_prompt_counts *counts, bs_text *to, bs_error *err);

size_t bs_analysis_n_linearity(const bs_analysis *analysis);
/* In order of family and task as they first appear (aggregates behind the tasks), shots, and
   metric: from results in the order of the table of metrics, from a table as it first appears. An
   aggregate's metric is BS_AGGREGATE_METRIC. */
const bs_linearity_row *bs_analysis_linearity(const bs_analysis *analysis);
/* The points of linearity row `row` in ascending order of scale, then of models; *n is their
   number. */
const bs_scale_point *bs_analysis_curve(const bs_analysis *analysis, size_t row, size_t *n);
/* The points of all rows, one row's after the other's. */
size_t bs_analysis_n_points(const bs_analysis *analysis);
const bs_scale_point *bs_analysis_points(const bs_analysis *analysis);
/* The task of linearity row `row`; UINT32_MAX: it is of an aggregate. */
uint32_t bs_analysis_linearity_task(const bs_analysis *analysis, size_t row);
/* Tells `notice` of every family that has several models of one scale which are not repeats: who
   they are, and how the configuration can tell what they are. */
bs_status bs_analysis_tell_shared_scales(const bs_analysis *analysis, bs_analysis_notice notice,
                                         void *user, bs_error *err);

/* Prints, for a person: a table per family, in it for each task or aggregate, shots and metric a
   line with the number of examples (tasks), the score and its standard error of each model (of
   repeats the mean, and how many they are with their standard deviation), I, L, B and what people
   score; a task's preferred metric is marked. Behind them, where tasks are put in several ways, the
   range of each model's scores over these, and how many prompts were too long. UTF-8. */
bs_status bs_analysis_print(const bs_analysis *analysis, FILE *to, bs_error *err);
/* The linearity rows as CSV: family,shots,task,metric,n,improvement,linearity,breakthroughness,
   root_mean_square,root_median_square,linearity_per_step; 17 significant digits, undefined is
   empty. */
bs_status bs_analysis_print_csv(const bs_analysis *analysis, FILE *to, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
