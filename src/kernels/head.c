/* The output head: logits live in a block of 256 of the vocabulary and are summed up there. Blocks
   are fixed by the vocabulary alone and combined in order, so that threads and batch do not
   matter. */
#include <math.h>

#include "base/memory_internal.h"
#include "kernels/run_internal.h"
#include "kernels/scratch_internal.h"

enum { BLOCK = BS_HEAD_PANELS * BS_PANEL, THREADED_EXPS = 4096 };

typedef struct head {
  const bs_linear *linear;
  size_t first_row, n_rows;    /* of the run */
  bs_logits_partial *partials; /* [blocks][n_rows]: what is written together lies together */
  const bs_logits_summary *summary;
  const bs_result_map *map;
} head;

/* A row's logits of one block with their bias, mapped, without gaps between panels. */
static void map_block(const head *h, const float *c, size_t panel_stride, size_t first,
                      size_t n_cols, float *y) {
  const float *bias = h->linear->bias;
  float sums[BS_PANEL];
  for (size_t col = 0; col < n_cols; col += BS_PANEL, c += panel_stride) {
    size_t n = bs_size_min(n_cols - col, BS_PANEL);
    for (size_t j = 0; j < n; j++)
      sums[j] = c[j] + (bias != NULL ? bias[first + col + j] : 0.0F);
    h->map->apply(h->map->context, sums, NULL, y + col, n);
  }
}

static void emit_block(void *context, const bs_block_sums *results) {
  const head *h = context;
  const bs_logits_summary *to = h->summary;
  const size_t *offsets = to->offsets + h->first_row;
  const float *c = results->data;
  size_t first = results->panel * BS_PANEL, block = results->panel / BS_HEAD_PANELS;
  size_t n_cols = results->n_panels * BS_PANEL;
  if (n_cols > h->linear->n_out - first)
    n_cols = h->linear->n_out - first;
  for (size_t i = 0; i < results->n_rows; i++, c += results->row_stride) {
    size_t row = results->row + i, panel_stride = results->panel_stride;
    const float *logits = c, *bias = h->linear->bias;
    _Alignas(64) float mapped[BLOCK];
    if (h->map->apply != NULL) {
      map_block(h, c, panel_stride, first, n_cols, mapped);
      logits = mapped, bias = NULL, panel_stride = BS_PANEL;
    }
    h->linear->gemm->output->summary(logits, panel_stride, n_cols, first,
                                     bias != NULL ? bias + first : NULL,
                                     &h->partials[block * h->n_rows + row]);
    for (size_t k = offsets[row]; k < offsets[row + 1]; k++) {
      size_t j = (size_t)to->wanted[k] - first;
      if ((size_t)to->wanted[k] >= first && j < n_cols)
        to->wanted_logits[k] = logits[j / BS_PANEL * panel_stride + j % BS_PANEL] +
                               (bias != NULL ? bias[first + j] : 0.0F);
    }
  }
}

/* One row's blocks, n of them, `stride` apart. exp and log of the C library in double: at most an
   ulp, far below what the logits carry. */
static void combine(const bs_logits_partial *partials, size_t n, size_t stride, double *log_sum_exp,
                    int32_t *argmax) {
  const bs_logits_partial *best = partials;
  for (size_t b = 1; b < n; b++)
    if (partials[b * stride].largest > best->largest)
      best = &partials[b * stride];
  double sum = 0;
  for (size_t b = 0; b < n; b++)
    sum += partials[b * stride].sum *
           exp((double)partials[b * stride].largest - (double)best->largest);
  *log_sum_exp = (double)best->largest + log(sum);
  *argmax = best->argmax;
}

bs_status bs_logits_partials_bytes(const bs_linear *linear, size_t m, uint64_t *bytes,
                                   bs_error *err) {
  size_t most = bs_run_max_rows(linear), n = bs_size_min(m, most);
  if (!bs_size_mul(n, bs_ceil_div(linear->n_out, BLOCK), &n) ||
      !bs_size_mul(n, sizeof(bs_logits_partial), &n))
    return bs_error_set(err, BS_ERR_LIMIT, "a summary of %zu rows", m);
  *bytes = n;
  return BS_OK;
}

bs_status bs_head_run(const bs_linear *linear, const bs_linear_input *input, size_t n_rows,
                      const bs_linear_output *output, bs_error *err) {
  const bs_logits_summary *summary = output->summary;
  size_t n_blocks = bs_ceil_div(linear->n_out, BLOCK), most = bs_run_max_rows(linear), n_bytes;
  for (size_t row = 0; row < n_rows; row += most) {
    size_t m = bs_size_min(n_rows - row, most);
    head h = {
        .linear = linear, .n_rows = m, .first_row = row, .summary = summary, .map = &output->map};
    if (bs_size_mul(m, n_blocks, &n_bytes) && bs_size_mul(n_bytes, sizeof *h.partials, &n_bytes))
      h.partials = bs_scratch(BS_SCRATCH_PARTIALS, n_bytes);
    if (h.partials == NULL)
      return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate the partial sums of %zu rows", m);
    bs_run run = {.linear = linear,
                  .input = input,
                  .first_row = row,
                  .m = m,
                  .emit_panels = BS_HEAD_PANELS,
                  .emit = emit_block,
                  .context = &h};
    bs_status status = bs_run_product(&run, err);
    if (status != BS_OK)
      return status;
#pragma omp parallel for schedule(static) if (m * n_blocks > THREADED_EXPS)
    for (size_t i = 0; i < m; i++)
      combine(h.partials + i, n_blocks, m, &summary->log_sum_exp[row + i],
              &summary->argmax[row + i]);
  }
  return BS_OK;
}
