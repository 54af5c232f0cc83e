/* Where the results of a product go. A function on the results runs while they lie in the cache,
   where a kernel can in between the steps of its next product. */
#include <assert.h>

#include "base/size_internal.h"
#include "kernels/run_internal.h"

/* The rows from first_row on of a product's output. */
typedef struct target {
  const bs_linear *linear;
  const bs_linear_output *output;
  bs_block_store store; /* of results without a map */
  float *y;
  size_t first_row, n_slab;
} target;

static void emit_rows(void *context, const bs_block_sums *results) {
  const target *to = context;
  const bs_block_store *s = &to->store;
  bs_block_sums c = *results;
  for (size_t p = 0; p < results->n_panels; p++, c.data += c.panel_stride) {
    size_t col = (results->panel + p) * BS_PANEL, left = s->n_out - col;
    to->linear->gemm->output->store(&c, bs_size_min(left, BS_PANEL),
                                    s->bias != NULL ? s->bias + col : NULL,
                                    s->y + c.row * s->ld_y + col, s->ld_y, s->epilogue);
  }
}

/* A panel's results of one row with their bias: where they lie, or in `sums`. */
static const float *with_bias(const bs_linear *linear, const float *c, size_t panel, size_t n,
                              float *sums) {
  if (linear->bias == NULL)
    return c;
  for (size_t j = 0; j < n; j++)
    sums[j] = c[j] + linear->bias[panel * BS_PANEL + j];
  return sums;
}

/* n results of one row from column `col` on, into the slab of the next layer. */
static void pack_piece(const target *to, const float *y, size_t row, size_t col, size_t n) {
  const bs_linear *next = to->output->next;
  next->gemm->family->pack_piece(next->gemm, y, row, col, n, bs_run_slab_rows(next, to->n_slab),
                                 next->n_in, to->output->slab);
}

static void emit_mapped(void *context, const bs_block_sums *results) {
  const target *to = context;
  const bs_linear *linear = to->linear;
  const bs_linear_output *output = to->output;
  size_t n_each = linear->n_half > 0 ? 2 : 1;
  size_t width = linear->n_half > 0 ? linear->n_half : linear->n_out;
  float sums[2][BS_PANEL];
  for (size_t p = 0; p + n_each <= results->n_panels; p += n_each) {
    size_t panel = results->panel + p, col = panel / n_each * BS_PANEL;
    size_t n = bs_size_min(width - col, BS_PANEL);
    for (size_t i = 0; i < results->n_rows; i++) {
      const float *c = results->data + p * results->panel_stride + i * results->row_stride;
      const float *a = with_bias(linear, c, panel, n, sums[0]), *b = NULL;
      if (n_each == 2)
        b = with_bias(linear, c + results->panel_stride, panel + 1, n, sums[1]);
      float mapped[BS_PANEL], *y = mapped;
      if (output->next == NULL)
        y = to->y + (results->row + i) * output->ld_y + col;
      output->map.apply(output->map.context, a, b, y, n);
      if (output->next != NULL)
        pack_piece(to, y, to->first_row + results->row + i, col, n);
    }
  }
}

bs_status bs_linear_run(const bs_linear *linear, const bs_linear_input *input, size_t n_rows,
                        const bs_linear_output *output, bs_error *err) {
  bool mapped = output->map.apply != NULL;
  assert(mapped || output->next == NULL);
  if (output->summary != NULL)
    return bs_head_run(linear, input, n_rows, output, err);
  size_t most = input->slab != NULL ? n_rows : bs_run_max_rows(linear);
  for (size_t row = 0; row < n_rows; row += most) {
    float *y = output->next == NULL ? output->y + row * output->ld_y : NULL;
    target to = {.linear = linear,
                 .output = output,
                 .store = {y, output->ld_y, linear->n_out, linear->bias, output->epilogue},
                 .y = y,
                 .first_row = row,
                 .n_slab = n_rows};
    bs_run run = {.linear = linear,
                  .input = input,
                  .first_row = row,
                  .m = bs_size_min(n_rows - row, most),
                  .emit_panels = mapped && linear->n_half > 0 ? 2 : 1,
                  .emit = mapped ? emit_mapped : emit_rows,
                  .context = &to,
                  .store = mapped ? NULL : &to.store};
    bs_status status = bs_run_product(&run, err);
    if (status != BS_OK)
      return status;
  }
  return BS_OK;
}
