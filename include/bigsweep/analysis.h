/* Statistics over a results file or a table: scores with standard errors, linearity and
   breakthroughness (BIG-bench paper, Srivastava et al. 2022, arXiv:2206.04615, appendix on
   linearity and breakthroughness). */
#ifndef BIGSWEEP_ANALYSIS_H
#define BIGSWEEP_ANALYSIS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bigsweep/buffer.h"
#include "bigsweep/comparison.h"
#include "bigsweep/error.h"
#include "bigsweep/tables.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an aggregate is over where that is not the subtasks of one task. */
#define BS_ALL_TASKS "(all tasks)"
#define BS_HUMAN_TASKS "(tasks with human scores)"
#define BS_KEYWORD_TASKS "(keyword: " /* and the keyword, and ")" */
/* The metric of an aggregate among the linearity rows. */
#define BS_AGGREGATE_METRIC "normalized_aggregate_score"

/* The analysis of a set of scores. Strings are owned by the analysis. */
typedef struct bs_analysis bs_analysis;

/* From per-example rows: every metric of every task (bs_task_row.metrics), with corpus metrics
   computed from the stored choices, targets and texts; then linearity per family, task, shots and
   metric. Repeats are averaged, see bs_scale_point. `results` must be sorted (BS_ERR_INPUT
   otherwise) and is borrowed for the call alone. Models and tasks of the analysis are those of the
   results, in their order. The curves are shared out among bs_threads_default (bigsweep/helpers.h)
   threads; what comes out is the same for any number of them. */
BS_API bs_status bs_analysis_from_tables(bs_analysis **out, const bs_tables *results,
                                         bs_error *err);

/* Receives how many of the curves, whose intervals take the time, are done. Called after each, from
   one thread or another but never from two at once. */
typedef void bs_analysis_progress(void *user, size_t n_done, size_t n_curves);
/* The same for large results. `progress` is optional. */
BS_API bs_status bs_analysis_from_tables_telling(bs_analysis **out, const bs_tables *results,
                                                 bs_analysis_progress *progress, void *user,
                                                 bs_error *err);

/* The same without the intervals and shapes of curves, which take the time: for those who want
   scores and comparisons alone. */
BS_API bs_status bs_analysis_comparisons_from_tables(bs_analysis **out, const bs_tables *results,
                                                     bs_error *err);

/* Adds to an analysis of `results` the comparisons of two tasks (two languages, say) in each family
   that was run on both with as many shots, under the metrics that both have: rows of the kind
   BS_TASKS_COMPARED, whose task is the first. The tasks have examples of their own, so their errors
   are taken as independent. BS_ERR_USAGE for a name that no task has, and where there is nothing to
   compare, with the reason. */
BS_API bs_status bs_analysis_compare_tasks(bs_analysis *analysis, const bs_tables *results,
                                           const char *first, const char *second, bs_error *err);

/* Receives what a person should know: one line, no newline. */
typedef void (*bs_analysis_notice)(void *user, const char *message);

/* The same examples with their metrics computed anew from what is stored of them: choices, texts,
   log-probabilities; as this version's evaluator would have written them. Metrics that tasks always
   have but these lack are added; so are `added` (names, "rouge" for its three) for every task that
   they apply to. A metric that cannot be computed from the records keeps its column where it has
   one. Without a column it is BS_ERR_INPUT if a task lists it or it is asked for (the message names
   the task, the metric and what is missing); otherwise it is left out and reported to `notice`
   (optional). An unknown name is BS_ERR_USAGE. `results` must be sorted. */
BS_API bs_status bs_analysis_rescore(bs_tables **out, const bs_tables *results,
                                     const char *const *added, size_t n_added,
                                     bs_analysis_notice notice, void *user, bs_error *err);

/* Two models on a task, by the examples for which both have a value of the metric. */
/* Two models, by their places in the first and the second results. */
typedef struct bs_model_pair {
  uint32_t first, second;
} bs_model_pair;

typedef struct bs_model_comparison {
  bs_model_pair models;
  const char *task, *metric; /* owned by the first results */
  uint32_t shots;
  bool is_preferred; /* it is the metric that the task goes by */
  uint64_t n, n_clusters;
  double first, second; /* their scores */
  bs_paired of;
  /* McNemar's p for scores of 0 and 1 without clusters, else that of the t test; for preferred
     metrics also corrected for the number of comparisons. */
  double p, p_holm, p_false_discovery;
} bs_model_comparison;
/* Compares models of `first` with models of `second` (the same results or others, both sorted),
   pair by pair, on all tasks that both were run on with as many shots, under all metrics that have
   a value for each example, in the order of the pairs and of the first results. p is corrected for
   all of them together. *out has *n rows; free it with free(). BS_ERR_INPUT where a task file has
   changed between the two. */
BS_API bs_status bs_analysis_compare_models(bs_model_comparison **out, size_t *n,
                                            const bs_tables *first, const bs_tables *second,
                                            const bs_model_pair *pairs, size_t n_pairs,
                                            bs_error *err);

