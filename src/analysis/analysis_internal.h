/* The analysis while it is put together. */
#ifndef BIGSWEEP_ANALYSIS_ANALYSIS_INTERNAL_H
#define BIGSWEEP_ANALYSIS_ANALYSIS_INTERNAL_H

#include "base/csv_internal.h"
#include "base/interner_internal.h"
#include "bigsweep/analysis.h"
#include "bigsweep/buffer.h"
#include "bigsweep/comparison.h"
#include "bigsweep/statistics.h"
#include "tables/tables_internal.h"

/* In a comparison for qsort: returns where two numbers differ, goes on where they are equal. */
#define BS_ORDER(a, b)                                                                             \
  if ((a) != (b))                                                                                  \
  return (a) < (b) ? -1 : 1

typedef struct bs_analysis_model_row {
  const char *name, *family;
  uint32_t family_number; /* families in order of first appearance */
  double scale, seed;     /* seed NaN: none is given */
  double tokens, compute; /* of its training; NaN: not known */
  /* Once bs_analysis_settle_models has been called: the first of the models that it is a repeat of
     (itself where it is alone), and how many they are. */
  uint32_t first_repeat, n_repeats;
} bs_analysis_model_row;

typedef struct bs_analysis_task_row {
  const char *name, *preferred_metric; /* "" where none is known */
} bs_analysis_task_row;

/* The score of a guess on a task under a metric, where a table gives one. */
typedef struct bs_chance {
  uint32_t task, metric;
  double value;
} bs_chance;

/* What a row of spreads is of, in numbers. */
typedef struct bs_spread_place {
  uint32_t task, metric;
  bool is_preferred; /* by one of the variants at least */
} bs_spread_place;

/* What a forecast row is of, and how it compares with what was observed. */
typedef struct bs_forecast_detail {
  size_t series; /* the same for all targets of a curve */
  uint32_t family, metric, shots;
  uint32_t task;             /* UINT32_MAX: a mean over tasks */
  double last;               /* known score; NaN: there is none */
  double error, crps, width; /* in units of the metric's range; NaN where one is not known */
  bool is_held;              /* what was observed by the interval */
} bs_forecast_detail;

/* A row of comparisons at one scale: first less second. */
typedef struct bs_scale_difference {
  size_t comparison;
  double scale;
  bs_difference of;
} bs_scale_difference;

/* The error of a mean over repeats, over the choice of the examples, which they have in common. */
typedef struct bs_common_error {
  double standard_error;
  uint64_t n; /* distinct examples; of an aggregate: tasks */
} bs_common_error;

struct bs_analysis {
  bs_tables *tables; /* what it computes; their arena has all strings */
  bs_interner families, metrics;
  uint64_t *shared_scales; /* [families.n] see bs_linearity_row */
  bs_analysis_model_row *models;
  size_t n_models, cap_models;
  bs_analysis_task_row *tasks;
  size_t n_tasks, cap_tasks;
  bs_forecast_detail *forecast_details;   /* [n_forecasts] */
  bs_scale_difference *scale_differences; /* in order of comparisons, then of scales */
  size_t n_scale_differences, cap_scale_differences;
  bs_chance *chances;
  size_t n_chances, cap_chances;
  /* For each score, and each aggregate, of a model with repeats: of the mean over these. NULL:
     there are no examples to know it from. */
  bs_common_error *common_errors, *common_aggregate_errors;
  bs_interner aggregate_names;    /* of all aggregates, those without a row too */
  bs_spread_place *spread_places; /* [n_spreads] */
  size_t *first_point;            /* [n_linearity + 1] */
  uint32_t *linearity_task;       /* [n_linearity]; UINT32_MAX: an aggregate */
};

bs_status bs_analysis_new(bs_analysis **out, bs_error *err);
bs_status bs_analysis_add_model(bs_analysis *analysis, const char *name, const char *family,
                                double scale, double seed, bs_error *err);
bs_status bs_analysis_add_task(bs_analysis *analysis, const char *name,
                               const char *preferred_metric, bs_error *err);
/* `row->metric` is copied; model and task must have been added. */
bs_status bs_analysis_add_score(bs_analysis *analysis, const bs_score_row *row, bs_error *err);
/* Says what a guess scores on a task under a metric, once of each. */
bs_status bs_analysis_add_chance(bs_analysis *analysis, uint32_t task, const char *metric,
                                 double chance, bs_error *err);
/* Once all chances are there. */
void bs_analysis_settle_chances(bs_analysis *analysis);
/* What a guess scores on a task under a metric, in the metric's unit; NaN: it is not known.
   `results` as bs_analysis_forecast. */
double bs_analysis_chance(const bs_analysis *of, const bs_tables *results, uint32_t task,
                          uint32_t metric);
/* Finds the repeats among the models, which are all there. */
bs_status bs_analysis_settle_models(bs_analysis *analysis, bs_error *err);
/* Fills the linearity rows from the scores and aggregates, once the models are settled. `repeated`
   gets the places of two scores of one model, task, metric and shots, which is then BS_ERR_INPUT.
 */
bs_status bs_analysis_finish(bs_analysis *analysis, size_t repeated[2], bs_error *err);

