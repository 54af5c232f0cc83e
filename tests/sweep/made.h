/* A sweep to simulate, made up without files: 8 models of 70 million to 12 billion parameters, 160
   tasks of 32 to 2,000 examples with 30 to 600 tokens each, 0 to 3 shots. */
#ifndef BIGSWEEP_TESTS_SWEEP_MADE_H
#define BIGSWEEP_TESTS_SWEEP_MADE_H

#include "bigsweep/task.h"
#include "sweep/coordinator/simulation_internal.h"

enum { MADE_MODELS = 8, MADE_TASKS = 160, MADE_SHOTS = 4 };

typedef struct made_sweep {
  bs_plan plan;
  bs_config config;
  bs_plan_model models[MADE_MODELS];
  bs_task tasks[MADE_TASKS], *task_pointers[MADE_TASKS];
  char names[MADE_TASKS][16];
  uint32_t shots[MADE_SHOTS];
  bs_task_spec specs[MADE_TASKS];
  const bs_task_spec *spec_pointers[MADE_TASKS];
  double total_cost;
  /* What is so, whatever the plan thinks: of a rank that does 10^12 operations a second and loads
     two bytes for each parameter at 1 GB/s, a quarter of it when the files are in memory. */
  double rates[MADE_MODELS], load_seconds[MADE_MODELS], warm_load_seconds[MADE_MODELS];
} made_sweep;

/* The first n_tasks of the tasks; NULL when out of memory. */
made_sweep *made_sweep_new(uint64_t seed, size_t n_tasks);
void made_sweep_free(made_sweep *sweep);

/* The simulation with what every one of the sweep has: rates, loading, times. */
bs_simulation made_simulation(const made_sweep *sweep, size_t n_workers);

#endif
