/* Plain C17. Multiplies and adds round apart (bigsweep is compiled without contraction), so that
   the results are those of any machine with IEEE arithmetic. */
#include <math.h>
#include <string.h>

#include "kernels/convert_internal.h"
#include "kernels/gemm_internal.h"
#include "kernels/vector_internal.h"

enum { MAX_ROWS = 4 };

static inline void micro_rows(const size_t n_rows, size_t depth, const float *a, const float *b,
                              float *c, bool add) {
  float sums[MAX_ROWS][BS_PANEL] = {{0}};
  for (size_t k = 0; k < depth; k++)
    for (size_t r = 0; r < n_rows; r++) {
      float factor = a[r * BS_FMA_STRIDE + k];
      for (size_t j = 0; j < BS_PANEL; j++)
        sums[r][j] += factor * b[k * BS_PANEL + j];
    }
  for (size_t r = 0; r < n_rows; r++)
    for (size_t j = 0; j < BS_PANEL; j++)
      c[r * BS_PANEL + j] = add ? c[r * BS_PANEL + j] + sums[r][j] : sums[r][j];
}

/* One row count at a time, for the compiler to unroll. */
static void micro(size_t n_rows, size_t depth, const float *a, const float *b, float *c, bool add) {
  if (n_rows == MAX_ROWS)
    micro_rows(MAX_ROWS, depth, a, b, c, add);
  else
    for (size_t r = 0; r < n_rows; r++)
      micro_rows(1, depth, a + r * BS_FMA_STRIDE, b, c + r * BS_PANEL, add);
}

static void round_row(bs_precision precision, const float *x, float *to, size_t n) {
  if (precision == BS_PRECISION_F32)
    memcpy(to, x, n * sizeof *to);
  else
    for (size_t i = 0; i < n; i++)
      to[i] = bs_rounded_to_parts(x[i], bs_precision_parts(precision));
}

static void transpose(const float *rows, size_t ld, size_t depth, float *to) {
  for (size_t i = 0; i < depth; i++)
    for (size_t j = 0; j < BS_TRANSPOSED_ROWS; j++)
      to[i * BS_PANEL + j] = rows[j * ld + i];
}

const bs_fma_ops bs_fma_portable = {.max_rows = MAX_ROWS,
                                    .micro = micro,
                                    .expand = bs_convert_to_f32,
                                    .transpose = transpose,
                                    .round_row = round_row};

static void store(const bs_block_sums *c, size_t n_cols, const float *bias, float *y, size_t ld_y,
                  bs_epilogue epilogue) {
  for (size_t r = 0; r < c->n_rows; r++)
    for (size_t j = 0; j < n_cols; j++) {
      float value = c->data[r * c->row_stride + j] + (bias != NULL ? bias[j] : 0.0F);
      y[r * ld_y + j] = epilogue == BS_EPILOGUE_ADD ? y[r * ld_y + j] + value : value;
    }
}

/* The sum goes by column of the panel, then over the columns by halves, as in the vector kernels.
 */
static void summary(const float *c, size_t panel_stride, size_t n_cols, size_t first_col,
                    const float *bias, bs_logits_partial *partial) {
  float logits[BS_HEAD_PANELS * BS_PANEL] = {0};
  float sums[BS_PANEL] = {0};
  size_t best = 0;
  for (size_t j = 0; j < n_cols; j++) {
    logits[j] = c[j / BS_PANEL * panel_stride + j % BS_PANEL] + (bias != NULL ? bias[j] : 0.0F);
    if (logits[j] > logits[best])
      best = j;
  }
  for (size_t j = 0; j < n_cols; j++)
    sums[j % BS_PANEL] += bs_exp_portable(logits[j] - logits[best]);
  double total[BS_PANEL];
  for (size_t j = 0; j < BS_PANEL; j++)
    total[j] = (double)sums[j];
  for (size_t half = BS_PANEL / 2; half > 0; half /= 2)
    for (size_t j = 0; j < half; j++)
      total[j] += total[j + half];
  *partial = (bs_logits_partial){logits[best], (int32_t)(first_col + best), total[0]};
}

const bs_output_ops bs_output_portable = {.store = store, .summary = summary};
