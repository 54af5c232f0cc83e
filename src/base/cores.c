/* Allowed cores and quotas of processor time, from the kernel. */
/* For sched_getaffinity. */
#define _GNU_SOURCE

#include "base/cores_internal.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WORD_BITS = 64, MOST_CORES = BS_CORES_WORDS * WORD_BITS };

/* A set that is smaller than the kernel's is refused, so it grows until it is not. */
static void read_allowed(uint64_t *allowed) {
  for (size_t n = CPU_SETSIZE; n <= MOST_CORES; n *= 2) {
    cpu_set_t *set = CPU_ALLOC(n);
    if (set == NULL)
      return;
    size_t n_bytes = CPU_ALLOC_SIZE(n);
    CPU_ZERO_S(n_bytes, set);
    bool is_read = sched_getaffinity(0, n_bytes, set) == 0, too_small = !is_read && errno == EINVAL;
    for (size_t i = 0; is_read && i < n; i++)
      if (CPU_ISSET_S(i, n_bytes, set))
        allowed[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
    CPU_FREE(set);
    if (!too_small)
      return;
  }
}

/* Cores' worth of time that one group allows. */
static double quota_of(const char *folder, int version) {
  uint64_t quota, period;
  if (version == 1)
    return bs_group_number(folder, "cpu.cfs_quota_us", "", &quota) && /* -1: no limit */
                   bs_group_number(folder, "cpu.cfs_period_us", "", &period) && period > 0
               ? (double)quota / (double)period
               : INFINITY;
  /* "QUOTA PERIOD"; QUOTA may be "max" */
  char path[8192], line[64] = "";
  int n = snprintf(path, sizeof path, "%s/cpu.max", folder);
  FILE *file = n > 0 && (size_t)n < sizeof path ? fopen(path, "re") : NULL;
  if (file == NULL)
    return INFINITY;
  unsigned long long of, in;
  bool is_limit = fgets(line, sizeof line, file) != NULL && line[0] >= '0' && line[0] <= '9' &&
                  sscanf(line, "%llu %llu", &of, &in) == 2 && in > 0;
  fclose(file);
  return is_limit ? (double)of / (double)in : INFINITY;
}

static void take_tightest(void *user, const char *folder, int version) {
  bs_cores *cores = user;
  double quota = quota_of(folder, version);
  struct stat info;
  if (!(quota > 0) || !(quota < cores->quota))
    return;
  cores->quota = quota;
  if (stat(folder, &info) == 0) {
    cores->group[0] = (uint64_t)info.st_dev;
    cores->group[1] = (uint64_t)info.st_ino;
  }
}

void bs_cores_read(bs_cores *out, const bs_group_sources *sources) {
  memset(out, 0, sizeof *out);
  out->quota = INFINITY;
  read_allowed(out->allowed);
  bs_control_groups_visit(sources, "cpu", take_tightest, out);
}

int bs_cores_count(const bs_cores *cores) {
  int n = 0;
  for (size_t i = 0; i < BS_CORES_WORDS; i++)
    n += __builtin_popcountll(cores->allowed[i]);
  return n;
}

/* The kernel cuts a set down to what the control groups of the process allow. */
int bs_cores_unbound(void) {
  static const uint64_t ALL = UINT64_MAX;
  bs_cores *cores = calloc(1, sizeof *cores);
  cpu_set_t *before = CPU_ALLOC(MOST_CORES), *all = CPU_ALLOC(MOST_CORES);
  size_t n_bytes = CPU_ALLOC_SIZE(MOST_CORES);
  int n = 0;
  if (cores != NULL && before != NULL && all != NULL &&
      sched_getaffinity(0, n_bytes, before) == 0) {
    for (size_t i = 0; i < n_bytes / sizeof ALL; i++)
      memcpy((char *)all + i * sizeof ALL, &ALL, sizeof ALL);
    if (sched_setaffinity(0, n_bytes, all) == 0) {
      read_allowed(cores->allowed);
      n = bs_cores_count(cores);
      sched_setaffinity(0, n_bytes, before);
    }
  }
  free(cores);
  CPU_FREE(before);
  CPU_FREE(all);
  return n;
}

bool bs_threads_are_given(void) {
  const char *text = getenv("OMP_NUM_THREADS"); /* what is no number OpenMP does not obey either */
  return text != NULL && strtol(text, NULL, 10) > 0;
}

int bs_threads_default(void) {
  int n = omp_get_max_threads();
  bs_cores cores;
  if (bs_threads_are_given())
    return n;
  bs_cores_read(&cores, NULL);
  if (!(cores.quota < n))
    return n;
  return cores.quota < 1 ? 1 : (int)cores.quota;
}
