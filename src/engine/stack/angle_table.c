/* Cosines and sines of positions' angles. */
#include "engine/stack/angle_table_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"

/* Of one position. */
static void fill(const bs_angles *angles, const double *frequencies, size_t n, size_t position,
                 float *cosines, float *sines) {
  for (size_t i = 0; i < n; i++) {
    double angle = (double)position * frequencies[i];
    cosines[i] = (float)(angles->factor * cos(angle));
    sines[i] = (float)(angles->factor * sin(angle));
  }
}

bs_status bs_angle_table_grow(bs_angle_table *table, const bs_blueprint *blueprint,
                              const bs_angles *angles, size_t n_positions, bs_error *err) {
  size_t n_angles = blueprint->n_angles;
  if (n_positions <= table->n_positions || angles->frequencies == NULL)
    return BS_OK;
  size_t larger = 2 * table->n_positions > n_positions ? 2 * table->n_positions : n_positions, n;
  if (!bs_size_mul(larger, n_angles, &n))
    return bs_error_set(err, BS_ERR_MEMORY, "a table of angles of %zu x %zu", larger, n_angles);
  float *cosines = bs_array_new(n, sizeof *cosines, err);
  float *sines = bs_array_new(n, sizeof *sines, err);
  if (cosines == NULL || sines == NULL) {
    free(cosines);
    free(sines);
    return BS_ERR_MEMORY;
  }
  for (size_t p = 0; p < larger; p++)
    fill(angles, angles->frequencies, n_angles, p, cosines + p * n_angles, sines + p * n_angles);
  bs_angle_table_free(table);
  *table = (bs_angle_table){.cosines = cosines, .sines = sines, .n_positions = larger};
  return BS_OK;
}

void bs_angle_table_free(bs_angle_table *table) {
  free(table->cosines);
  free(table->sines);
  *table = (bs_angle_table){0};
}

/* Rows of one run have one length class. */
static void fill_run(const bs_blueprint *blueprint, bs_batch *batch, const bs_run *run,
                     double *frequencies, float *room) {
  size_t n = blueprint->n_angles, stride = 2 * n * BS_ANGLE_SETS;
  for (size_t set = 0; set < BS_ANGLE_SETS; set++) {
    const bs_angles *angles = &blueprint->angles[set];
    if (angles->frequencies == NULL)
      continue;
    bs_angles_at(blueprint, angles, run->length_class, frequencies);
    for (size_t i = 0; i < run->n_rows; i++) {
      float *own = room + i * stride;
      batch->rows[run->first_row + i].angles = own;
      fill(angles, frequencies, n, batch->rows[run->first_row + i].position, own + 2 * n * set,
           own + 2 * n * set + n);
    }
  }
}

bs_status bs_angles_of_rows(const bs_blueprint *blueprint, bs_batch *batch, bs_floats *room,
                            bs_error *err) {
  size_t n = 0, stride = 2 * blueprint->n_angles * BS_ANGLE_SETS;
  for (size_t i = 0; i < batch->n_runs; i++)
    n += batch->runs[i].length_class > 0 ? batch->runs[i].n_rows : 0;
  if (n == 0)
    return BS_OK;
  bs_status status = bs_floats_need(room, n, stride, err);
  double *frequencies = bs_array_new(blueprint->n_angles, sizeof *frequencies, err);
  if (frequencies == NULL)
    status = BS_ERR_MEMORY;
  float *at = room->data;
  for (size_t i = 0; status == BS_OK && i < batch->n_runs; i++) {
    if (batch->runs[i].length_class == 0)
      continue;
    fill_run(blueprint, batch, &batch->runs[i], frequencies, at);
    at += batch->runs[i].n_rows * stride;
  }
  free(frequencies);
  return status;
}
