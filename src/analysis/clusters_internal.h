/* The clusters of examples as statistics want them: numbered from 0. */
#ifndef BIGSWEEP_ANALYSIS_CLUSTERS_INTERNAL_H
#define BIGSWEEP_ANALYSIS_CLUSTERS_INTERNAL_H

#include "bigsweep/comparison.h"

typedef struct bs_cluster_key {
  uint64_t cluster; /* of an example's row */
  size_t at;        /* which of the examples it is */
} bs_cluster_key;

/* Start with {0}; the arrays are used again by the next call. */
typedef struct bs_cluster_numbers {
  bs_clusters of; /* number NULL where every example stands alone */
  bs_cluster_key *keys;
  uint32_t *numbers;
  size_t cap_keys, cap_numbers;
} bs_cluster_numbers;

/* Room for the keys of n examples, whose `cluster` is to be filled. */
bs_status bs_cluster_numbers_reserve(bs_cluster_numbers *to, size_t n, bs_error *err);
/* Numbers the first n of them; examples with cluster 0 get one each. */
bs_status bs_cluster_numbers_make(bs_cluster_numbers *to, size_t n, bs_error *err);
void bs_cluster_numbers_free(bs_cluster_numbers *numbers);

#endif
