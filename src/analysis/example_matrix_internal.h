/* A value of each example under each of several models, in one matrix: what is resampled, compared
   or averaged over the examples that the models have in common. */
#ifndef BIGSWEEP_ANALYSIS_EXAMPLE_MATRIX_INTERNAL_H
#define BIGSWEEP_ANALYSIS_EXAMPLE_MATRIX_INTERNAL_H

#include "analysis/analysis_internal.h"
#include "bigsweep/tables.h"

/* The examples of one model, task and number of shots, which are neighbours. */
typedef struct bs_example_group {
  uint32_t model, task, shots;
  size_t first, n; /* rows of /examples */
} bs_example_group;

/* Where the examples of each model, task and number of shots stand. Once made it is only read: any
   number of threads may share it. */
typedef struct bs_example_index {
  const bs_tables *results;
  bs_example_group *groups;
  size_t n_groups;
} bs_example_index;

/* `results` must be sorted and are borrowed until bs_example_index_free. */
bs_status bs_example_index_make(bs_example_index *index, const bs_tables *results, bs_error *err);
void bs_example_index_free(bs_example_index *index);
/* NULL: there are none. */
const bs_example_group *bs_example_index_find(const bs_example_index *index, uint32_t model,
                                              uint32_t task, uint32_t shots);

/* The value of an example's row; NaN or infinite: it has none. */
typedef double bs_example_value(const void *user, size_t row);

/* What is gathered. `value` is called once for each row of each model. */
typedef struct bs_example_source {
  uint32_t task, shots;
  bs_example_value *value;
  const void *user;
} bs_example_source;

/* A column of the metrics, as a source's `user`, and its value. */
typedef struct bs_example_column {
  const bs_tables *results;
  size_t column; /* see bs_tables_column */
} bs_example_column;
bs_example_value bs_example_column_value;

/* Start with {0}; the arrays are used again by the next call. */
typedef struct bs_example_matrix {
  size_t n, n_models; /* examples, columns */
  double *values;     /* [n][n_models] */
  uint32_t *examples; /* [n] their numbers in the task, ascending */
  size_t *rows;       /* [n] of /examples, under the first of the models */
  uint32_t *models;   /* [n_models]; once averaged: the first of each point */
  uint32_t *points;   /* [n_models] what the column is of, ascending */
  size_t cap_values, cap_examples, cap_rows, cap_models, cap_points;
} bs_example_matrix;

/* A column for each of models[n_models], which belong to points[n_models] (numbers that ascend from
   0 to n_points - 1; models of one point are repeats of each other), and a row for each example
   that all have a value of. Models that have no value at all are left out; where none of a point is
   left there are no rows. BS_ERR_MEMORY. */
bs_status bs_example_matrix_gather(bs_example_matrix *to, const bs_example_index *index,
                                   const bs_example_source *source, const uint32_t *models,
                                   const uint32_t *points, size_t n_models, bs_error *err);
/* The same for the models of a curve's points[n_points], repeats in the order of models. */
bs_status bs_example_matrix_of_curve(bs_example_matrix *to, const bs_example_index *index,
                                     const bs_example_source *source, const bs_analysis *analysis,
                                     const bs_scale_point *points, size_t n_points, bs_error *err);
/* Makes one column of those of a point: their mean, example by example. */
void bs_example_matrix_average(bs_example_matrix *matrix);
void bs_example_matrix_free(bs_example_matrix *matrix);

#endif
