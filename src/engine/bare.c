/* The products of a pass in the order in which they run, on numbers that stand for the rest. */
#include "bigsweep/bench.h"

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

/* Matrices in slot `slot` of a layer: of members, or one, which may not be there. The slots' order
   is that in which they run. */
static size_t n_matrices(const bs_engine *engine, size_t layer, bs_slot slot) {
  return bs_size_max(engine->stack->weights.layers[layer].slots[slot].n_members, 1);
}

static const bs_linear *matrix_at(const bs_engine *engine, size_t layer, bs_slot slot, size_t i) {
  const bs_slot_weights *weights = &engine->stack->weights.layers[layer].slots[slot];
  return weights->n_members > 0 ? weights->members[i] : weights->linear;
}

/* Rows of a pass that a layer's matrix is multiplied by: behind the last keys and values only those
   that are wanted, of experts an even share of them. */
static size_t rows_at(const bs_engine *engine, size_t layer, bs_slot slot, size_t i, size_t n_rows,
                      size_t n_outputs) {
  bool is_last = layer + 1 == engine->stack->weights.n_layers;
  size_t n = is_last && slot != BS_SLOT_QKV ? n_outputs : n_rows;
  const bs_experts *experts = &engine->blueprint->experts;
  if (engine->stack->weights.layers[layer].slots[slot].n_members == 0)
    return n;
  n *= experts->per_token;
  return (i + 1) * n / experts->n - i * n / experts->n;
}

bs_status bs_bare_new(bs_bare **out, const bs_engine *engine, size_t max_rows, bs_error *err) {
  *out = NULL;
  bs_bare *bare = bs_array_new(1, sizeof *bare, err);
  if (bare == NULL)
    return BS_ERR_MEMORY;
  *bare = (bs_bare){.engine = engine, .max_rows = max_rows};
  size_t n_in = bs_linear_n_in(engine->stack->weights.slots[BS_SLOT_HEAD].linear), n_out = 1, n_x,
         n_y;
  for (size_t i = 0; i < engine->stack->weights.n_layers; i++) {
    for (bs_slot slot = 0; slot < BS_LAYER_SLOTS; slot++) {
      const bs_linear *linear = matrix_at(engine, i, slot, 0); /* members are alike */
      n_in = linear != NULL ? bs_size_max(n_in, bs_linear_n_in(linear)) : n_in;
      n_out = linear != NULL ? bs_size_max(n_out, bs_linear_n_out(linear)) : n_out;
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

static bs_status apply_slot(bs_bare *bare, size_t layer, bs_slot slot, size_t n_rows,
                            size_t n_outputs, bs_error *err) {
  bool is_added = bs_slot_rules[slot].n_out[0] == BS_WIDTH_MODEL; /* to the stream */
  bs_status status = BS_OK;
  for (size_t i = 0; i < n_matrices(bare->engine, layer, slot) && status == BS_OK; i++) {
    const bs_linear *linear = matrix_at(bare->engine, layer, slot, i);
    if (linear != NULL)
      status = apply(bare, linear, rows_at(bare->engine, layer, slot, i, n_rows, n_outputs),
                     is_added ? BS_EPILOGUE_ADD : BS_EPILOGUE_STORE, err);
  }
  return status;
}

bs_status bs_bare_run(bs_bare *bare, size_t n_rows, size_t n_outputs, bs_error *err) {
  const bs_stack_weights *weights = &bare->engine->stack->weights;
  if (n_rows > bare->max_rows || n_outputs > n_rows)
    return bs_error_set(err, BS_ERR_USAGE, "%zu rows and %zu outputs; there is room for %zu",
                        n_rows, n_outputs, bare->max_rows);
  int before = bs_engine_enter(bare->engine);
  bs_status status = BS_OK;
  for (size_t i = 0; i < weights->n_layers && status == BS_OK; i++) {
    for (bs_slot slot = 0; slot < BS_LAYER_SLOTS && status == BS_OK; slot++) {
      status = apply_slot(bare, i, slot, n_rows, n_outputs, err);
    }
  }
  const bs_linear *head = weights->slots[BS_SLOT_HEAD].linear;
  if (status == BS_OK)
    status = bs_linear_run(
        head, &(bs_linear_input){.x = bare->x, .ld_x = bs_linear_n_in(head)}, n_outputs,
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
  double flops = 2 * (double)n_outputs * weights_of(weights->slots[BS_SLOT_HEAD].linear);
  for (size_t i = 0; i < weights->n_layers; i++) {
    for (bs_slot slot = 0; slot < BS_LAYER_SLOTS; slot++) {
      for (size_t j = 0; j < n_matrices(engine, i, slot); j++) {
        const bs_linear *linear = matrix_at(engine, i, slot, j);
        if (linear != NULL)
          flops += 2 * weights_of(linear) * (double)rows_at(engine, i, slot, j, n_rows, n_outputs);
      }
    }
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
  const bs_blueprint *blueprint = engine->blueprint;
  double sum = 0;
  for (size_t i = 0; i < blueprint->n_layers; i++) {
    size_t rows = i + 1 == blueprint->n_layers ? n_outputs : n;
    sum += pairs(first + n - rows, rows, blueprint->layers[i].window);
  }
  return 4 * sum * (double)blueprint->n_heads * (double)blueprint->head_dim;
}
