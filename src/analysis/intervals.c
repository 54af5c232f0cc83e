/* Intervals and shapes of the curves: the examples that all models of a curve answered, resampled
   together. Each curve has its own random stream and its own row, so threads share the curves out
   among themselves and the rows are the same for any number of them. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "analysis/clusters_internal.h"
#include "analysis/example_matrix_internal.h"
#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/helpers.h"
#include "bigsweep/metric.h"

typedef struct filling {
  bs_analysis *analysis;
  const bs_tables *results; /* NULL: there are no examples */
  bs_example_index index;
  bs_analysis_progress *progress; /* (optional) */
  void *user;
  omp_lock_t lock; /* of what follows */
  size_t n_done;
  /* The first row that could not be filled, whichever thread came upon it; SIZE_MAX: none. */
  size_t failed;
  bs_error error;
} filling;

bs_status bs_analysis_stream(const char *task, const char *metric, uint32_t shots, uint64_t *seed,
                             bs_error *err) {
  bs_text name = {0};
  unsigned char digest[32] = {0};
  bs_status status = bs_text_printf(&name, err, "%s/%s/%u", task, metric, (unsigned)shots);
  if (status == BS_OK)
    status = bs_sha256(name.data, name.n_bytes, digest, err);
  *seed = 0;
  for (size_t i = 0; i < 8; i++)
    *seed |= (uint64_t)digest[i] << 8 * i;
  bs_text_free(&name);
  return status;
}

/* The points' values, errors and repeats over seeds; false where a value or an error is not known.
 */
static bool read_points(const bs_scale_point *points, size_t n, double *y, double *errors,
                        double *deviations, size_t *n_seeds, uint64_t *n_examples) {
  bool is_known = true;
  *n_examples = points[0].n;
  for (size_t k = 0; k < n; k++) {
    y[k] = points[k].value;
    errors[k] = points[k].standard_error;
    deviations[k] = points[k].standard_deviation;
    n_seeds[k] = points[k].n_models;
    *n_examples = points[k].n < *n_examples ? points[k].n : *n_examples;
    is_known = is_known && isfinite(y[k]) && isfinite(errors[k]);
  }
  return is_known;
}

static bs_status fill_from_errors(bs_curve *curve, const bs_scale_point *points, size_t n,
                                  uint64_t seed, bs_error *err) {
  double *numbers = bs_array_new(3 * n, sizeof *numbers, err);
  size_t *n_seeds = bs_array_new(n, sizeof *n_seeds, err);
  bs_status status = numbers != NULL && n_seeds != NULL ? BS_OK : BS_ERR_MEMORY;
  double *errors = numbers + n, *deviations = numbers + 2 * n;
  uint64_t n_examples;
  if (status == BS_OK &&
      read_points(points, n, numbers, errors, deviations, n_seeds, &n_examples)) {
    bs_seed_deviations seeds = {n_seeds, deviations};
    status = bs_curve_from_errors(curve, numbers, errors, &seeds, n, n_examples, seed, err);
  }
  free(numbers);
  free(n_seeds);
  return status;
}

/* The column of a metric that is the mean of its examples' values; SIZE_MAX where it is not. */
static size_t column_of(const filling *f, const char *name) {
  const bs_metric *metric = bs_metric_find(name);
  bool is_mean = metric == NULL || metric->corpus == NULL;
  return f->results != NULL && is_mean ? bs_tables_column(f->results, name) : SIZE_MAX;
}

/* The scale at a place between models, on a logarithmic axis. */
static double scale_at(const bs_scale_point *points, size_t n, double place) {
  if (isnan(place))
    return NAN;
  size_t k = (size_t)place < n - 1 ? (size_t)place : n - 2;
  double share = place - (double)k;
  return points[k].scale * pow(points[k + 1].scale / points[k].scale, share);
}

/* Of two scales there is no linearity, and so nothing that it lies between. */
static void set_curve(bs_linearity_row *row, const bs_curve *curve, const bs_scale_point *points,
                      size_t n) {
  const bs_interval none = {NAN, NAN};
  bs_interval linearity = n < 3 ? none : curve->linearity;
  bs_interval breakthroughness = n < 3 ? none : curve->breakthroughness;
  row->improvement_low = curve->improvement.low;
  row->improvement_high = curve->improvement.high;
  row->improvement_corrected = curve->improvement_corrected;
  row->linearity_low = linearity.low;
  row->linearity_high = linearity.high;
  row->linearity_corrected = n < 3 ? (double)NAN : curve->linearity_corrected;
  row->breakthroughness_low = breakthroughness.low;
  row->breakthroughness_high = breakthroughness.high;
  row->sign_share = curve->sign_share;
  row->shape = bs_shape_name(curve->shape);
  row->shape_p = curve->shape_p;
  row->half_rise_scale = scale_at(points, n, curve->half_rise);
  row->half_rise_scale_low = scale_at(points, n, curve->half_rise_interval.low);
  row->half_rise_scale_high = scale_at(points, n, curve->half_rise_interval.high);
  row->seed_deviation = curve->seed_deviation;
  row->jump_share = curve->jump;
  row->jump_share_low = curve->jump_interval.low;
  row->jump_share_high = curve->jump_interval.high;
}

