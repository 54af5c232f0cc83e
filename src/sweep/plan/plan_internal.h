#ifndef BIGSWEEP_SWEEP_PLAN_PLAN_INTERNAL_H
#define BIGSWEEP_SWEEP_PLAN_PLAN_INTERNAL_H

#include "bigsweep/sweep.h"

/* Opens the tasks of plan->config, with their baselines; those that cannot be used are told and
   left out. */
bs_status bs_plan_read_tasks(bs_plan *plan, bs_notice notice, void *user, bs_error *err);

#endif
