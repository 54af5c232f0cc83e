/* A packed layer, and how its panels are made. */
#ifndef BIGSWEEP_KERNELS_LAYER_INTERNAL_H
#define BIGSWEEP_KERNELS_LAYER_INTERNAL_H

#include "kernels/gemm_internal.h"

struct bs_linear {
  const bs_gemm *gemm;
  bs_dtype storage;
  size_t n_out, n_in, n_panels, panel_bytes;
  unsigned char *panels; /* [n_panels][panel_bytes]; NULL where the weights stay where they lie */
  bs_lying_row *lying;   /* [n_panels][BS_PANEL], of those layers; else NULL */
  bool in_room;          /* the panels are not the layer's own */
  float *bias;           /* [n_out] or NULL */
  size_t n_half;         /* of paired layers: outputs of one half; 0 of others */
};

/* Fills `lying` from the parts; rows of `zeros` have no data. */
void bs_linear_list_rows(const bs_linear *linear, const bs_weight *parts, size_t n_parts,
                         const void *zeros);

/* Fills one panel of the layer from the parts, which are stacked along the outputs. */
void bs_linear_pack_panel(const bs_linear *linear, const bs_weight *parts, size_t n_parts,
                          size_t panel);

/* The outputs of a paired layer: whole panels of both halves. */
size_t bs_paired_outputs(size_t n_half);

/* A paired layer as a stack of parts: panels of one half and of the other in turn. */
typedef struct bs_pairs {
  bs_weight *parts;
  size_t n_parts;
  float *bias; /* zeros where the layer has none */
  void *zeros; /* what the last panel of a half lacks */
} bs_pairs;

/* BS_ERR_MEMORY is the only failure; bs_pairs_free is due in any case. */
bs_status bs_pairs_stack(bs_pairs *pairs, const bs_linear_plan *plan, bs_error *err);
void bs_pairs_free(bs_pairs *pairs);

#endif
