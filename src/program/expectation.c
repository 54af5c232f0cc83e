/* How much of a run was work. */
#include "program/expectation.h"

#include <stdio.h>
#include <stdlib.h>

/* Of the plan's work, what an earlier run had not done. */
static double share_left(const bs_plan *plan, const bs_sweep_summary *summary) {
  double all = 0;
  for (size_t i = 0; i < plan->n_units; i++)
    all += plan->units[i].cost;
  return all > 0 && summary->progress.cost_total < all ? summary->progress.cost_total / all : 1;
}

void print_expectation(const bs_command *command, const char *config_path,
                       const bs_sweep_summary *summary, const bs_tables *tables) {
  size_t n_workers = summary->n_ranks > 1 ? (size_t)summary->n_ranks - 1 : 1;
  double seconds = summary->progress.seconds;
  bs_error err = {0};
  bs_config *config = NULL;
  bs_plan *plan = NULL;
  bs_plan_speed *speeds = NULL;
  bs_plan_expectation expected;
  if (!(seconds > 0))
    return;
  bs_status status = bs_config_load(&config, config_path, &err);
  if (status == BS_OK)
    status = bs_plan_new(&plan, config, n_workers, false, NULL, NULL, &err);
  if (status == BS_OK && (speeds = calloc(plan->n_models, sizeof *speeds)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_plan_speeds_of_run(plan, tables, speeds, &err);
  if (status == BS_OK)
    status = bs_plan_expect(plan, n_workers, speeds, &expected, &err);
  if (status == BS_OK && summary->examples_reused > 0)
    expected.seconds *= share_left(plan, summary);
  if (status == BS_OK) {
    double work = expected.seconds < seconds ? expected.seconds : seconds;
    fprintf(stderr,
            "bigsweep %s: of %.1f s the work itself took %.1f s; the other %.1f s went into "
            "starting, writing and waiting\n",
            command->name, seconds, work, seconds - work);
  }
  free(speeds);
  bs_plan_free(&plan);
  bs_config_free(&config);
}
