/* Forecasts while they are made: curves become series of numbers between 0 and 1, series that
   belong together a suite, and every series is forecast at every target. */
#ifndef BIGSWEEP_ANALYSIS_FORECASTS_INTERNAL_H
#define BIGSWEEP_ANALYSIS_FORECASTS_INTERNAL_H

#include "analysis/analysis_internal.h"
#include "bigsweep/forecast.h"

enum { BS_LEAST_KNOWN = 3 }; /* sizes that a forecast needs */

/* The points of a curve that have a score, ascending in size. */
typedef struct bs_series {
  size_t row;                    /* of the linearity rows; SIZE_MAX: a mean that has none */
  const char *task, *metric;     /* names */
  uint32_t family, task_number;  /* UINT32_MAX: a mean over tasks */
  uint32_t metric_number, shots; /* task_number and metric_number: of the analysis */
  size_t n, n_known;             /* n_known: that are not held out */
  const double *axis;            /* [n]: scale or compute */
  const double *y, *errors;      /* [n]: 0 to 1, errors NaN where unknown */
  const uint32_t *models;        /* [n] */
  double low, high;              /* the scores that are 0 and 1 */
  double chance;                 /* 0 to 1 */
  const char *refusal;           /* why there is no forecast at all; NULL: there may be */
  const char *shape;             /* of the known points; "" where it is not known */
} bs_series;

/* A series at a target. Numbers lie between 0 and 1 until they are told. */
typedef struct bs_prospect {
  bool is_there; /* else the series has no such size to hold out */
  double scale, forecast, half_width, observed, crps;
  const char *method, *reason; /* a reason: nobody should rely on the forecast */
  /* The same forecast done earlier, of known points n_known - 1 - i. */
  double earlier[BS_MOST_EARLIER];
  size_t n_earlier;
} bs_prospect;

/* A value at a checkpoint of a training, in numbers of the analysis. */
typedef struct bs_moment {
  uint32_t task, shots, model, checkpoint, metric; /* checkpoint: a model of the trajectories */
  double value;
} bs_moment;

typedef struct bs_forecasting {
  bs_analysis *analysis;
  const bs_tables *results; /* NULL: a table of scores */
  const bs_forecast_request *request;
  bs_series *series; /* of tasks, in order of the linearity rows, then of means */
  size_t n_series, n_tasks_series, cap_series;
  double *numbers; /* axis, y and errors of the series of tasks */
  uint32_t *models;
  bool *has_compute;      /* [families]: whether compute is the axis */
  double *next;           /* [families]: one step beyond the largest; NaN: it has none */
  size_t n_targets;       /* of each series */
  bs_prospect *prospects; /* [n_series][n_targets] */
  double *mean_numbers;   /* as numbers, of the means */
  bs_moment *moments;     /* of the trajectories, in order of their fields */
  size_t n_moments;
} bs_forecasting;

/* 1 for a metric that is a loss, -1 for a log-likelihood, 0 for others. */
int bs_loss_sign(const char *metric);

/* Each after the one before. */
bs_status bs_forecasting_read_series(bs_forecasting *f, bs_error *err);
bs_status bs_forecasting_find_shapes(bs_forecasting *f, bs_error *err);
bs_status bs_forecasting_forecast_suites(bs_forecasting *f, bs_error *err);
bs_status bs_forecasting_add_means(bs_forecasting *f, bs_error *err);

/* Targets and what came there, before anything is forecast. */
void bs_prospects_start(const bs_forecasting *f, const bs_series *series, bs_prospect *prospects);
/* How many sizes of this suite's spacing a target lies beyond the known ones; 1 at least. */
size_t bs_prospect_horizon(const bs_forecasting *f, const bs_series *series, size_t target,
                           double scale);
/* Whether a forecast at this size is that of a law. */
bool bs_prospect_is_far(const bs_series *series, double scale);
/* Half width and score of a prospect from the absolute errors of n earlier forecasts. */
void bs_prospect_calibrate(bs_prospect *prospect, double *residuals, size_t n);
/* A text that lives as long as the analysis; NULL with an error. */
const char *bs_forecasting_text(bs_forecasting *f, bs_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Losses and scores of the runs of a series, one run's behind another's. */
typedef struct bs_law_points {
  double *losses, *scores; /* [n]; room for all moments and runs */
  size_t n;                /* 0: no trajectory of these runs is known */
  size_t *end;             /* [runs]: of the points up to this run's */
} bs_law_points;

/* Once the series are read. BS_ERR_INPUT where nothing in the trajectories belongs to the scores.
 */
bs_status bs_forecasting_read_trajectories(bs_forecasting *f, bs_error *err);
/* What was seen on the way of a series' runs; of a run without a trajectory its end, losses[n] and
   score. `sign`: see bs_loss_sign. */
bs_status bs_forecasting_law_points(const bs_forecasting *f, const bs_series *series,
                                    uint32_t loss_metric, int sign, const double *losses,
                                    bs_law_points *to, bs_error *err);

/* The forecasts of a suite, series[n] with equal sizes, beyond ten times the largest known size: by
   laws. Fills forecasts and earlier ones. */
bs_status bs_forecasting_by_laws(bs_forecasting *f, const size_t *series, size_t n,
                                 const bs_suite *suite, size_t target, bs_error *err);
#endif
