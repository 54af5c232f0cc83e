/* The tables of results in memory: what RESULTS.h5 and its parts hold (docs/results.md). */
#ifndef BIGSWEEP_TABLES_H
#define BIGSWEEP_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"
#include "bigsweep/rows.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bs_arena bs_arena;

/* Each table has its count; the arrays are owned, and so are the strings of all rows, which live as
   long as the tables. Make with bs_tables_new, free with bs_tables_free. */
typedef struct bs_tables {
  bs_provenance provenance;
  bs_model_row *models;
  size_t n_models, cap_models;
  bs_task_row *tasks;
  size_t n_tasks, cap_tasks;
  bs_input_row *inputs;
  size_t n_inputs, cap_inputs;
  bs_target_row *targets;
  size_t n_targets, cap_targets;
  bs_choice_text_row *choice_texts;
  size_t n_choice_texts, cap_choice_texts;
  bs_example_row *examples;
  size_t n_examples, cap_examples;
  bs_choice_row *choices;
  size_t n_choices, cap_choices;
  bs_sample_row *samples;
  size_t n_samples, cap_samples;
  bs_skipped_row *skipped;
  size_t n_skipped, cap_skipped;
  bs_run_row *runs; /* NULL: not from a run */
  size_t n_runs, cap_runs;

  /* Further numeric columns of /examples (bs_example_metric_names): one for each metric, NaN where
   * it does not apply, then the records. */
  const char **metric_names; /* [n_metrics] */
  size_t n_metrics;
  double *metric_values; /* [n_examples][n_metrics] */
  size_t cap_metric_values;

  /* What an analysis computes. These arrays are empty in tables of results: an analysis has tables
   * of its own. */
  bs_score_row *scores;
  size_t n_scores, cap_scores;
  bs_linearity_row *linearity;
  size_t n_linearity, cap_linearity;
  bs_scale_point *points; /* in order of curve */
  size_t n_points, cap_points;
  bs_aggregate_row *aggregates;
  size_t n_aggregates, cap_aggregates;
  bs_spread_row *spreads;
  size_t n_spreads, cap_spreads;
  bs_human_row *humans;
  size_t n_humans, cap_humans;
  bs_prompt_row *prompts;
  size_t n_prompts, cap_prompts;
  bs_smooth_row *smooth;
  size_t n_smooth, cap_smooth;
  bs_comparison_row *comparisons;
  size_t n_comparisons, cap_comparisons;
  bs_reliability_row *reliability;
  size_t n_reliability, cap_reliability;
  bs_calibration_row *calibration;
  size_t n_calibration, cap_calibration;
  bs_calibration_slope_row *calibration_slopes;
  size_t n_calibration_slopes, cap_calibration_slopes;
  bs_forecast_row *forecasts;
  size_t n_forecasts, cap_forecasts;

  bs_arena *arena; /* of the strings */
} bs_tables;

/* Empty tables. `metric_names` are the further numeric columns of the examples; they are copied. */
BS_API bs_status bs_tables_new(bs_tables **out, const char *const *metric_names, size_t n_metrics,
                               bs_error *err);
BS_API void bs_tables_free(bs_tables **tables);

/* Says where the tables come from; the strings are copied. */
BS_API bs_status bs_tables_set_provenance(bs_tables *tables, const bs_provenance *provenance,
                                          bs_error *err);

/* Append a row; its strings are copied, NULL as "". */
BS_API bs_status bs_tables_add_model(bs_tables *tables, const bs_model_row *row, bs_error *err);
BS_API bs_status bs_tables_add_task(bs_tables *tables, const bs_task_row *row, bs_error *err);
BS_API bs_status bs_tables_add_input(bs_tables *tables, const bs_input_row *row, bs_error *err);
BS_API bs_status bs_tables_add_target(bs_tables *tables, const bs_target_row *row, bs_error *err);
BS_API bs_status bs_tables_add_choice_text(bs_tables *tables, const bs_choice_text_row *row,
                                           bs_error *err);
