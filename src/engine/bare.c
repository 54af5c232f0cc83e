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
static size_t n_matrices(const bs_stack *stack, size_t layer, bs_slot slot) {
  return bs_size_max(stack->weights.layers[layer].slots[slot].n_members, 1);
}

static const bs_linear *matrix_at(const bs_stack *stack, size_t layer, bs_slot slot, size_t i) {
  const bs_slot_weights *weights = &stack->weights.layers[layer].slots[slot];
  return weights->n_members > 0 ? weights->members[i] : weights->linear;
}

/* Behind the last keys and values, or the last router that counts, only wanted rows are computed.
 */
static bool is_narrow(const bs_stack *stack, size_t layer, bs_slot slot) {
  bool is_last = layer + 1 == stack->weights.n_layers;
  bool counts =
      stack->blueprint->experts.capacity > 0 && matrix_at(stack, layer, BS_SLOT_ROUTER, 0) != NULL;
  return is_last && (counts ? slot > BS_SLOT_ROUTER : slot != BS_SLOT_QKV);
}

/* Rows of a pass that a layer's matrix is multiplied by; of experts an even share of them. */
static size_t rows_at(const bs_stack *stack, size_t layer, bs_slot slot, size_t i,
                      const bs_bare_pass *pass) {
  const bs_experts *experts = &stack->blueprint->experts;
  size_t n = is_narrow(stack, layer, slot) ? pass->n_outputs : pass->n_rows;
  if (stack->blueprint->bidirectional || slot == BS_SLOT_CROSS_KV)
    n = pass->n_read;
  if (stack->weights.layers[layer].slots[slot].n_members == 0)
    return n;
  n *= experts->per_token;
  return (i + 1) * n / experts->n - i * n / experts->n;
}

/* The widest input and output of a stack's layers. */
static void widen(const bs_stack *stack, size_t *n_in, size_t *n_out) {
  for (size_t i = 0; i < stack->weights.n_layers; i++) {
    for (bs_slot slot = 0; slot < BS_LAYER_SLOTS; slot++) {
      const bs_linear *linear = matrix_at(stack, i, slot, 0); /* members are alike */
      *n_in = linear != NULL ? bs_size_max(*n_in, bs_linear_n_in(linear)) : *n_in;
      *n_out = linear != NULL ? bs_size_max(*n_out, bs_linear_n_out(linear)) : *n_out;
    }
  }
}

bs_status bs_bare_new(bs_bare **out, const bs_engine *engine, size_t max_rows, bs_error *err) {
  *out = NULL;
  bs_bare *bare = bs_array_new(1, sizeof *bare, err);
  if (bare == NULL)
    return BS_ERR_MEMORY;
  *bare = (bs_bare){.engine = engine, .max_rows = max_rows};
  size_t n_in = bs_linear_n_in(engine->stack->weights.slots[BS_SLOT_HEAD].linear), n_out = 1, n_x,
         n_y;
  widen(engine->stack, &n_in, &n_out);
  if (engine->encoder != NULL)
    widen(engine->encoder, &n_in, &n_out);
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

static bs_status apply_slot(bs_bare *bare, const bs_stack *stack, size_t layer, bs_slot slot,
                            const bs_bare_pass *pass, bs_error *err) {
  bool is_added = bs_slot_rules[slot].n_out[0] == BS_WIDTH_MODEL; /* to the stream */
  bs_status status = BS_OK;
  for (size_t i = 0; i < n_matrices(stack, layer, slot) && status == BS_OK; i++) {
    const bs_linear *linear = matrix_at(stack, layer, slot, i);
    size_t n = rows_at(stack, layer, slot, i, pass);
    if (linear != NULL && n > 0)
      status = apply(bare, linear, n, is_added ? BS_EPILOGUE_ADD : BS_EPILOGUE_STORE, err);
  }
  return status;
}

static bs_status apply_layers(bs_bare *bare, const bs_stack *stack, const bs_bare_pass *pass,
                              bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < stack->weights.n_layers && status == BS_OK; i++)
    for (bs_slot slot = 0; slot < BS_LAYER_SLOTS && status == BS_OK; slot++)
      status = apply_slot(bare, stack, i, slot, pass, err);
  return status;
}

bs_status bs_bare_run(bs_bare *bare, const bs_bare_pass *pass, bs_error *err) {
  const bs_engine *engine = bare->engine;
  size_t most = bs_size_max(pass->n_read, pass->n_rows);
  if (most > bare->max_rows || pass->n_outputs > pass->n_rows)
    return bs_error_set(err, BS_ERR_USAGE, "%zu rows and %zu outputs; there is room for %zu", most,
                        pass->n_outputs, bare->max_rows);
  int before = bs_engine_enter(engine);
  bs_status status = BS_OK;
  if (engine->encoder != NULL && pass->n_read > 0)
    status = apply_layers(bare, engine->encoder, pass, err);
  if (status == BS_OK)
    status = apply_layers(bare, engine->stack, pass, err);
  const bs_linear *head = engine->stack->weights.slots[BS_SLOT_HEAD].linear;
  if (status == BS_OK)
    status = bs_linear_run(
        head, &(bs_linear_input){.x = bare->x, .ld_x = bs_linear_n_in(head)}, pass->n_outputs,
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

static double layers_flops(const bs_stack *stack, const bs_bare_pass *pass) {
  double flops = 0;
  for (size_t i = 0; i < stack->weights.n_layers; i++) {
    for (bs_slot slot = 0; slot < BS_LAYER_SLOTS; slot++) {
      for (size_t j = 0; j < n_matrices(stack, i, slot); j++) {
        const bs_linear *linear = matrix_at(stack, i, slot, j);
        if (linear != NULL)
          flops += 2 * weights_of(linear) * (double)rows_at(stack, i, slot, j, pass);
      }
    }
  }
  return flops;
}

double bs_bare_flops(const bs_engine *engine, const bs_bare_pass *pass) {
  double flops = engine->encoder != NULL ? layers_flops(engine->encoder, pass) : 0;
  return flops + layers_flops(engine->stack, pass) +
         2 * (double)pass->n_outputs *
             weights_of(engine->stack->weights.slots[BS_SLOT_HEAD].linear);
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

/* Of n_queries tokens in all layers that see n_keys tokens each. */
static double all_pairs(const bs_blueprint *blueprint, size_t n_queries, size_t n_keys) {
  return 4 * (double)blueprint->n_layers * (double)blueprint->n_heads *
         (double)blueprint->head_dim * (double)n_queries * (double)n_keys;
}

double bs_cross_attention_flops(const bs_engine *engine, size_t n_read, size_t n) {
  return engine->encoder != NULL ? all_pairs(engine->blueprint, n, n_read) : 0;
}

double bs_encoder_attention_flops(const bs_engine *engine, size_t n_read) {
  return engine->encoder != NULL ? all_pairs(engine->encoder_blueprint, n_read, n_read) : 0;
}
