/* The run of a product over threads, which storing results and summing up logits share. */
#ifndef BIGSWEEP_KERNELS_RUN_INTERNAL_H
#define BIGSWEEP_KERNELS_RUN_INTERNAL_H

#include "kernels/layer_internal.h"

typedef struct bs_run {
  const bs_linear *linear;
  const bs_linear_input *input;
  size_t first_row, m; /* of the input, rows first_row .. first_row + m; of a slab all */
  size_t emit_panels;  /* 1; 2 of pairs; BS_HEAD_PANELS: whole vocabulary blocks */
  bs_emit emit;        /* from any thread; every (row, panel) once */
  void *context;
  const bs_block_store *store; /* what emit does, or NULL */
} bs_run;

/* Rows that one run should have at most, so that the packed activations stay small. */
size_t bs_run_max_rows(const bs_linear *linear);

/* Rows of the slab of m rows. */
size_t bs_run_slab_rows(const bs_linear *linear, size_t m);

/* BS_ERR_MEMORY is the only failure. */
bs_status bs_run_product(const bs_run *run, bs_error *err);

/* Working memory of runs that store: the caller's and each thread's. */
bs_status bs_run_bytes(const bs_linear *linear, const bs_linear_use *use, uint64_t *bytes,
                       bs_error *err);

/* head.c: sums up the logits of all rows, and the memory that this needs beside. */
bs_status bs_head_run(const bs_linear *linear, const bs_linear_input *input, size_t n_rows,
                      const bs_linear_output *output, bs_error *err);
bs_status bs_logits_partials_bytes(const bs_linear *linear, size_t m, uint64_t *bytes,
                                   bs_error *err);

#endif
