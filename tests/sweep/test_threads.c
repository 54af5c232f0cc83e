/* How the cores of a node are shared among its ranks: tables of what ranks may be allowed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "sweep/threads_internal.h"

enum { MOST_RANKS = 130 };

/* Ranks of a node that differ in a regular way. */
typedef struct node {
  const char *name;
  size_t n_ranks;
  bool has_coordinator; /* its rank 0 */
  /* Rank r may use `n_cores` cores from first + r * step on. */
  size_t first, n_cores, step;
  double quota; /* of each rank's group; 0: none */
  bool own_groups;
  int slurm_cores;
  int of_coordinator, of_worker; /* threads that are expected */
} node;

static bs_rank_cores *make(const node *n) {
  bs_rank_cores *ranks = calloc(MOST_RANKS, sizeof *ranks);
  CU_ASSERT_PTR_NOT_NULL_FATAL(ranks);
  for (size_t r = 0; r < n->n_ranks; r++) {
    bs_cores *cores = &ranks[r].cores;
    for (size_t c = 0; c < n->n_cores; c++) {
      size_t core = n->first + r * n->step + c;
      cores->allowed[core / 64] |= UINT64_C(1) << core % 64;
    }
    cores->quota = n->quota > 0 ? n->quota : INFINITY;
    cores->group[1] = n->own_groups ? r + 1 : 1;
    ranks[r].slurm_cores = n->slurm_cores;
    ranks[r].works = !(n->has_coordinator && r == 0);
  }
  return ranks;
}

static void cores_are_shared_by_those_that_work(void) {
  static const node nodes[] = {
      {.name = "8 ranks, all working, on 32 of 128 cores",
       .n_ranks = 8,
       .first = 40,
       .n_cores = 32,
       .of_worker = 4},
      {.name = "8 ranks, one coordinates, on 32 cores",
       .n_ranks = 8,
       .has_coordinator = true,
       .n_cores = 32,
       .of_coordinator = 1,
       .of_worker = 4},
      {.name = "9 ranks, one coordinates, on 32 cores",
       .n_ranks = 9,
       .has_coordinator = true,
       .n_cores = 32,
       .of_coordinator = 1,
       .of_worker = 4},
      {.name = "9 ranks, all working, on 32 cores", .n_ranks = 9, .n_cores = 32, .of_worker = 3},
      {.name = "3 ranks on 3 cores", .n_ranks = 3, .n_cores = 3, .of_worker = 1},
      {.name = "49 ranks on 49 cores", .n_ranks = 49, .n_cores = 49, .of_worker = 1},
      {.name = "7 ranks on 49 cores", .n_ranks = 7, .n_cores = 49, .of_worker = 7},
      {.name = "ranks bound to 4 cores each",
       .n_ranks = 8,
       .n_cores = 4,
       .step = 4,
       .of_worker = 4},
      {.name = "ranks bound to 4 cores each, one coordinates",
       .n_ranks = 8,
       .has_coordinator = true,
       .n_cores = 4,
       .step = 4,
       .of_coordinator = 1,
       .of_worker = 4},
      {.name = "2 ranks, one coordinates",
       .n_ranks = 2,
       .has_coordinator = true,
       .n_cores = 2,
       .of_coordinator = 1,
       .of_worker = 2},
      {.name = "more ranks than cores", .n_ranks = 16, .n_cores = 4, .of_worker = 1},
      {.name = "cores above 1,024",
       .n_ranks = 4,
       .first = 2000,
       .n_cores = 4096,
       .of_worker = 1024},
      {.name = "128 ranks and a coordinator on 256 cores",
       .n_ranks = 129,
       .has_coordinator = true,
       .n_cores = 256,
       .of_coordinator = 1,
       .of_worker = 2},
      {.name = "no allowed core is known", .n_ranks = 4, .of_worker = 1},
      {.name = "a common quota of 16 of 128 cores",
       .n_ranks = 8,
       .n_cores = 128,
       .quota = 16,
       .of_worker = 2},
      {.name = "a common quota, one coordinates",
       .n_ranks = 9,
       .has_coordinator = true,
       .n_cores = 128,
       .quota = 16,
       .of_coordinator = 1,
       .of_worker = 2},
      {.name = "a quota of 2.5 cores each",
       .n_ranks = 8,
       .n_cores = 128,
       .quota = 2.5,
       .own_groups = true,
       .of_worker = 2},
      {.name = "half a core each",
       .n_ranks = 2,
       .n_cores = 8,
       .quota = 0.5,
       .own_groups = true,
       .of_worker = 1},
      {.name = "Slurm's 4 cores a task, unbound on 128",
       .n_ranks = 8,
       .n_cores = 128,
       .slurm_cores = 4,
       .of_worker = 4},
      {.name = "Slurm's 4 cores a task, those of the coordinator too",
       .n_ranks = 2,
       .has_coordinator = true,
       .n_cores = 128,
       .slurm_cores = 4,
       .of_coordinator = 1,
       .of_worker = 8},
      {.name = "Slurm's 4 cores a task, bound",
       .n_ranks = 2,
       .has_coordinator = true,
       .n_cores = 4,
       .step = 4,
       .slurm_cores = 4,
       .of_coordinator = 1,
       .of_worker = 4},
      {.name = "alone on 2 cores", .n_ranks = 1, .n_cores = 2, .of_worker = 2},
  };
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
    const node *n = &nodes[i];
    bs_rank_cores *ranks = make(n);
    for (size_t r = 0; r < n->n_ranks; r++) {
      int expected = n->has_coordinator && r == 0 ? n->of_coordinator : n->of_worker;
      int found = bs_threads_share(ranks, n->n_ranks, r);
      if (found != expected)
        printf("\n    %s: rank %zu has %d threads, not %d", n->name, r, found, expected);
      CU_ASSERT_EQUAL(found, expected);
    }
    free(ranks);
  }
}

