/* What the steps of a layer do, and the output head: all products of a pass. */
#include <string.h>

#include "engine/stack/attention_internal.h"
#include "engine/stack/experts_internal.h"

/* Rows of x, normed as a product takes them up. */
typedef struct norm_source {
  const bs_stack *stack;
  const bs_slot_weights *norm;
} norm_source;

static void fill_normed(const void *context, size_t row, float *out) {
  const norm_source *source = context;
  size_t d = source->stack->blueprint->d_model;
  bs_norm_row(source->stack, source->norm, source->stack->work.x.data + row * d, out, d);
}

static const bs_slot_weights *slots_of(const bs_pass *pass) {
  return pass->stack->weights.layers[pass->layer].slots;
}

bool bs_operation_looks(const bs_blueprint *blueprint, bs_operation operation) {
  return operation == BS_OPERATION_ATTENTION ||
         (operation == BS_OPERATION_EXPERTS && blueprint->experts.capacity > 0);
}

static bs_status read_attention(bs_pass *pass, bs_slot norm, bs_error *err) {
  const bs_slot_weights *slots = slots_of(pass);
  bs_stack *stack = pass->stack;
  const norm_source normed = {stack, &slots[norm]};
  bs_status status = bs_linear_run(
      slots[BS_SLOT_QKV].linear, &(bs_linear_input){.source = {fill_normed, &normed}}, pass->n_rows,
      &(bs_linear_output){.y = stack->work.qkv.data,
                          .ld_y = bs_blueprint_qkv_width(stack->blueprint)},
      err);
  if (status != BS_OK)
    return status;
  bs_attention_store(stack, pass->batch, pass->layer);
  bs_pass_keep_wanted(pass);
  if (pass->n_rows == 0)
    return BS_OK;
  return bs_attention_run(stack, pass->batch, pass->layer, pass->wanted, pass->n_wanted, err);
}

/* The hidden layer's activations, packed for the layer that follows. */
static bs_status read_mlp(bs_pass *pass, bs_slot norm, bs_error *err) {
  const bs_slot_weights *slots = slots_of(pass);
  bs_stack *stack = pass->stack;
  const bs_linear *in = slots[BS_SLOT_MLP_IN].linear, *out = slots[BS_SLOT_MLP_OUT].linear;
  const norm_source normed = {stack, &slots[norm]};
  size_t n_bytes;
  bs_status status = bs_linear_slab_bytes(out, pass->n_rows, &n_bytes, err);
  if (status == BS_OK)
    status = bs_floats_need(&stack->work.hidden, 1, n_bytes / sizeof(float), err);
  if (status != BS_OK)
    return status;
  return bs_linear_run(in, &(bs_linear_input){.source = {fill_normed, &normed}}, pass->n_rows,
                       &(bs_linear_output){.map = {bs_activate_results, stack},
                                           .next = out,
                                           .slab = stack->work.hidden.data},
                       err);
}

static bs_status write_mlp(bs_pass *pass, float *y, bs_epilogue epilogue, bs_error *err) {
  return bs_linear_run(
      slots_of(pass)[BS_SLOT_MLP_OUT].linear,
      &(bs_linear_input){.slab = pass->stack->work.hidden.data}, pass->n_rows,
      &(bs_linear_output){.y = y, .ld_y = pass->stack->blueprint->d_model, .epilogue = epilogue},
      err);
}

/* The keys and values have been there since the encoder read its text: bs_stack_see. */
static bs_status read_cross_attention(bs_pass *pass, bs_slot norm, bs_error *err) {
  const bs_slot_weights *slots = slots_of(pass);
  bs_stack *stack = pass->stack;
  const norm_source normed = {stack, &slots[norm]};
  bs_status status =
      bs_linear_run(slots[BS_SLOT_CROSS_Q].linear,
                    &(bs_linear_input){.source = {fill_normed, &normed}}, pass->n_rows,
                    &(bs_linear_output){.y = stack->work.qkv.data,
                                        .ld_y = bs_blueprint_attention_width(stack->blueprint)},
                    err);
  if (status != BS_OK)
    return status;
  return bs_cross_attention_run(stack, pass->batch, pass->layer, pass->wanted, pass->n_rows, err);
}

