/* Arithmetic on single rows: norms, activations, rotation and the inner loops of attention. Every
   function's result is a function of its arguments alone, elements are summed in a fixed order, so
   nothing here depends on the batch.

   The same source (rows_body.h, attention_body.h) is compiled once per instruction set. All loops
   are plain C that compilers vectorise without reordering; with fused multiply-add the products
   are fused everywhere, else nowhere, so that vectors and their remainders round alike. */
#ifndef BIGSWEEP_KERNELS_ROWS_ROWS_INTERNAL_H
#define BIGSWEEP_KERNELS_ROWS_ROWS_INTERNAL_H

#include <stddef.h>

#include "checkpoint/activation_internal.h"
#include "kernels/arithmetic_internal.h"

/* Keys lie in blocks whose capacity is a multiple of this; scores are written in whole groups. */
enum { BS_KEY_GROUP = 16, BS_MAX_QUERIES = 4 };

typedef struct bs_rows {
  bs_isa isa;

  /* y = x / rms(x) * weight; y = (x - mean) / deviation * weight + bias (bias may be NULL). Sums in
     double; y may be x. */
  void (*rms_norm)(const float *x, float *y, size_t n, const float *weight, double epsilon);
  void (*layer_norm)(const float *x, float *y, size_t n, const float *weight, const float *bias,
                     double epsilon);

  /* y = f(x); and y = f(gate) * up. y may be x or gate. */
  void (*activate)(bs_activation activation, const float *x, float *y, size_t n);
  void (*activate_gated)(bs_activation activation, const float *gate, const float *up, float *y,
                         size_t n);

  /* Rotates the pairs (x[i], x[i + n]), or (x[2 i], x[2 i + 1]), by the angles whose cosines and
     sines are given. */
  void (*rotate)(float *x, const float *cosines, const float *sines, size_t n);
  void (*rotate_neighbours)(float *x, const float *cosines, const float *sines, size_t n);

  /* s[i][j] = sum over d of q[i][d] k[d][j] for n_q <= BS_MAX_QUERIES queries; k is
     (head_dim, capacity). Writes n_keys rounded up to BS_KEY_GROUP elements of each s[i]. */
  void (*scores)(const float *const *q, size_t n_q, size_t head_dim, const float *k,
                 size_t capacity, size_t n_keys, float *const *s);
  /* x[i] = cap tanh(scale x[i] / cap); cap > 0. */
  void (*cap)(float *x, size_t n, float scale, float cap);
  /* s[j] = exp(z[j] - max z) with z[j] = scale s[j] - slope (n - 1 - j); returns their sum. Writes
     zeros behind s[n) up to a multiple of BS_KEY_GROUP. */
  float (*softmax)(float *s, size_t n, float scale, float slope);
  /* out[i][d] += sum over j, in order, of p[i][j] v[j][d]; v is (n_keys, head_dim). */
  void (*values)(const float *const *p, size_t n_q, const float *v, size_t n_keys, size_t head_dim,
                 float *const *out);
} bs_rows;

/* The best variant that an instruction set of the linear layers implies. `isa` is not AUTO. */
const bs_rows *bs_rows_for(bs_isa isa);

#endif
