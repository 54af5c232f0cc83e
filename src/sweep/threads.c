/* Shares the cores of a node among the ranks that work on it. */
#include "sweep/threads_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"

enum { WORD_BITS = 64 };

/* Whole cores out of a sum of shares such as 1/3 + 1/3 + 1/3. */
static const double ROUNDING = 1e-6;

static bool may_use(const bs_rank_cores *rank, size_t core) {
  return rank->cores.allowed[core / WORD_BITS] >> core % WORD_BITS & 1;
}

/* The sum of this rank's shares in the cores that it may use. */
static double share_of_cores(const bs_rank_cores *ranks, size_t n_ranks, size_t rank) {
  double share = 0;
  for (size_t core = 0; core < (size_t)BS_CORES_WORDS * WORD_BITS; core++) {
    if (!may_use(&ranks[rank], core))
      continue;
    size_t n = 0;
    for (size_t i = 0; i < n_ranks; i++)
      n += ranks[i].works && may_use(&ranks[i], core);
    share += 1 / (double)n;
  }
  return share;
}

static double share_of_quota(const bs_rank_cores *ranks, size_t n_ranks, size_t rank) {
  const bs_cores *own = &ranks[rank].cores;
  size_t n = 0;
  for (size_t i = 0; i < n_ranks; i++) {
    const bs_cores *other = &ranks[i].cores;
    n += ranks[i].works && isfinite(other->quota) && other->group[0] == own->group[0] &&
         other->group[1] == own->group[1];
  }
  return isfinite(own->quota) ? own->quota / (double)n : INFINITY;
}

/* What Slurm gives the node's ranks together; it gives the one that coordinates its part too. */
static double share_of_slurm(const bs_rank_cores *ranks, size_t n_ranks) {
  double given = 0;
  size_t n = 0;
  for (size_t i = 0; i < n_ranks; i++) {
    if (ranks[i].slurm_cores <= 0)
      return INFINITY;
    given += ranks[i].slurm_cores;
    n += ranks[i].works != 0;
  }
  return given / (double)n;
}

int bs_threads_share(const bs_rank_cores *ranks, size_t n_ranks, size_t rank) {
  if (!ranks[rank].works)
    return 1;
  double share = share_of_cores(ranks, n_ranks, rank);
  share = fmin(share, share_of_quota(ranks, n_ranks, rank));
  share = fmin(share, share_of_slurm(ranks, n_ranks));
  return share < 1 ? 1 : (int)floor(share + ROUNDING);
}

/* Cores that those of ranks[n_ranks] which work may use together. */
static int cores_of_workers(const bs_rank_cores *ranks, size_t n_ranks) {
  int n = 0;
  for (size_t core = 0; core < (size_t)BS_CORES_WORDS * WORD_BITS; core++) {
    bool used = false;
    for (size_t i = 0; i < n_ranks && !used; i++)
      used = ranks[i].works && may_use(&ranks[i], core);
    n += used;
  }
  return n;
}

/* A whole number of the environment; 0: none. */
static int number_of(const char *name) {
  const char *text = getenv(name);
  long n = text != NULL ? strtol(text, NULL, 10) : 0;
  return n > 0 && n < BS_CORES_WORDS * WORD_BITS ? (int)n : 0;
}

/* What Slurm has given the job is less than the node where it does not fence jobs off. */
static int node_cores(void) {
  int n = bs_cores_unbound(), of_job = number_of("SLURM_CPUS_ON_NODE");
  return of_job > 0 && of_job < n ? of_job : n;
}

bs_status bs_threads_agree(bs_threads *threads, bs_transport *transport, bs_error *err) {
  size_t n_ranks = transport != NULL ? (size_t)bs_transport_ranks_here(transport) : 1;
  bool works =
      transport == NULL || bs_transport_rank(transport) > 0 || bs_transport_size(transport) == 1;
  bs_rank_cores *mine = bs_array_new(1, sizeof *mine, err);
  bs_rank_cores *all = bs_array_new(n_ranks, sizeof *all, err);
  bs_status status = mine == NULL || all == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK) {
    bs_cores_read(&mine->cores, NULL);
    /* Of a process alone Slurm's tasks tell nothing: it may be one instead of many. */
    mine->slurm_cores = transport != NULL ? number_of("SLURM_CPUS_PER_TASK") : 0;
    mine->works = works;
  }
  if (status == BS_OK && transport != NULL)
    status = bs_transport_share(transport, mine, sizeof *mine, all, err);
  else if (status == BS_OK)
    all[0] = *mine;
  size_t here = transport != NULL ? (size_t)bs_transport_rank_here(transport) : 0;
  if (status == BS_OK)
    *threads =
        (bs_threads){.n_threads = bs_threads_are_given() ? 0 : bs_threads_share(all, n_ranks, here),
                     .n_cores = cores_of_workers(all, n_ranks),
                     .n_node_cores = transport != NULL ? node_cores() : 0};
  free(mine);
  free(all);
  return status;
}
