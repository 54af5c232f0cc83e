/* Signals that ask a run to stop well. */
#include "sweep/stop_signals_internal.h"

#include <stddef.h>

static const int numbers[] = {SIGTERM, SIGUSR1, SIGINT};
enum { N_NUMBERS = sizeof numbers / sizeof *numbers };

static volatile sig_atomic_t n_asked, n_terms_asked, n_ints_asked;
static struct sigaction before[N_NUMBERS];

static void count(int number) {
  n_asked = n_asked + 1;
  if (number == SIGTERM)
    n_terms_asked = n_terms_asked + 1;
  if (number == SIGINT)
    n_ints_asked = n_ints_asked + 1;
}

void bs_stop_signals_catch(bool do_count) {
  struct sigaction action = {.sa_flags = SA_RESTART};
  n_asked = n_terms_asked = n_ints_asked = 0;
  if (do_count)
    action.sa_handler = count;
  else
    action.sa_handler = SIG_IGN;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < N_NUMBERS; i++) {
    sigaction(numbers[i], NULL, &before[i]);
    if (numbers[i] != SIGINT || before[i].sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  }
}

void bs_stop_signals_restore(void) {
  for (size_t i = 0; i < N_NUMBERS; i++)
    sigaction(numbers[i], &before[i], NULL);
}

bs_stops bs_stops_asked(void) {
  return (bs_stops){.n = n_asked, .n_terms = n_terms_asked, .n_ints = n_ints_asked};
}

void bs_stop_signals_add(sigset_t *set) {
  for (size_t i = 0; i < N_NUMBERS; i++)
    sigaddset(set, numbers[i]);
}

void bs_stop_signals_ignore(void) {
  sigset_t set;
  for (size_t i = 0; i < N_NUMBERS; i++)
    signal(numbers[i], SIG_IGN);
  sigemptyset(&set);
  bs_stop_signals_add(&set);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
}
