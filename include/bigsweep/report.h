/* What is printed of an analysis. */
#ifndef BIGSWEEP_REPORT_H
#define BIGSWEEP_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bigsweep/analysis.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a summary shows. All arrays are borrowed for the call; an empty one asks for everything. */
typedef struct bs_report_options {
  size_t width;               /* characters in a line; 0: 80 */
  const char *const *tasks;   /* [n_tasks] names of tasks and aggregates */
  const char *const *metrics; /* [n_metrics]; none: each task's preferred one */
  const uint32_t *shots;      /* [n_shots] */
  /* [n_models] what curves show; shapes, linearity and breakthroughness are of all models. */
  const char *const *models;
  size_t n_tasks, n_metrics, n_shots, n_models;
  /* Lines under one heading by "task", "first", "last" (score), "improvement", "shape",
     "linearity" or "breakthroughness", largest first; NULL: as the tasks first appear. */
  const char *sort;
  bool as_markdown; /* tables in Markdown */
} bs_report_options;

/* Prints the results at a glance, in lines of options->width characters where names allow it. For
   each family its models, then one line for each task (under a heading for each metric and number
   of shots): the curve of scores over the models as a row of bars, the first and the last score,
   the shape, linearity and breakthroughness with their intervals, the best human rater's score
   where it is known. At the end three lines: the clearest breakthroughs, what gets worse with size,
   and what failed or was cut; the last one only with `results` (optional), the tables that the
   analysis is of. `options` may be NULL. UTF-8. BS_ERR_USAGE for a task, a metric or a number of
   shots that is not there, BS_ERR_IO, BS_ERR_MEMORY. */
BS_API bs_status bs_report_summary(const bs_analysis *analysis, const bs_tables *results,
                                   const bs_report_options *options, FILE *to, bs_error *err);

/* What all models' scales are ("training tokens"), for a label; "scale" where they differ or
   nothing is known. A static text; `results` may be NULL. */
BS_API const char *bs_report_axis_label(const bs_tables *results);

/* The curves that the options ask for as JSON: a list of objects with the columns of
   /analysis/linearity, "preferred" (whether the task goes by this metric) and "points" (models,
   repeats together; scale, value, stderr, standard_deviation, n). Numbers that are undefined or
   infinite are null. The width is not looked at. */
BS_API bs_status bs_report_json(const bs_analysis *analysis, const bs_report_options *options,
                                FILE *to, bs_error *err);

/* Prints every metric and every model's score: a table per family, in it for each task or
   aggregate, shots and metric a line with the number of examples (tasks), the score and its
   standard error of each model (of repeats the mean, and how many they are with their standard
   deviation), I, L, B and what people score; a task's preferred metric is marked. Behind them,
   where tasks are put in several ways, the range of each model's scores over these, and how many
   prompts were too long. UTF-8. */
BS_API bs_status bs_report_tables(const bs_analysis *analysis, FILE *to, bs_error *err);
/* The linearity rows as CSV: family,shots,task,metric,n,improvement,linearity,breakthroughness,
   root_mean_square,root_median_square,linearity_per_step, then the other columns of
   /analysis/linearity (intervals, shapes); 17 significant digits, undefined is empty, infinite is
   "inf" or "-inf". */
BS_API bs_status bs_report_linearity_csv(const bs_analysis *analysis, FILE *to, bs_error *err);

/* The scores of all models as the table that bs_analysis_from_csv reads, in their order. `results`:
   what the analysis is of, NULL for a table. */
BS_API bs_status bs_report_scores_csv(const bs_analysis *analysis, const bs_tables *results,
                                      FILE *to, bs_error *err);

/* Prints what models differ by, pair after pair: for a person each task under its preferred metric,
   in lines of at most 80 characters, and how many differences are left after correction; as CSV all
   metrics. The models are those of `first` and `second`; `files` names these where they are two
   files, NULL where they are one. UTF-8. */
BS_API bs_status bs_report_models(const bs_model_comparison *rows, size_t n, const bs_tables *first,
                                  const bs_tables *second, char *const *files, bool as_csv,
                                  FILE *to, bs_error *err);
/* The same of two groups, from an analysis' comparisons: `kind` is BS_FAMILIES_COMPARED,
   BS_VARIANTS_COMPARED or BS_TASKS_COMPARED. BS_ERR_USAGE where they were not compared. */
BS_API bs_status bs_report_groups(const bs_analysis *analysis, const char *kind, const char *first,
                                  const char *second, bool as_csv, FILE *to, bs_error *err);
/* What they differ by at each scale that one of the two has a model at and that both reach. As CSV
   family,first,second,task,metric,shots,scale,difference,stderr,difference_low,difference_high,p.
 */
BS_API bs_status bs_report_groups_by_scale(const bs_analysis *analysis, const char *kind,
                                           const char *first, const char *second, bool as_csv,
                                           FILE *to, bs_error *err);

/* The forecasts (bs_analysis_forecast) as CSV: family,shots,task,metric,method,scale,forecast,
   low80,high80,observed,reason; 17 significant digits, undefined is empty. */
BS_API bs_status bs_report_forecasts_csv(const bs_analysis *analysis, FILE *to, bs_error *err);
/* The same for people: a table for each family, in it a line for each task and number of shots in
   its preferred metric (in all metrics where none is known), and for each mean over tasks. Behind
   back-tests a line for each suite, for all of them, for those forecasts that have a reason against
   them, and for means: the mean and the largest error, the mean CRPS, how many scores lay in their
   80 % interval, and how wide it was. width: characters in a line; 0: 80. */
BS_API bs_status bs_report_forecasts(const bs_analysis *analysis, size_t width, FILE *to,
                                     bs_error *err);

/* Which examples are shown, and how. */
typedef enum bs_examples_asked {
  BS_EXAMPLES_ALL,
  BS_EXAMPLES_WRONG,
  BS_EXAMPLES_RIGHT
} bs_examples_asked;
typedef struct bs_examples_options {
  bs_selection selection;  /* of models, tasks and numbers of shots */
  bs_examples_asked asked; /* those that all selected models with a result get wrong, or right */
  bool differ; /* those that one of the two next models gets right and the other wrong */
  uint32_t first, second;
  uint32_t example; /* the one of this number; UINT32_MAX: any */
  size_t most;      /* so many at most */
  size_t width;     /* characters in a line; 0: 80 */
  bool as_json;     /* one object a line */
  bool with_prompt; /* the prompts as they were scored, made from the tables alone */
} bs_examples_options;

/* Prints examples with what the selected models made of them, the models side by side: question,
   choices with their probabilities among each other, accepted answers, what each model said and
   whether that is right, the value of the task's preferred metric. In order of task, shots and
   example. `results` must be sorted. *n_shown and *n_found: how many are printed and how many there
   are. Characters that would do something to a terminal are printed as \x1b or \u{202e}; as JSON
   all of a text is there. Right is an answer with the highest target score of its example, or a
   text for which the task's preferred metric (if it has no value for an example: exact_str_match)
   has its highest score; where there is no such value nobody is right or wrong. BS_ERR_INPUT for
   prompts whose questions are not in the file. */
BS_API bs_status bs_report_examples(const bs_tables *results, const bs_examples_options *options,
                                    FILE *to, size_t *n_shown, size_t *n_found, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
