/* One batch through the layers: the steps of each are read from its blueprint. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "engine/stack/pass_internal.h"

/* Below so many elements a loop over rows is not worth waking the threads. */
enum { PARALLEL_ELEMENTS = 1 << 17 };

static void norm_rows(const bs_stack *stack, const bs_slot_weights *weights, float *x, size_t n) {
  size_t d = stack->blueprint->d_model;
  if (weights->norm == NULL)
    return;
#pragma omp parallel for schedule(static) if (n * d > PARALLEL_ELEMENTS)
  for (size_t i = 0; i < n; i++)
    bs_norm_row(stack, weights, x + i * d, x + i * d, d);
}

static void add_sinusoids(const bs_stack *stack, size_t position, float *x) {
  size_t n = stack->blueprint->n_angles;
  const float *sines = stack->angles[0].sines + position * n;
  const float *cosines = stack->angles[0].cosines + position * n;
  for (size_t j = 0; j < n; j++) {
    x[j] += sines[j];
    x[n + j] += cosines[j];
  }
}

/* y = x times the matrix of a slot of the stack, n rows. */
static bs_status project(const bs_stack *stack, bs_slot slot, const float *x, size_t n, float *y,
                         bs_error *err) {
  const bs_linear *linear = stack->weights.slots[slot].linear;
  return bs_linear_run(linear, &(bs_linear_input){.x = x, .ld_x = bs_linear_n_in(linear)}, n,
                       &(bs_linear_output){.y = y, .ld_y = bs_linear_n_out(linear)}, err);
}

/* Rows of the embedding, scaled, in x; projected where they are narrower. */
static bs_status embed_tokens(bs_stack *stack, const bs_batch *batch, bs_error *err) {
  const bs_blueprint *blueprint = stack->blueprint;
  bool is_narrow = stack->weights.slots[BS_SLOT_PROJECT_IN].linear != NULL;
  size_t d = bs_blueprint_width(blueprint, BS_WIDTH_EMBEDDING), n = batch->n_rows;
  bs_status status = is_narrow ? bs_floats_need(&stack->work.narrow, n, d, err) : BS_OK;
  if (status != BS_OK)
    return status;
  float *x = is_narrow ? stack->work.narrow.data : stack->work.x.data;
  const float scale = (float)blueprint->embedding_scale;
#pragma omp parallel for schedule(static) if (n * d > PARALLEL_ELEMENTS)
  for (size_t i = 0; i < n; i++) {
    bs_tensor_row(blueprint->slots[BS_SLOT_EMBEDDING].weights[0], (size_t)batch->rows[i].id, d,
                  x + i * d);
    for (size_t j = 0; scale != 1.0F && j < d; j++)
      x[i * d + j] *= scale;
  }
  return is_narrow ? project(stack, BS_SLOT_PROJECT_IN, x, n, stack->work.x.data, err) : BS_OK;
}

static bs_status embed(bs_stack *stack, const bs_batch *batch, bs_error *err) {
  const bs_blueprint *blueprint = stack->blueprint;
  size_t d = blueprint->d_model;
  float *x = stack->work.x.data;
  bs_floats places = {0};
  bs_status status = embed_tokens(stack, batch, err);
  if (status == BS_OK && blueprint->position == BS_POSITION_LEARNED)
    status = bs_floats_need(&places, batch->n_rows, d, err);
  if (status != BS_OK)
    return status;
#pragma omp parallel for schedule(static) if (batch->n_rows * d > PARALLEL_ELEMENTS)
  for (size_t i = 0; i < batch->n_rows; i++) {
    const bs_row *row = &batch->rows[i];
    if (blueprint->position == BS_POSITION_LEARNED) {
      float *place = places.data + i * d;
      bs_tensor_row(blueprint->slots[BS_SLOT_POSITIONS].weights[0],
                    row->position + blueprint->position_offset, d, place);
      for (size_t j = 0; j < d; j++)
        x[i * d + j] += place[j];
    } else if (blueprint->position == BS_POSITION_SINUSOIDAL) {
      add_sinusoids(stack, row->position + blueprint->position_offset, x + i * d);
    }
  }
  free(places.data);
  norm_rows(stack, &stack->weights.slots[BS_SLOT_EMBEDDING_NORM], x, batch->n_rows);
  return BS_OK;
}

/* Blocks that no path keeps get memory for this pass, which all layers use in turn. */
static bs_status place_transient(bs_stack *stack, bs_batch *batch, bs_error *err) {
  size_t n_bytes = 0, at = 0;
  const bs_kv_block *before = NULL;
  for (size_t i = 0; i < batch->n_rows; i++) {
    const bs_kv_block *block = batch->rows[i].block;
    if (block != before && block->data == NULL)
      n_bytes += bs_kv_layer_bytes(block, &stack->kv);
    before = block;
  }
  bs_status status = bs_floats_need(&stack->work.transient, 1, n_bytes / sizeof(float), err);
  for (size_t i = 0; status == BS_OK && i < batch->n_rows; i++) {
    bs_kv_block *block = batch->rows[i].block;
    if (block->data == NULL) {
      block->data = (unsigned char *)stack->work.transient.data + at;
      at += bs_kv_layer_bytes(block, &stack->kv);
    }
  }
  return status;
}

static bs_status reserve(bs_stack *stack, size_t m, bs_error *err) {
  const bs_blueprint *blueprint = stack->blueprint;
  bs_workspace *work = &stack->work;
  size_t d = blueprint->d_model;
  bs_status status = bs_floats_need(&work->x, m, d, err);
  if (status == BS_OK)
    status = bs_floats_need(&work->qkv, m, bs_blueprint_qkv_width(blueprint), err);
  if (status == BS_OK)
    status = bs_floats_need(&work->attention, m, bs_blueprint_attention_width(blueprint), err);
  return status;
}

