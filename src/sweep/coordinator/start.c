/* What a run can tell at its beginning: who is there, what is to be done, and what should be mended
   about how it was started. */
#include "sweep/coordinator/start_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "sweep/coordinator/coordinator_state_internal.h"

/* A smaller part of a node's cores is not worth a word. */
static const double IDLE_SHARE = 0.1;

static uint32_t threads_of(const bs_coordinator *c, size_t w) {
  int configured = c->plan->config->threads;
  return configured > 0 ? (uint32_t)configured : c->workers[w].n_threads;
}

/* Also one that has been told to stop, because there was nothing to do for it. */
static bool is_here(const worker *who) {
  return who->host != NULL && (who->state == PRESENT || who->state == STOPPED);
}

static bool is_first_of_node(const bs_coordinator *c, size_t w) {
  for (size_t i = 0; i < w; i++)
    if (is_here(&c->workers[i]) && c->workers[i].node == c->workers[w].node)
      return false;
  return true;
}

bool bs_coordinator_describe(const bs_coordinator *c, const char *host, bs_sweep_start *start) {
  bool is_apart = host != NULL;
  if (!c->begun)
    return false;
  start->isa = c->chosen_isa != NULL ? c->chosen_isa : "";
  start->precision = c->provenance.dtype;
  start->n_models = c->plan->n_models;
  start->n_tasks = c->plan->n_tasks;
  start->examples_reused = c->examples_reused;
  start->examples_total = c->progress.examples_total + c->examples_reused;
  for (size_t w = 0; w < c->n_workers; w++) {
    uint32_t n = threads_of(c, w);
    if (!is_here(&c->workers[w]))
      continue;
    is_apart = is_apart && strcmp(c->workers[w].host, host) != 0;
    if (start->n_workers++ == 0 || n < start->least_threads)
      start->least_threads = n;
    if (n > start->most_threads)
      start->most_threads = n;
    start->n_nodes += is_first_of_node(c, w);
  }
  start->n_nodes += is_apart;
  return start->n_workers > 0;
}

/* What the workers of one node have together. */
typedef struct node_load {
  uint64_t n_threads;
  uint32_t n_cores, n_node_cores; /* the most that any of them has found */
} node_load;

static node_load load_of(const bs_coordinator *c, size_t node) {
  node_load load = {0};
  for (size_t w = 0; w < c->n_workers; w++) {
    const worker *who = &c->workers[w];
    if (who->state != PRESENT || who->node != node)
      continue;
    load.n_threads += threads_of(c, w);
    load.n_cores = who->n_cores > load.n_cores ? who->n_cores : load.n_cores;
    load.n_node_cores =
        who->n_node_cores > load.n_node_cores ? who->n_node_cores : load.n_node_cores;
  }
  return load;
}

/* One word for all nodes that are alike. */
static void warn(bs_coordinator *c, const char *what, size_t w, size_t n_nodes) {
  char message[640], others[64] = "";
  if (n_nodes > 1)
    snprintf(others, sizeof others, ", and so on %zu other node%s", n_nodes - 1,
             bs_plural(n_nodes - 1));
  snprintf(message, sizeof message, "warning: on %s%s %s", bs_coordinator_host_of(c, w), others,
           what);
  bs_coordinator_notice(c, message);
}

void bs_coordinator_warn_of_threads(bs_coordinator *c) {
  char idle[384] = "", crowded[384] = "";
  size_t idle_at = 0, crowded_at = 0, n_idle = 0, n_crowded = 0;
  for (size_t w = 0; w < c->n_workers; w++) {
    if (c->workers[w].state != PRESENT || !is_first_of_node(c, w))
      continue;
    node_load load = load_of(c, c->workers[w].node);
    if (load.n_node_cores > load.n_cores &&
        load.n_node_cores - load.n_cores > IDLE_SHARE * load.n_node_cores && n_idle++ == 0) {
      idle_at = w;
      snprintf(idle, sizeof idle,
               "the ranks that compute may use %u of %u cores: the launcher binds them; with "
               "`mpirun --bind-to none` (or srun --cpus-per-task) they use all",
               load.n_cores, load.n_node_cores);
    }
    if (load.n_cores > 0 && load.n_threads > load.n_cores && n_crowded++ == 0) {
      crowded_at = w;
      snprintf(crowded, sizeof crowded,
               "%llu threads share %u cores and wait for each other: start fewer ranks%s",
               (unsigned long long)load.n_threads, load.n_cores,
               c->plan->config->threads > 0 ? ", or lower the configuration's \"threads\""
                                            : " on a node");
    }
  }
  if (n_idle > 0)
    warn(c, idle, idle_at, n_idle);
  if (n_crowded > 0)
    warn(c, crowded, crowded_at, n_crowded);
}
