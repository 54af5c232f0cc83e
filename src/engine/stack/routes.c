/* The router's choices: softmax over all experts in f32, the most likely ones of each row, and rows
   gathered by expert. */
#include "engine/stack/routes_internal.h"

#include <math.h>
#include <stdlib.h>

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
static void gather(bs_routes *routes, const bs_experts *experts, size_t n_rows) {
  size_t *first = routes->first, n_choices = n_rows * experts->per_token;
  for (size_t e = 0; e <= experts->n; e++)
    first[e] = 0;
  for (size_t c = 0; c < n_choices; c++)
    first[routes->experts[c] + 1]++;
  for (size_t e = 0; e < experts->n; e++)
    first[e + 1] += first[e];
  for (size_t c = 0; c < n_choices; c++) {
    size_t place = first[routes->experts[c]]++;
    routes->places[c] = place;
    routes->rows[place] = c / experts->per_token;
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
  if (routes->experts == NULL || routes->weights == NULL || routes->places == NULL ||
      routes->rows == NULL || routes->first == NULL)
    return BS_ERR_MEMORY;
  routes->capacity = n;
  return BS_OK;
}

bs_status bs_routes_make(bs_routes *routes, const bs_experts *experts, float *logits, size_t n_rows,
                         bs_error *err) {
  bs_status status = need(routes, experts, n_rows, err);
  if (status != BS_OK)
    return status;
#pragma omp parallel for schedule(static) if (n_rows * experts->n > PARALLEL_LOGITS)
  for (size_t i = 0; i < n_rows; i++)
    choose(experts, logits + i * experts->n, routes->experts + i * experts->per_token,
           routes->weights + i * experts->per_token);
  gather(routes, experts, n_rows);
  return BS_OK;
}

void bs_routes_free(bs_routes *routes) {
  free(routes->experts);
  free(routes->weights);
  free(routes->places);
  free(routes->rows);
  free(routes->first);
  *routes = (bs_routes){0};
}

double bs_routes_bytes(const bs_experts *experts, size_t n_rows) {
  static const double PER_CHOICE = sizeof(uint32_t) + sizeof(float) + 2 * sizeof(size_t);
  return PER_CHOICE * (double)n_rows * (double)experts->per_token +
         sizeof(size_t) * ((double)experts->n + 1);
}
