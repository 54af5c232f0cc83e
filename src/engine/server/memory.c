/* What an engine will need at most: its stacks, and the keys and values that the server keeps. */
#include <omp.h>

#include "engine/server/server_internal.h"

/* What no buffer accounts for, as measured: the allocator's rounding, stacks of the threads, lists
   of the batch. */
static const double RUNTIME_BYTES = 6 * 1048576;

/* Sized so that keys and values stay within 256 MiB, if one sequence does. */
size_t bs_kept_tokens(const bs_kv_shape *shape, const bs_blueprint *blueprint,
                      const bs_blueprint *encoder, size_t max_rows) {
  size_t per_token = bs_kv_position_bytes(shape) * shape->n_layers;
  size_t max_positions = blueprint->max_positions + (encoder ? encoder->max_positions : 0);
  size_t n = ((size_t)1 << 28) / per_token;
  n = n < 16 * max_rows ? n : 16 * max_rows;
  return n > max_positions ? n : max_positions;
}

/* The encoder reads a longest text in one pass. Tables that both stacks read are mapped once. */
static bs_status add_encoder(const bs_blueprint *encoder, const bs_blueprint *decoder,
                             bs_arithmetic arithmetic, size_t max_rows, size_t n_threads,
                             bs_stack_memory *need, bs_error *err) {
  bs_stack_memory more;
  bs_status status = bs_stack_memory_need(
      encoder, arithmetic, bs_size_max(max_rows, encoder->max_positions), n_threads, &more, err);
  if (status != BS_OK)
    return status;
  need->weights += more.weights;
  need->pass += more.pass;
  bool is_shared =
      encoder->slots[BS_SLOT_EMBEDDING].weights[0] == decoder->slots[BS_SLOT_EMBEDDING].weights[0];
  need->mapped += is_shared ? 0 : more.mapped;
  return BS_OK;
}

bs_status bs_engine_memory_parts(const bs_checkpoint *checkpoint, const bs_engine_options *options,
                                 bs_engine_parts *parts, bs_error *err) {
  const bs_blueprint *blueprint = bs_checkpoint_blueprint(checkpoint);
  const bs_blueprint *encoder = bs_checkpoint_encoder(checkpoint);
  const bs_engine_options defaults = {0};
  if (options == NULL)
    options = &defaults;
  bs_arithmetic arithmetic;
  bs_status status = bs_engine_arithmetic(&arithmetic, options, err);
  if (status != BS_OK)
    return status;
  size_t max_rows =
      options->max_batch_tokens > 0 ? options->max_batch_tokens : BS_DEFAULT_BATCH_TOKENS;
  size_t n_threads = (size_t)(options->n_threads > 0 ? options->n_threads : omp_get_max_threads());
  bs_stack_memory stack;
  status = bs_stack_memory_need(blueprint, arithmetic, max_rows, n_threads, &stack, err);
  if (status == BS_OK && encoder != NULL)
    status = add_encoder(encoder, blueprint, arithmetic, max_rows, n_threads, &stack, err);
  if (status != BS_OK)
    return status;
  /* Scoring keeps one path for all layers, generation more. Behind an encoder scoring keeps as
     much, and the pass that makes keys and values of what was read is as long as a longest text. */
  const bs_kv_shape shape = bs_kv_shape_of(blueprint, arithmetic);
  double per_token = (double)bs_kv_position_bytes(&shape) * (double)blueprint->n_layers;
  double kept = per_token * (double)bs_kept_tokens(&shape, blueprint, encoder, max_rows);
  double path = encoder != NULL ? kept : per_token * (double)blueprint->max_positions;
  double pass = stack.pass + path + RUNTIME_BYTES;
  if (!(stack.weights + pass + kept < 0x1p62))
    return bs_error_set(err, BS_ERR_LIMIT, "%g bytes would be needed", stack.weights + pass + kept);
  *parts = (bs_engine_parts){.weights = (uint64_t)stack.weights,
                             .pass = (uint64_t)pass,
                             .generation = (uint64_t)(kept > path ? kept - path : 0),
                             .mapped = stack.mapped};
  return BS_OK;
}

bs_status bs_engine_memory(const bs_checkpoint *checkpoint, const bs_engine_options *options,
                           uint64_t *bytes, bs_error *err) {
  bs_engine_parts parts;
  bs_status status = bs_engine_memory_parts(checkpoint, options, &parts, err);
  if (status == BS_OK)
    *bytes = parts.weights + parts.pass + parts.generation;
  return status;
}
