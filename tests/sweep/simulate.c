/* The tables of docs/notes/scheduling.md: a made sweep on more and more ranks, undisturbed and
   disturbed, and with nodes whose ranks share a line to the files. The largest take minutes: be
   nice. usage: simulate [RANKS...] */
#include <stdio.h>
#include <stdlib.h>

#include "made.h"

static int row(const char *name, const made_sweep *sweep, const bs_simulation *s) {
  bs_error err = {0};
  bs_simulation_result r;
  if (bs_simulate(s, &sweep->plan, &r, &err) != BS_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  printf(
      "| %zu | %s | %.0f | %.0f | %.1f %% | %.1f %% | %llu | %llu | %llu | %.0f | %llu | %.2f %% "
      "| %.1f |\n",
      s->n_workers + 1, name, r.seconds, r.perfect_seconds, 100 * r.efficiency,
      100 * r.loading_share, (unsigned long long)r.n_units, (unsigned long long)r.n_lost,
      (unsigned long long)r.n_loads, r.results_per_second, (unsigned long long)r.peak_results,
      100 * r.coordinator_load, 1e6 * r.decision_seconds);
  fflush(stdout);
  return 0;
}

static int rows(const made_sweep *sweep, size_t n_workers) {
  bs_simulation plain = made_simulation(sweep, n_workers), noisy = plain, slow, deaths;
  noisy.noise = 0.3;
  slow = noisy;
  slow.n_stragglers = n_workers / 16 + 1;
  slow.straggler_factor = 3;
  deaths = slow;
  deaths.n_deaths = n_workers / 64 + 1;
  return row("undisturbed", sweep, &plain) + row("estimates off", sweep, &noisy) +
         row("and stragglers", sweep, &slow) + row("and deaths", sweep, &deaths);
}

/* Nodes of 16 workers with a line of so many GB/s, told to the coordinator or not. Estimates are
   off. */
static int node_rows(made_sweep *sweep, size_t n_workers, double line) {
  enum { N_WORKERS_PER_NODE = 16 };
  double cold[MADE_MODELS];
  char name[64];
  for (size_t m = 0; m < MADE_MODELS; m++)
    cold[m] = sweep->warm_load_seconds[m] + sweep->load_seconds[m] / line;
  bs_simulation known = made_simulation(sweep, n_workers), unknown;
  known.load_seconds = cold;
  known.noise = 0.3;
  known.workers_per_node = N_WORKERS_PER_NODE;
  unknown = known;
  unknown.nodes_unknown = true;
  snprintf(name, sizeof name, "%.0f GB/s, nodes not looked at", line);
  int failed = row(name, sweep, &unknown);
  snprintf(name, sizeof name, "%.0f GB/s, by node", line);
  return failed + row(name, sweep, &known);
}

int main(int argc, char **argv) {
  static char *usual[] = {"16", "256", "4096", "16384"};
  char **ranks = argc > 1 ? argv + 1 : usual;
  size_t n_ranks = argc > 1 ? (size_t)argc - 1 : sizeof usual / sizeof *usual;
  made_sweep *sweep = made_sweep_new(1, MADE_TASKS);
  if (sweep == NULL)
    return 1;
  printf("%zu units of the plan, %.3g flop\n", sweep->plan.n_units, sweep->total_cost);
  printf("| ranks | | s | perfect s | efficiency | loading | units | lost | loads | results/s | "
         "peak | coordinator busy | us/result |\n"
         "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  int failed = 0;
  for (size_t i = 0; i < n_ranks; i++)
    failed += rows(sweep, (size_t)atol(ranks[i]) - 1);
  for (size_t i = 0; i < n_ranks; i++)
    for (double line = 4; atol(ranks[i]) > 16 && line >= 1; line /= 4)
      failed += node_rows(sweep, (size_t)atol(ranks[i]) - 1, line);
  made_sweep_free(sweep);
  return failed;
}
