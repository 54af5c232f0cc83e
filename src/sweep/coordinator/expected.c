/* How long a run that is continued should take, by the speeds of the units that are done. */
#include <stdlib.h>

#include "base/memory_internal.h"
#include "sweep/coordinator/coordinator_state_internal.h"
#include "sweep/coordinator/start_internal.h"

double bs_coordinator_expected_seconds(const bs_coordinator *c) {
  const bs_plan *plan = c->plan;
  bs_plan_expectation expected = {0};
  double all = 0;
  for (size_t i = 0; i < plan->n_units; i++)
    all += plan->units[i].cost;
  if (c->n_units == 0 || c->all->n_runs == 0 || !(all > 0))
    return 0;
  bs_plan_speed *speeds = bs_array_new(plan->n_models, sizeof *speeds, NULL);
  bool known = speeds != NULL && bs_plan_speeds_of_run(plan, c->all, speeds, NULL) == BS_OK &&
               bs_plan_expect(plan, c->n_workers, speeds, &expected, NULL) == BS_OK;
  free(speeds);
  return known ? expected.seconds * c->progress.cost_total / all : 0;
}
