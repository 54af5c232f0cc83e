/* The products of a pass in the order in which they run, on numbers that stand for the rest. */
#include "engine/bare_internal.h"

#include <stdlib.h>

#include "base/memory_internal.h"
#include "engine/server/server_internal.h"
#include "engine/stack/stack_parts_internal.h"

struct bs_bare {
  const bs_engine *engine;
  size_t max_rows;
  float *x; /* (max_rows, widest input) */
  float *y; /* (max_rows, widest output) */
  size_t *offsets;
  double *log_sums;
  int32_t *best;
};

/* The layers of a transformer layer in the order in which they run. */
static void layers_of(const bs_layer_weights *weights, const bs_linear *layers[4]) {
  layers[0] = weights->qkv;
  layers[1] = weights->attention_out;
  layers[2] = weights->mlp_in;
  layers[3] = weights->mlp_out;
}

bs_status bs_bare_new(bs_bare **out, const bs_engine *engine, size_t max_rows, bs_error *err) {
  *out = NULL;
  bs_bare *bare = bs_array_new(1, sizeof *bare, err);
  if (bare == NULL)
    return BS_ERR_MEMORY;
  *bare = (bs_bare){.engine = engine, .max_rows = max_rows};
  size_t n_in = bs_linear_n_in(engine->stack->weights.head), n_out = 1, n_x, n_y;
  for (size_t i = 0; i < engine->stack->weights.n_layers; i++) {
    const bs_linear *layers[4];
    layers_of(&engine->stack->weights.layers[i], layers);
    for (size_t j = 0; j < 4; j++) {
      n_in = bs_size_max(n_in, bs_linear_n_in(layers[j]));
      n_out = bs_size_max(n_out, bs_linear_n_out(layers[j]));
    }
  }
  bs_status status = BS_ERR_MEMORY;
  if (!bs_size_mul(n_in, max_rows, &n_x) || !bs_size_mul(n_out, max_rows, &n_y)) {
    bs_error_set(err, status, "buffers of %zu rows", max_rows);
    goto cleanup;
  }
  bare->x = bs_array_new(n_x, sizeof *bare->x, err);
  bare->y = bs_array_new(n_y, sizeof *bare->y, err);
  bare->offsets = bs_array_new(max_rows + 1, sizeof *bare->offsets, err);
  bare->log_sums = bs_array_new(max_rows, sizeof *bare->log_sums, err);
  bare->best = bs_array_new(max_rows, sizeof *bare->best, err);
  if (bare->x == NULL || bare->y == NULL || bare->offsets == NULL || bare->log_sums == NULL ||
      bare->best == NULL)
    goto cleanup;
  /* Zeros would be multiplied with less power, and so faster on some processors. */
  for (size_t i = 0; i < n_x; i++)
    bare->x[i] = (float)(int32_t)((uint32_t)(i + 1) * 2654435761U) * 0x1p-31F;
  *out = bare;
  bare = NULL;
  status = BS_OK;
cleanup:
  bs_bare_free(&bare);
  return status;
}

void bs_bare_free(bs_bare **bare) {
  if (*bare == NULL)
    return;
  free((*bare)->x);
  free((*bare)->y);
  free((*bare)->offsets);
  free((*bare)->log_sums);
  free((*bare)->best);
  free(*bare);
  *bare = NULL;
}

static bs_status apply(bs_bare *bare, const bs_linear *linear, size_t m, bs_epilogue epilogue,
                       bs_error *err) {
  return bs_linear_run(
      linear, &(bs_linear_input){.x = bare->x, .ld_x = bs_linear_n_in(linear)}, m,
      &(bs_linear_output){.y = bare->y, .ld_y = bs_linear_n_out(linear), .epilogue = epilogue},
      err);
}

bs_status bs_bare_run(bs_bare *bare, size_t n_rows, size_t n_outputs, bs_error *err) {
  const bs_stack_weights *weights = &bare->engine->stack->weights;
  static const bs_epilogue epilogues[4] = {BS_EPILOGUE_STORE, BS_EPILOGUE_ADD, BS_EPILOGUE_STORE,
                                           BS_EPILOGUE_ADD};
  if (n_rows > bare->max_rows || n_outputs > n_rows)
    return bs_error_set(err, BS_ERR_USAGE, "%zu rows and %zu outputs; there is room for %zu",
                        n_rows, n_outputs, bare->max_rows);
  int before = bs_engine_enter(bare->engine);
  bs_status status = BS_OK;
  for (size_t i = 0; i < weights->n_layers && status == BS_OK; i++) {
    const bs_linear *layers[4];
    layers_of(&weights->layers[i], layers);
    for (size_t j = 0; j < 4 && status == BS_OK; j++) {
      size_t m = i + 1 == weights->n_layers && j > 0 ? n_outputs : n_rows;
      status = apply(bare, layers[j], m, epilogues[j], err);
    }
  }
  if (status == BS_OK)
    status = bs_linear_run(
        weights->head, &(bs_linear_input){.x = bare->x, .ld_x = bs_linear_n_in(weights->head)},
        n_outputs,
        &(bs_linear_output){.summary = &(bs_logits_summary){.log_sum_exp = bare->log_sums,
                                                            .argmax = bare->best,
                                                            .offsets = bare->offsets}},
        err);
  bs_engine_leave(before);
  return status;
}

static double weights_of(const bs_linear *linear) {
  return (double)bs_linear_n_in(linear) * (double)bs_linear_n_out(linear);
}

double bs_bare_flops(const bs_engine *engine, size_t n_rows, size_t n_outputs) {
  const bs_stack_weights *weights = &engine->stack->weights;
  double flops = 2 * (double)n_outputs * weights_of(weights->head);
  for (size_t i = 0; i < weights->n_layers; i++) {
    const bs_linear *layers[4];
    layers_of(&weights->layers[i], layers);
    for (size_t j = 0; j < 4; j++)
      flops += 2 * weights_of(layers[j]) *
               (double)(i + 1 == weights->n_layers && j > 0 ? n_outputs : n_rows);
  }
  return flops;
}

/* What the tokens at positions first .. first + n see of `window` (0: all) tokens. */
static double pairs(size_t first, size_t n, size_t window) {
  double sum = 0;
  for (size_t p = first; p < first + n; p++)
    sum += (double)(window > 0 && p + 1 > window ? window : p + 1);
  return sum;
}

double bs_attention_flops(const bs_engine *engine, size_t first, size_t n, size_t n_outputs) {
  const bs_decoder *decoder = engine->decoder;
  double sum = 0;
  for (size_t i = 0; i < decoder->n_layers; i++) {
    size_t rows = i + 1 == decoder->n_layers ? n_outputs : n;
    sum += pairs(first + n - rows, rows, decoder->layers[i].window);
  }
  return 4 * sum * (double)decoder->n_heads * (double)decoder->head_dim;
}
