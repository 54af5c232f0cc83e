/* The signals that ask a run to stop well: SIGTERM, SIGUSR1 and, from a keyboard, SIGINT. */
#ifndef BIGSWEEP_SWEEP_STOP_SIGNALS_INTERNAL_H
#define BIGSWEEP_SWEEP_STOP_SIGNALS_INTERNAL_H

#include <signal.h>
#include <stdbool.h>

/* How many have come since bs_stop_signals_catch. */
typedef struct bs_stops {
  int n, n_terms, n_ints;
} bs_stops;

/* Until bs_stop_signals_restore they are counted, or, where somebody else stops this process well
   (`count` false), ignored. A SIGINT that was ignored before (nohup, jobs in the background of a
   script) stays so. */
void bs_stop_signals_catch(bool count);
void bs_stop_signals_restore(void);
bs_stops bs_stops_asked(void);

/* Adds them to a set. */
void bs_stop_signals_add(sigset_t *set);
/* From now on they do nothing to this process, blocked or not. */
void bs_stop_signals_ignore(void);

#endif
