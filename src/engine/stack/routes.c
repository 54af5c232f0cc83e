/* The router's choices: softmax over all experts in f32, the most likely ones of each row, those
   beyond an expert's capacity turned down, and rows gathered by expert. */
#include "engine/stack/routes_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

/* Below so many logits a loop over rows is not worth waking the threads. */
enum { PARALLEL_LOGITS = 1 << 14 };

static const float TAKEN = -1; /* in place of the probability of an expert that was chosen */

static void softmax(float *p, size_t n) {
  float most = p[0], sum = 0;
  for (size_t e = 1; e < n; e++)
    most = p[e] > most ? p[e] : most;
  for (size_t e = 0; e < n; e++) {
    p[e] = expf(p[e] - most);
    sum += p[e];
  }
  for (size_t e = 0; e < n; e++)
    p[e] /= sum;
}

/* The largest that was not taken; the lowest index among equals, and where all are NaN. */
static size_t most_likely(const float *p, size_t n) {
  size_t best = 0;
  while (p[best] == TAKEN)
    best++;
  for (size_t e = best + 1; e < n; e++)
    if (p[e] > p[best])
      best = e;
  return best;
}

static void choose(const bs_experts *experts, float *p, uint32_t *chosen, float *weights) {
  float sum = 0;
  softmax(p, experts->n);
  for (size_t c = 0; c < experts->per_token; c++) {
    size_t best = most_likely(p, experts->n);
    chosen[c] = (uint32_t)best;
    weights[c] = p[best];
    sum += p[best];
    p[best] = TAKEN;
  }
  for (size_t c = 0; experts->renormalised && c < experts->per_token; c++)
    weights[c] /= sum;
}

/* Rows stand in ascending order within an expert. */
void bs_routes_gather(bs_routes *routes, const bs_experts *experts, size_t n_rows) {
  size_t *first = routes->first, n_choices = n_rows * experts->per_token;
  for (size_t e = 0; e <= experts->n; e++)
    first[e] = 0;
  for (size_t c = 0; c < n_choices; c++)
    if (routes->experts[c] != BS_NO_EXPERT)
      first[routes->experts[c] + 1]++;
  for (size_t e = 0; e < experts->n; e++)
    first[e + 1] += first[e];
  for (size_t c = 0; c < n_choices; c++) {
    routes->places[c] = BS_NO_PLACE;
    if (routes->experts[c] == BS_NO_EXPERT)
      continue;
    routes->places[c] = first[routes->experts[c]]++;
    routes->rows[routes->places[c]] = c / experts->per_token;
  }
  for (size_t e = experts->n; e > 0; e--)
    first[e] = first[e - 1];
  first[0] = 0;
}

static bs_status need(bs_routes *routes, const bs_experts *experts, size_t n_rows, bs_error *err) {
  size_t n;
  if (!bs_size_mul(n_rows, experts->per_token, &n))
    return bs_error_set(err, BS_ERR_MEMORY, "routes of %zu rows", n_rows);
  if (routes->first != NULL && n <= routes->capacity)
    return BS_OK;
  bs_routes_free(routes);
  routes->experts = bs_array_new(n, sizeof *routes->experts, err);
  routes->weights = bs_array_new(n, sizeof *routes->weights, err);
  routes->places = bs_array_new(n, sizeof *routes->places, err);
  routes->rows = bs_array_new(n, sizeof *routes->rows, err);
  routes->first = bs_array_new(experts->n + 1, sizeof *routes->first, err);
  routes->counts = bs_array_new(experts->n, sizeof *routes->counts, err);
  if (routes->experts == NULL || routes->weights == NULL || routes->places == NULL ||
      routes->rows == NULL || routes->first == NULL || routes->counts == NULL)
    return BS_ERR_MEMORY;
  routes->capacity = n;
  return BS_OK;
}

bs_status bs_routes_choose(bs_routes *routes, const bs_experts *experts, float *logits,
                           size_t n_rows, bs_error *err) {
  bs_status status = need(routes, experts, n_rows, err);
  if (status != BS_OK)
    return status;
#pragma omp parallel for schedule(static) if (n_rows * experts->n > PARALLEL_LOGITS)
  for (size_t i = 0; i < n_rows; i++)
    choose(experts, logits + i * experts->n, routes->experts + i * experts->per_token,
           routes->weights + i * experts->per_token);
  return BS_OK;
}

/* What came before in a run's text may have been computed in this pass or long ago. */
static void limit_run(bs_routes *routes, const bs_experts *experts, const bs_batch *batch,
                      const bs_run *run, const bs_kv_shape *kv, size_t layer) {
  size_t begin = batch->rows[run->first_row].position;
  memset(routes->counts, 0, experts->n * sizeof *routes->counts);
  for (size_t i = 0; i < run->n_pieces; i++) {
    const bs_kv_piece *piece = &batch->pieces[run->first_piece + i];
    const uint16_t *choices = bs_kv_choices(piece->block, kv, layer);
    for (size_t k = 0; k < piece->n; k++) {
      size_t position = piece->block->first + k;
      if (routes->counts[choices[k]]++ >= experts->capacity && position >= begin)
        routes->experts[run->first_row + position - begin] = BS_NO_EXPERT;
    }
  }
}

void bs_routes_limit(bs_routes *routes, const bs_experts *experts, const bs_batch *batch,
                     const bs_kv_shape *kv, size_t layer) {
  for (size_t i = 0; i < batch->n_rows; i++) {
    const bs_row *row = &batch->rows[i];
    bs_kv_choices(row->block, kv, layer)[row->position - row->block->first] =
        (uint16_t)routes->experts[i];
  }
  for (size_t i = 0; i < batch->n_runs; i++)
    limit_run(routes, experts, batch, &batch->runs[i], kv, layer);
}

void bs_routes_keep(bs_routes *routes, const bs_experts *experts, const size_t *rows, size_t n) {
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < experts->per_token; c++) {
      routes->experts[i * experts->per_token + c] =
          routes->experts[rows[i] * experts->per_token + c];
      routes->weights[i * experts->per_token + c] =
          routes->weights[rows[i] * experts->per_token + c];
    }
}

void bs_routes_free(bs_routes *routes) {
  free(routes->experts);
  free(routes->weights);
  free(routes->places);
  free(routes->rows);
  free(routes->first);
  free(routes->counts);
  *routes = (bs_routes){0};
}

double bs_routes_bytes(const bs_experts *experts, size_t n_rows) {
  static const double PER_CHOICE = sizeof(uint32_t) + sizeof(float) + 2 * sizeof(size_t);
  return PER_CHOICE * (double)n_rows * (double)experts->per_token +
         sizeof(size_t) * (2 * (double)experts->n + 1);
}