BS_API bs_status bs_tables_add_skipped(bs_tables *tables, const bs_skipped_row *row, bs_error *err);
BS_API bs_status bs_tables_add_run(bs_tables *tables, const bs_run_row *row, bs_error *err);
/* Appends an example with its choices and samples, as many as the row says (their `row` is set
   here), and its metric values, n_metrics of `tables`. */
BS_API bs_status bs_tables_add_example(bs_tables *tables, const bs_example_row *row,
                                       const bs_choice_row *choices, const bs_sample_row *samples,
                                       const double *metric_values, bs_error *err);

/* The [n_metrics] values of an example, owned by the tables; NULL where there are no metrics. */
BS_API const double *bs_tables_values(const bs_tables *tables, size_t i);
/* The first of example row i's choices and samples; NULL where it has none. */
BS_API const bs_choice_row *bs_tables_choices(const bs_tables *tables, size_t i);
BS_API const bs_sample_row *bs_tables_samples(const bs_tables *tables, size_t i);

/* A question without what the task puts around it: *n_bytes bytes of row->query. Whatever a file
   says, they are within it. */
BS_API const char *bs_input_text(const bs_input_row *row, size_t *n_bytes);
/* The question of an example, in tables that are in order; NULL where there is none. */
BS_API const bs_input_row *bs_tables_input(const bs_tables *tables, uint32_t task,
                                           uint32_t example);

/* Puts the tables into canonical order: examples (with their choices, samples and metric values)
 * and skipped examples by model, task, shots and example; of several with equal keys the first is
 * kept; so are inputs. Targets and choice texts by task and example, runs by model, task, shots and
 * examples; rows with equal keys keep their order. */
BS_API bs_status bs_tables_sort(bs_tables *tables, bs_error *err);

/* Some tables, and what they are called in messages. */
typedef struct bs_tables_source {
  const bs_tables *tables;
  const char *name;
} bs_tables_source;

/* Several results as one, as if one run had made them: models and tasks in the order in which they
   first appear, rows in canonical order. Models are one where name and content are the same, and so
   are tasks; what is in several sources must be the same bit for bit. Of a model's path the first
   is kept, and what one source does not know of a task (questions, human scores) comes from
   another. Failures that another source has made good are dropped. The sources must be sorted.
   *other_isa (optional): the first source whose instruction set is another than the first's, else
   NULL. BS_ERR_INPUT for what contradicts (another protocol, one name for two contents, another
   family, scale or metrics, another result of an example): the message names it and says what to
   do. The provenance is that of the first source, with the configurations of all as
   {"merged": [...]} unless they are the same. */
BS_API bs_status bs_tables_merge(bs_tables **out, const bs_tables_source *sources, size_t n,
                                 const bs_tables_source **other_isa, bs_error *err);

/* Examples by model, task and number of shots: those that fit all of the three. */
typedef struct bs_selection {
  const bool *models;    /* [n_models]; NULL: all */
  const bool *tasks;     /* [n_tasks]; NULL: all */
  const uint32_t *shots; /* [n_shots]; NULL: all */
  size_t n_shots;
} bs_selection;
BS_API bool bs_selection_has(const bs_selection *selection, uint32_t model, uint32_t task,
                             uint32_t shots);

/* The same tables without the selected examples, what was left out among them and the units of
   work. Models and tasks that are selected go as well where nothing of them is left; the others
   keep their order. */
BS_API bs_status bs_tables_without(bs_tables **out, const bs_tables *tables,
                                   const bs_selection *selection, bs_error *err);

/* Adds an example's row, one that was left out, or other counts. */
BS_API void bs_prompt_counts_add_example(bs_prompt_counts *to, const bs_example_row *row);
BS_API void bs_prompt_counts_add_skipped(bs_prompt_counts *to);
BS_API void bs_prompt_counts_add(bs_prompt_counts *to, const bs_prompt_counts *from);
/* Whether any count but `prompts` is above 0. */
BS_API bool bs_prompt_counts_any(const bs_prompt_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