/* Fills intervals and shapes of the linearity rows; from the points' standard errors alone where
   `results` is NULL. Runs threads of its own, bs_threads_default of them. Where several rows cannot
   be filled the error is that of the first. */
bs_status bs_analysis_fill_curves(bs_analysis *analysis, const bs_tables *results,
                                  bs_analysis_progress *progress, void *user, bs_error *err);

/* The seed of the stream that a task's examples are drawn anew from. The same for all families:
   these meet the same resampled examples. */
bs_status bs_analysis_stream(const char *task, const char *metric, uint32_t shots, uint64_t *seed,
                             bs_error *err);

/* Sets curves of sharp metrics beside smooth ones, once shapes and intervals are filled. */
bs_status bs_analysis_smooth(bs_analysis *analysis, bs_error *err);

/* The influences of the examples (see bs_metric_influences) on the scores of models that have
   repeats. */
typedef struct bs_influenced_score {
  size_t score;    /* of the analysis */
  size_t first, n; /* rows of /examples */
  size_t at;       /* of its n values */
  /* Filled by bs_analysis_common_errors: the first repeat of its model, and what it is of. */
  uint32_t repeat, task, shots, metric;
} bs_influenced_score;

typedef struct bs_influences {
  bs_influenced_score *scores;
  size_t n_scores, cap_scores;
  double *values;
  size_t n_values, cap_values;
} bs_influences;

/* Room for the influences on the score that the analysis gets next, of examples [first, first + n);
 *values is valid until the next call. */
bs_status bs_influences_add(bs_influences *to, const bs_analysis *analysis, size_t first, size_t n,
                            double **values, bs_error *err);
void bs_influences_free(bs_influences *influences);
/* Fills the common errors of the scores. The influences are sorted in place. */
bs_status bs_analysis_common_errors(bs_analysis *analysis, bs_influences *influences,
                                    const bs_tables *results, bs_error *err);

/* A task that counts in the mean over the tasks of a keyword. */
typedef struct bs_keyword_task {
  uint32_t aggregate, task;
} bs_keyword_task;

/* The tasks of results by what they are parts of. UINT32_MAX: of nothing. */
typedef struct bs_groups {
  bs_interner variants; /* the first is "": a task as its file has it */
  bs_interner bases;    /* the tasks' names without @VARIANT */
  uint32_t *variant;    /* [n_tasks] */
  uint32_t *base;       /* [n_tasks] */
  /* The aggregates that a task counts in: its parent's; that of all tasks, that of those with human
     scores, in both as a part of its parent where it has one. [n_tasks] */
  uint32_t *parent, *all, *human;
  size_t n_aggregates;
  /* The aggregates that a parent's counts in. [n_aggregates] */
  uint32_t *parent_all, *parent_human;
  /* The aggregates of keywords, which stand behind n_plain others, and their tasks, in order. */
  size_t n_plain;
  bs_keyword_task *keyword_tasks;
  size_t n_keyword_tasks, cap_keyword_tasks;
} bs_groups;

/* `aggregates` receives the names of all aggregates, in order; strings go into `arena`. */
bs_status bs_groups_make(bs_groups *groups, const bs_tables *results, bs_interner *aggregates,
                         bs_arena *arena, bs_error *err);
void bs_groups_free(bs_groups *groups);

/* Whether the task's preferred score can be normalised, and so counts in means. */
bool bs_task_counts(const bs_task_row *task);
double bs_task_normalised(const bs_task_row *task, double score);

/* A task's normalised score on its way into the means. */
typedef struct bs_cell {
  double value, standard_error;
  bool is_there;  /* of this model */
  bool is_wanted; /* of any model */
} bs_cell;

typedef struct bs_part_mean {
  double sum, variance;
  uint64_t n;
  bool is_whole;
} bs_part_mean;

/* The mean of each aggregate over cells[n_tasks]. `means` and `parts` have room for n_aggregates
   each; the second is scratch. A mean over nothing has n 0. */
void bs_groups_average(const bs_groups *groups, const bs_cell *cells, size_t n_tasks,
                       bs_part_mean *means, bs_part_mean *parts);
/* NaN unless every task was there. */
double bs_mean_value(const bs_part_mean *of);
double bs_mean_error(const bs_part_mean *of);

/* Each fills its rows. The analysis' tasks are those of the results, its scores are all there; the
   first also normalises these. */
bs_status bs_analysis_aggregate(bs_analysis *analysis, const bs_tables *results,
                                const bs_groups *groups, bs_error *err);
bs_status bs_analysis_spread(bs_analysis *analysis, const bs_tables *results,
                             const bs_groups *groups, bs_error *err);
bs_status bs_analysis_human(bs_analysis *analysis, const bs_tables *results,
                            const bs_groups *groups, bs_error *err);
/* Compares families, and variants with the task as its file has it, once the linearity rows are
   there. */
bs_status bs_analysis_compare(bs_analysis *analysis, const bs_tables *results,
                              const bs_groups *groups, bs_error *err);
bs_status bs_analysis_prompts_count(bs_analysis *analysis, const bs_tables *results, bs_error *err);

#endif