/* Sets that overlap in part: a core counts for each rank by the number of those that may use it. */
static void overlapping_sets(void) {
  bs_rank_cores *ranks = calloc(3, sizeof *ranks);
  CU_ASSERT_PTR_NOT_NULL_FATAL(ranks);
  for (size_t r = 0; r < 3; r++)
    ranks[r] = (bs_rank_cores){.works = 1, .cores = {.quota = INFINITY}};
  ranks[0].cores.allowed[0] = 0xFF; /* eight, four of them shared with rank 1 */
  ranks[1].cores.allowed[0] = 0xF0;
  ranks[2].cores.allowed[1] = 0xF; /* of its own */
  CU_ASSERT_EQUAL(bs_threads_share(ranks, 3, 0), 6);
  CU_ASSERT_EQUAL(bs_threads_share(ranks, 3, 1), 2);
  CU_ASSERT_EQUAL(bs_threads_share(ranks, 3, 2), 4);
  ranks[1].slurm_cores = 1; /* told to one of them alone: it tells nothing */
  CU_ASSERT_EQUAL(bs_threads_share(ranks, 3, 0), 6);
  free(ranks);
}

/* Made-up nodes: all threads together are no more than there are cores, unless ranks are. */
static void no_more_threads_than_cores(void) {
  unsigned seed = 1;
  for (int round = 0; round < 300; round++) {
    bs_rank_cores *ranks = calloc(MOST_RANKS, sizeof *ranks);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ranks);
    uint64_t all = 0;
    size_t n = 1 + (unsigned)round % 24;
    for (size_t r = 0; r < n; r++) {
      ranks[r] = (bs_rank_cores){.works = r > 0 || round % 2 == 0, .cores = {.quota = INFINITY}};
      for (int word = 0; word < 2; word++) {
        seed = seed * 1103515245U + 12345U;
        ranks[r].cores.allowed[0] |= (uint64_t)(seed >> 8 & 0xFFFF) << 16 * word;
      }
      if (ranks[r].works)
        all |= ranks[r].cores.allowed[0];
    }
    int n_threads = 0, n_least = 0;
    for (size_t r = 0; r < n; r++)
      if (ranks[r].works) {
        int own = bs_threads_share(ranks, n, r);
        CU_ASSERT_TRUE(own >= 1);
        n_threads += own;
        n_least += own == 1;
      }
    CU_ASSERT_TRUE(n_threads <= __builtin_popcountll(all) + n_least);
    free(ranks);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"cores are shared by those that work", cores_are_shared_by_those_that_work},
      {"overlapping sets", overlapping_sets},
      {"no more threads than cores", no_more_threads_than_cores},
  };
  return bs_test_main("threads", tests, sizeof tests / sizeof *tests);
}
