/* Numbers the clusters of examples. */
#include "analysis/clusters_internal.h"

#include <stdlib.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"

bs_status bs_cluster_numbers_reserve(bs_cluster_numbers *to, size_t n, bs_error *err) {
  return bs_reserve(&to->keys, &to->cap_keys, 0, n, err);
}

static int compare_keys(const void *left, const void *right) {
  const bs_cluster_key *a = left, *b = right;
  BS_ORDER(a->cluster, b->cluster);
  BS_ORDER(a->at, b->at);
  return 0;
}

bs_status bs_cluster_numbers_make(bs_cluster_numbers *to, size_t n, bs_error *err) {
  bool any = false;
  to->of = (bs_clusters){NULL, n};
  for (size_t i = 0; i < n; i++) {
    to->keys[i].at = i;
    any = any || to->keys[i].cluster != 0;
  }
  bs_status status = any ? bs_reserve(&to->numbers, &to->cap_numbers, 0, n, err) : BS_OK;
  if (!any || status != BS_OK)
    return status;
  qsort(to->keys, n, sizeof *to->keys, compare_keys);
  to->of = (bs_clusters){to->numbers, 0};
  for (size_t i = 0; i < n; i++) {
    const bs_cluster_key *key = &to->keys[i];
    bool is_next = i == 0 || key->cluster == 0 || key->cluster != key[-1].cluster;
    to->of.n += is_next;
    to->numbers[key->at] = (uint32_t)(to->of.n - 1);
  }
  return BS_OK;
}

void bs_cluster_numbers_free(bs_cluster_numbers *numbers) {
  free(numbers->keys);
  free(numbers->numbers);
  *numbers = (bs_cluster_numbers){0};
}