/* Adds what a step has read to x: as it is, or normed and scaled. */
static bs_status add_step(bs_pass *pass, const bs_layer_step *step, bs_error *err) {
  const bs_operation_code *code = &bs_operations[step->operation];
  bs_stack *stack = pass->stack;
  size_t d = stack->blueprint->d_model, n = pass->n_rows;
  float *x = stack->work.x.data;
  const bs_slot_weights *slots = stack->weights.layers[pass->layer].slots;
  if (bs_step_is_plain(step)) {
    bs_status status = code->write(pass, x, BS_EPILOGUE_ADD, err);
    norm_rows(stack, &slots[step->result_norm], x, n);
    return status;
  }
  bs_status status = bs_floats_need(&stack->work.branch, n, d, err);
  float *branch = stack->work.branch.data;
  if (status == BS_OK)
    status = code->write(pass, branch, BS_EPILOGUE_STORE, err);
  if (status != BS_OK)
    return status;
  const bs_slot_weights *norm = &slots[step->post_norm];
  const float scale = (float)step->scale;
#pragma omp parallel for schedule(static) if (n * d > PARALLEL_ELEMENTS)
  for (size_t i = 0; i < n; i++) {
    bs_norm_row(stack, norm, branch + i * d, branch + i * d, d);
    for (size_t j = 0; j < d; j++)
      x[i * d + j] += scale * branch[i * d + j];
  }
  norm_rows(stack, &slots[step->result_norm], x, n);
  return BS_OK;
}

/* n steps beside each other. */
static bs_status run_steps(bs_pass *pass, const bs_layer_step *steps, size_t n, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    status = bs_operations[steps[i].operation].read(pass, steps[i].pre_norm, err);
    if (pass->n_rows == 0)
      return status;
  }
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = add_step(pass, &steps[i], err);
  return status;
}

/* Whether a step looks at other rows. */
static bool any_looks(const bs_blueprint *blueprint, const bs_layer_step *steps, size_t first,
                      size_t end) {
  for (size_t i = first; i < end; i++)
    if (bs_operation_looks(blueprint, steps[i].operation))
      return true;
  return false;
}

/* Behind the last step of the stack that looks at other rows only the batch's outputs are wanted.
 */
static bs_status run_layer(bs_pass *pass, bs_error *err) {
  const bs_blueprint *blueprint = pass->stack->blueprint;
  const bs_layer_blueprint *layer = &blueprint->layers[pass->layer];
  bool is_last = pass->layer + 1 == blueprint->n_layers;
  bs_status status = BS_OK;
  for (size_t first = 0, next; first < layer->n_steps && status == BS_OK; first = next) {
    for (next = first + 1; next < layer->n_steps && layer->steps[next].beside;)
      next++;
    if (is_last && !any_looks(blueprint, layer->steps, next, layer->n_steps)) {
      pass->wanted = pass->batch->outputs;
      pass->n_wanted = pass->batch->n_outputs;
    }
    status = run_steps(pass, layer->steps + first, next - first, err);
    if (pass->n_rows == 0)
      break;
  }
  return status;
}

/* From the last layer's results to what the head takes up. */
static bs_status finish(bs_stack *stack, size_t n, bs_error *err) {
  const bs_blueprint *blueprint = stack->blueprint;
  const float scale = (float)blueprint->output_scale;
  float *x = stack->work.x.data;
  norm_rows(stack, &stack->weights.slots[BS_SLOT_FINAL_NORM], x, n);
  for (size_t i = 0; scale != 1.0F && i < n * blueprint->d_model; i++)
    x[i] *= scale;
  if (stack->weights.slots[BS_SLOT_PROJECT_OUT].linear == NULL || n == 0)
    return BS_OK;
  bs_status status = bs_floats_need(&stack->work.narrow, n,
                                    bs_blueprint_width(blueprint, BS_WIDTH_EMBEDDING), err);
  if (status != BS_OK)
    return status;
  return project(stack, BS_SLOT_PROJECT_OUT, x, n, stack->work.narrow.data, err);
}

static size_t last_position(const bs_batch *batch) {
  size_t last = 0;
  for (size_t i = 0; i < batch->n_rows; i++)
    last = bs_size_max(batch->rows[i].position, last);
  return last;
}

bs_status bs_stack_run(bs_stack *stack, bs_batch *batch, bs_error *err) {
  const bs_blueprint *blueprint = stack->blueprint;
  size_t m = batch->n_rows;
  bs_status status = reserve(stack, m, err);
  if (status == BS_OK)
    status = place_transient(stack, batch, err);
  size_t n_positions = last_position(batch) + 1 + blueprint->position_offset;
  for (size_t i = 0; status == BS_OK && i < BS_ANGLE_SETS; i++)
    status =
        bs_angle_table_grow(&stack->angles[i], blueprint, &blueprint->angles[i], n_positions, err);
  if (status == BS_OK)
    status = bs_angles_of_rows(blueprint, batch, &stack->work.angles, err);
  if (status == BS_OK)
    status = bs_bias_table_grow(&stack->biases, blueprint, n_positions, err);
  size_t *all = bs_array_new(m, sizeof *all, err);
  if (all == NULL)
    status = BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < m; i++)
    all[i] = i;
  if (status == BS_OK)
    status = embed(stack, batch, err);
  bs_pass pass = {.stack = stack, .batch = batch, .n_rows = m, .wanted = all, .n_wanted = m};
  for (; status == BS_OK && pass.layer < blueprint->n_layers; pass.layer++)
    status = run_layer(&pass, err);
  if (status == BS_OK)
    status = finish(stack, batch->n_outputs, err);
  free(all);
  return status;
}
