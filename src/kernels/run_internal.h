/* A packed layer, and the run of a product over threads that storing results and summing up logits
   share. */
#ifndef BIGSWEEP_KERNELS_RUN_INTERNAL_H
#define BIGSWEEP_KERNELS_RUN_INTERNAL_H

#include "kernels/gemm_internal.h"

struct bs_linear {
  const bs_gemm *gemm;
  bs_dtype storage;
  size_t n_out, n_in, n_panels, panel_bytes;
  unsigned char *panels; /* [n_panels][panel_bytes] */
  bool in_room;          /* the panels are not the layer's own */
  float *bias;           /* [n_out] or NULL */
  size_t n_half;         /* of paired layers: outputs of one half */
};

typedef struct bs_run {
  const bs_linear *linear;
  const float *x; /* [m][ld_x], or NULL: */
  size_t ld_x, m;
  const bs_row_source *source; /* computes the rows from first_row on */
  size_t first_row;
  void *slab;         /* not NULL: the rows are packed already, x and source are not used */
  size_t emit_panels; /* 1, or BS_HEAD_PANELS: whole vocabulary blocks */
  bs_emit emit;       /* from any thread; every (row, panel) once */
  void *context;
  const bs_store *store; /* what emit does, or NULL */
} bs_run;

/* Rows that one run should have at most, so that the packed activations stay small. */
size_t bs_run_max_rows(const bs_linear *linear);

/* Rows of the slab of m rows. */
size_t bs_run_slab_rows(const bs_linear *linear, size_t m);

/* BS_ERR_MEMORY is the only failure. */
bs_status bs_run_product(const bs_run *run, bs_error *err);

/* Working memory of a run: the caller's and each thread's. `packed`: without that of the rows. */
bs_status bs_run_bytes(const bs_linear *linear, size_t m, size_t n_threads, size_t emit_panels,
                       bool packed, uint64_t *bytes, bs_error *err);

/* What a summary of logits needs beside. */
bs_status bs_logits_partials_bytes(const bs_linear *linear, size_t m, uint64_t *bytes,
                                   bs_error *err);

#endif