static bs_status write_attention_by(bs_pass *pass, bs_slot out, float *y, bs_epilogue epilogue,
                                    bs_error *err) {
  const bs_blueprint *blueprint = pass->stack->blueprint;
  return bs_linear_run(
      slots_of(pass)[out].linear,
      &(bs_linear_input){.x = pass->stack->work.attention.data,
                         .ld_x = bs_blueprint_attention_width(blueprint)},
      pass->n_rows, &(bs_linear_output){.y = y, .ld_y = blueprint->d_model, .epilogue = epilogue},
      err);
}

static bs_status write_attention(bs_pass *pass, float *y, bs_epilogue epilogue, bs_error *err) {
  return write_attention_by(pass, BS_SLOT_ATTENTION_OUT, y, epilogue, err);
}

static bs_status write_cross_attention(bs_pass *pass, float *y, bs_epilogue epilogue,
                                       bs_error *err) {
  return write_attention_by(pass, BS_SLOT_CROSS_OUT, y, epilogue, err);
}

const bs_operation_code bs_operations[] = {
    [BS_OPERATION_ATTENTION] = {read_attention, write_attention},
    [BS_OPERATION_MLP] = {read_mlp, write_mlp},
    [BS_OPERATION_CROSS_ATTENTION] = {read_cross_attention, write_cross_attention},
    [BS_OPERATION_EXPERTS] = {bs_experts_read, bs_experts_write},
};

bs_status bs_stack_see(bs_stack *stack, const bs_stack *encoder, bs_batch *batch, bs_error *err) {
  const bs_blueprint *blueprint = stack->blueprint;
  size_t width = 2 * bs_blueprint_width(blueprint, BS_WIDTH_KEYS), d = encoder->blueprint->d_model;
  bs_status status = bs_floats_need(&stack->work.qkv, batch->n_rows, width, err);
  for (size_t i = 0; status == BS_OK && i < batch->n_rows; i++) {
    bs_kv_block *block = batch->rows[i].block;
    if (!block->owns_data)
      status = bs_kv_block_keep(block, &stack->kv, err);
  }
  for (size_t layer = 0; status == BS_OK && layer < blueprint->n_layers; layer++) {
    status = bs_linear_run(stack->weights.layers[layer].slots[BS_SLOT_CROSS_KV].linear,
                           &(bs_linear_input){.x = encoder->work.x.data, .ld_x = d}, batch->n_rows,
                           &(bs_linear_output){.y = stack->work.qkv.data, .ld_y = width}, err);
    if (status == BS_OK)
      bs_cross_attention_store(stack, batch, layer);
  }
  return status;
}

static void cap_logits(const void *context, const float *logits, const float *none, float *y,
                       size_t n) {
  const bs_stack *stack = context;
  (void)none;
  memcpy(y, logits, n * sizeof *y);
  stack->rows->cap(y, n, 1, (float)stack->blueprint->logit_cap);
}

static bs_status run_head(const bs_stack *stack, size_t first, size_t n,
                          const bs_linear_output *output, bs_error *err) {
  size_t d = bs_blueprint_width(stack->blueprint, BS_WIDTH_EMBEDDING);
  bool is_narrow = stack->weights.slots[BS_SLOT_PROJECT_OUT].linear != NULL;
  const float *x = is_narrow ? stack->work.narrow.data : stack->work.x.data;
  bs_linear_output capped = *output;
  if (stack->blueprint->logit_cap > 0)
    capped.map = (bs_result_map){cap_logits, stack};
  return bs_linear_run(stack->weights.slots[BS_SLOT_HEAD].linear,
                       &(bs_linear_input){.x = x + first * d, .ld_x = d}, n, &capped, err);
}

bs_status bs_stack_summary(const bs_stack *stack, size_t first, size_t n, const size_t *offsets,
                           const int32_t *wanted, double *log_sum_exp, int32_t *argmax,
                           float *wanted_logits, bs_error *err) {
  const bs_logits_summary summary = {.log_sum_exp = log_sum_exp,
                                     .argmax = argmax,
                                     .offsets = offsets,
                                     .wanted = wanted,
                                     .wanted_logits = wanted_logits};
  return run_head(stack, first, n, &(bs_linear_output){.summary = &summary}, err);
}

bs_status bs_stack_logits(const bs_stack *stack, size_t first, size_t n, float *logits,
                          bs_error *err) {
  return run_head(stack, first, n,
                  &(bs_linear_output){.y = logits, .ld_y = stack->blueprint->vocab_size}, err);
}
