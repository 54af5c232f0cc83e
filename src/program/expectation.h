/* What a run should have taken. */
#ifndef BIGSWEEP_PROGRAM_EXPECTATION_H
#define BIGSWEEP_PROGRAM_EXPECTATION_H

#include "bigsweep/sweep.h"
#include "program/command.h"

/* Tells on stderr how much of the run's time was work: what the scheduler, on a virtual clock,
   needs at the speeds of the run's own units (for the part that was left, where some was found
   done). The rest is starting, waiting and commits. */
void print_expectation(const bs_command *command, const char *config_path,
                       const bs_sweep_summary *summary, const bs_tables *tables);

#endif
