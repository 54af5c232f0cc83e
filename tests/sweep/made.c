#include "made.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* In (0, 1); spread evenly. */
static double spread(uint64_t seed, uint64_t number) {
  double golden = 0.6180339887498949 * (double)(number + 1) + 0.7548776662466927 * (double)seed;
  return golden - floor(golden);
}

static void make_models(made_sweep *s) {
  static const double parameters[MADE_MODELS] = {7e7,   1.6e8, 4.1e8, 1e9,
                                                 1.4e9, 2.8e9, 6.9e9, 1.2e10};
  for (uint32_t m = 0; m < MADE_MODELS; m++) {
    double n = parameters[m];
    /* As bs_plan_new has it: two bytes of weights, 100 operations a byte; 512 tokens. */
    s->models[m] = (bs_plan_model){
        .path = "m",
        .row = {.name = "m", .family = "f", .architecture = "A", .wrap = "", .path = "m"},
        .weights_bytes = (uint64_t)(2 * n),
        .load_cost = 100 * 2 * n,
        .smallest_cost = 2 * n * 512};
    s->rates[m] = 1e12;
    s->load_seconds[m] = 2 * n / 1e9;
    s->warm_load_seconds[m] = s->load_seconds[m] / 4;
  }
}

/* Sizes and lengths spread evenly over their orders of magnitude; units of at most 512 examples. */
static void make_tasks(made_sweep *s, uint64_t seed) {
  enum { LARGEST_UNIT = 512, LARGEST_TASK = 2000 };
  for (uint32_t t = 0; t < s->plan.n_tasks; t++) {
    uint32_t n = (uint32_t)(32 * pow(LARGEST_TASK / 32.0, spread(seed, 2 * t)));
    double tokens = 30 * pow(20, spread(seed + 1, 3 * t));
    snprintf(s->names[t], sizeof s->names[t], "task%u", t);
    s->tasks[t] = (bs_task){.name = s->names[t], .path = s->names[t], .n_examples = n};
    s->specs[t] = (bs_task_spec){.path = s->names[t], .shots = s->shots, .n_shots = MADE_SHOTS};
    s->task_pointers[t] = &s->tasks[t];
    s->spec_pointers[t] = &s->specs[t];
    for (uint32_t m = 0; m < MADE_MODELS; m++)
      for (uint32_t shots = 0; shots < MADE_SHOTS; shots++)
        for (uint32_t first = 0; first < n; first += LARGEST_UNIT) {
          bs_unit unit = {.model = m, .task = t, .shots = shots, .first = first};
          unit.n = n - first < LARGEST_UNIT ? n - first : LARGEST_UNIT;
          unit.cost = s->models[m].smallest_cost / 512 * tokens * (shots + 1) * unit.n;
          s->total_cost += unit.cost;
          s->plan.units[s->plan.n_units++] = unit;
        }
  }
}

made_sweep *made_sweep_new(uint64_t seed, size_t n_tasks) {
  enum { MOST_UNITS = MADE_MODELS * MADE_TASKS * MADE_SHOTS * 4 };
  made_sweep *s = calloc(1, sizeof *s);
  if (s == NULL)
    return NULL;
  for (uint32_t i = 0; i < MADE_SHOTS; i++)
    s->shots[i] = i;
  s->config = (bs_config){.json = (char *)"{}", .path = (char *)"made"};
  s->plan = (bs_plan){.config = &s->config,
                      .models = s->models,
                      .n_models = MADE_MODELS,
                      .tasks = s->task_pointers,
                      .specs = s->spec_pointers,
                      .n_tasks = n_tasks,
                      .units = calloc(MOST_UNITS, sizeof(bs_unit))};
  if (s->plan.units == NULL) {
    free(s);
    return NULL;
  }
  make_models(s);
  make_tasks(s, seed);
  return s;
}

void made_sweep_free(made_sweep *s) {
  if (s != NULL)
    free(s->plan.units);
  free(s);
}

bs_simulation made_simulation(const made_sweep *s, size_t n_workers) {
  return (bs_simulation){.n_workers = n_workers,
                         .rates = s->rates,
                         .load_seconds = s->load_seconds,
                         .warm_load_seconds = s->warm_load_seconds,
                         .expected_seconds = s->total_cost / s->rates[0] / (double)n_workers,
                         .lease_seconds = 30,
                         .latency_seconds = 50e-6,
                         .service_seconds = 20e-6,
                         .seed = 1};
}
