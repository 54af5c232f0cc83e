/* Working memory of the kernels: kept by each thread, grown when needed, freed with the thread, so
   that no hot path allocates. */
#ifndef BIGSWEEP_KERNELS_SCRATCH_INTERNAL_H
#define BIGSWEEP_KERNELS_SCRATCH_INTERNAL_H

#include <stddef.h>

typedef enum bs_scratch_use {
  BS_SCRATCH_ROWS,     /* packed activations, shared by the threads of one call */
  BS_SCRATCH_QUEUES,   /* what is left to do, shared likewise */
  BS_SCRATCH_PARTIALS, /* of the output head, shared likewise */
  BS_SCRATCH_BLOCK,    /* one thread's block of results and of expanded weights */
  BS_SCRATCH_VECTORS,  /* one thread's scores and the like */
  BS_SCRATCH_USES
} bs_scratch_use;

/* At least n_bytes for `use`, aligned to 64, contents undefined; valid until this thread asks for
   the same use again, and freed when it ends. NULL when memory is out. */
void *bs_scratch(bs_scratch_use use, size_t n_bytes);

/* A region of zeros in huge pages where the system has them, which takes memory as it is written
   to; NULL when memory is out. */
void *bs_region_new(size_t n_bytes);
void bs_region_free(void *region, size_t n_bytes);

/* 64-byte aligned and zeroed, in huge pages where it is large and the system has them; free(). NULL
   when memory is out. */
void *bs_aligned_new(size_t n_bytes);

#endif