/* Reports, for each task, how many of its evaluated examples have no accepted answer that survives
 * the cut of generated text (bigsweep/reach.h). `results` must be sorted. */
BS_API bs_status bs_analysis_tell_reach(const bs_tables *results, bs_analysis_notice notice,
                                        void *user, bs_error *err);
/* Reports, for each task, how many answers over all models and shots equal an accepted one only
 * when white space at the ends is ignored, as exact_str_match does. */
BS_API bs_status bs_analysis_tell_white_space(const bs_tables *results, bs_analysis_notice notice,
                                              void *user, bs_error *err);

/* From a table ("-": the standard input): a header line with
   family,model,scale,task,metric,shots,value in any order (stderr, n, seed, preferred_metric, and
   for forecasts tokens, compute and chance optional, other columns ignored), then a row each; RFC
   4180 quoting; an empty value, stderr, n, seed, tokens, compute or chance is undefined, an empty
   number of shots 0. A model is known by family, name and seed, and all of one family and name have
   one scale; a score that stands there twice is an error. Errors name the line and the column. */
BS_API bs_status bs_analysis_from_csv(bs_analysis **out, const char *path, bs_error *err);
/* The same without intervals and shapes, which take most of the time. */
BS_API bs_status bs_analysis_scores_from_csv(bs_analysis **out, const char *path, bs_error *err);
BS_API void bs_analysis_free(bs_analysis **analysis);

/* The tables that it has computed; the others are empty. An analysis of a CSV table, which has no
   ranges of scores, has scores, linearity and points alone. Orders:
     scores      from results by model, task, shots, metric; from a CSV table as they stand there
     aggregates  by model, shots, variant (none first), and tasks: all, those with human scores,
                 then parents as they first appear
     spreads     by model, task as it first appears, shots and metric
     humans      the tasks with a human score, then aggregates in their order
     prompts     by model, task and shots
     linearity   by family and task as they first appear (aggregates behind the tasks), shots, and
                 metric: from results in the order of the table of metrics, from a CSV table as it
                 first appears. An aggregate's metric is BS_AGGREGATE_METRIC
     points      those of each linearity row, in ascending order of scale, then of models */
BS_API const bs_tables *bs_analysis_tables(const bs_analysis *analysis);
BS_API size_t bs_analysis_n_models(const bs_analysis *analysis);
/* Names for the indices of a score row; NULL (scale: NaN) past their number. */
BS_API const char *bs_analysis_model(const bs_analysis *analysis, uint32_t model);
BS_API double bs_analysis_scale(const bs_analysis *analysis, uint32_t model);
BS_API double bs_analysis_seed(const bs_analysis *analysis,
                               uint32_t model); /* NaN: none is given */
BS_API const char *bs_analysis_task(const bs_analysis *analysis, uint32_t task);
/* "" where it is not known. */
BS_API const char *bs_analysis_preferred_metric(const bs_analysis *analysis, uint32_t task);

/* Appends the counts that are not 0 in words: "of 300 prompts 138 are cut on their left, ...". */
BS_API bs_status bs_prompt_counts_tell(const bs_prompt_counts *counts, bs_text *to, bs_error *err);

/* The points of linearity row `row` in ascending order of scale, then of models; *n is their
   number. */
BS_API const bs_scale_point *bs_analysis_curve(const bs_analysis *analysis, size_t row, size_t *n);
/* The task of linearity row `row`; UINT32_MAX: it is of an aggregate. */
BS_API uint32_t bs_analysis_linearity_task(const bs_analysis *analysis, size_t row);
/* Reports every family that has several models of one scale which are not repeats: their names, and
 * how the configuration can say what they are. */
BS_API bs_status bs_analysis_tell_shared_scales(const bs_analysis *analysis,
                                                bs_analysis_notice notice, void *user,
                                                bs_error *err);

/* What is to be forecast; {0}: one step beyond each family's largest size, the step being the
   median ratio of neighbouring sizes. */
typedef struct bs_forecast_request {
  size_t n_held;    /* the largest sizes of each curve, forecast from the others: a back-test */
  const double *at; /* [n_at] sizes to forecast; not together with the other */
  size_t n_at;
  /* Borrowed; NULL: none. What was seen during the trainings of the models: a table in which a
     family is such a training, called like the model, and its models are checkpoints. Forecasts by
     laws learn how score and loss hang together from all checkpoints that have both. */
  const bs_analysis *trajectories;
} bs_forecast_request;

/* Forecasts all curves and means over tasks into bs_tables.forecasts, in the order of the linearity
   rows (of a table of scores the means over the tasks of a family, number of shots and metric come
   behind them), then of targets. What stood there goes. `results`: what the analysis is of, NULL
   for a table of scores. A size is what the family's models cost in compute, where a table tells
   that of all of them, else their scale. BS_ERR_USAGE for a request that makes no sense;
   BS_ERR_INPUT for trajectories that have nothing to do with the scores, or that are outside a
   metric's range. */
BS_API bs_status bs_analysis_forecast(bs_analysis *analysis, const bs_tables *results,
                                      const bs_forecast_request *request, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