/* What a thread needs for a row, and again for the next. */
typedef struct curve_room {
  bs_example_matrix examples;
  bs_cluster_numbers clusters; /* of these examples */
} curve_room;

static bs_status gather(const filling *f, const bs_example_source *source,
                        const bs_scale_point *points, size_t n, curve_room *to, bs_error *err) {
  bs_example_matrix *examples = &to->examples;
  bs_status status =
      bs_example_matrix_of_curve(examples, &f->index, source, f->analysis, points, n, err);
  if (status == BS_OK)
    status = bs_cluster_numbers_reserve(&to->clusters, examples->n, err);
  for (size_t j = 0; status == BS_OK && j < examples->n; j++)
    to->clusters.keys[j].cluster = f->results->examples[examples->rows[j]].cluster;
  return status == BS_OK ? bs_cluster_numbers_make(&to->clusters, examples->n, err) : status;
}

static bs_status fill_from_examples(const filling *f, size_t row, size_t column, curve_room *room,
                                    bs_curve *curve, uint64_t seed, bs_error *err) {
  size_t n;
  const bs_scale_point *points = bs_analysis_curve(f->analysis, row, &n);
  const bs_example_column user = {f->results, column};
  const bs_example_source source = {.task = f->analysis->linearity_task[row],
                                    .shots = f->analysis->tables->linearity[row].shots,
                                    .value = bs_example_column_value,
                                    .user = &user};
  size_t *n_seeds = bs_array_new(n, sizeof *n_seeds, err);
  if (n_seeds == NULL)
    return BS_ERR_MEMORY;
  const bs_example_matrix *examples = &room->examples;
  bs_status status = gather(f, &source, points, n, room, err);
  for (size_t k = 0; status == BS_OK && k < examples->n_models; k++)
    n_seeds[examples->points[k]]++;
  if (status == BS_OK)
    status = bs_curve_from_repeats(curve, examples->values, n_seeds, examples->n, n,
                                   room->clusters.of, seed, err);
  free(n_seeds);
  return status;
}

static bs_status fill_row(const filling *f, size_t i, curve_room *room, bs_error *err) {
  bs_linearity_row *row = &f->analysis->tables->linearity[i];
  size_t n, column = column_of(f, row->metric);
  const bs_scale_point *points = bs_analysis_curve(f->analysis, i, &n);
  bs_curve curve;
  bs_status status = bs_curve_from_errors(&curve, NULL, NULL, NULL, 0, 0, 0, err); /* undefined */
  set_curve(row, &curve, points, n);
  if (n < 2 || isnan(row->improvement))
    return status;
  uint64_t seed = 0;
  status = bs_analysis_stream(row->task, row->metric, row->shots, &seed, err);
  if (status == BS_OK && f->analysis->linearity_task[i] != UINT32_MAX && column != SIZE_MAX)
    status = fill_from_examples(f, i, column, room, &curve, seed, err);
  else if (status == BS_OK)
    status = fill_from_errors(&curve, points, n, seed, err);
  if (status == BS_OK)
    set_curve(row, &curve, points, n);
  return status;
}

/* Rows behind one that failed need not be filled; those before it must, for one of them may fail
   too and is the first then. */
static bool is_behind_failure(const filling *f, size_t row) {
  size_t failed;
#pragma omp atomic read
  failed = f->failed;
  return row > failed;
}

static void note_row(filling *f, size_t row, bs_status status, const bs_error *why) {
  omp_set_lock(&f->lock); /* a critical section would be a symbol that the library shows */
  if (status != BS_OK && row < f->failed) {
    f->error = *why;
#pragma omp atomic write
    f->failed = row;
  }
  f->n_done++;
  if (f->progress != NULL)
    f->progress(f->user, f->n_done, f->analysis->tables->n_linearity);
  omp_unset_lock(&f->lock);
}

static void fill_rows(filling *f) {
  size_t n = f->analysis->tables->n_linearity, n_threads = (size_t)bs_threads_default();
  n_threads = n < n_threads ? n : n_threads;
#pragma omp parallel num_threads((int)n_threads) if (n_threads > 1)
  {
    curve_room mine = {0};
#pragma omp for schedule(dynamic)
    for (size_t i = 0; i < n; i++) {
      bs_error err = {0};
      if (!is_behind_failure(f, i))
        note_row(f, i, fill_row(f, i, &mine, &err), &err);
    }
    bs_example_matrix_free(&mine.examples);
    bs_cluster_numbers_free(&mine.clusters);
  }
}

bs_status bs_analysis_fill_curves(bs_analysis *analysis, const bs_tables *results,
                                  bs_analysis_progress *progress, void *user, bs_error *err) {
  filling f = {.analysis = analysis,
               .results = results,
               .progress = progress,
               .user = user,
               .failed = SIZE_MAX};
  bs_status status = results != NULL ? bs_example_index_make(&f.index, results, err) : BS_OK;
  if (status != BS_OK)
    return status;
  omp_init_lock(&f.lock);
  fill_rows(&f);
  omp_destroy_lock(&f.lock);
  bs_example_index_free(&f.index);
  return f.failed == SIZE_MAX ? BS_OK : bs_error_set(err, f.error.status, "%s", f.error.message);
}
