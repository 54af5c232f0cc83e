/* What an engine will need at most: its stack, and the keys and values that the server keeps. */
#include <omp.h>

#include "engine/server/server_internal.h"

/* What no buffer accounts for, as measured: the allocator's rounding, stacks of the threads, lists
   of the batch. */
static const double RUNTIME_BYTES = 6 * 1048576;

/* Sized so that keys and values stay within 256 MiB, if one sequence does. */
size_t bs_generation_tokens(const bs_kv_shape *shape, size_t max_positions, size_t max_rows) {
  size_t per_token = bs_kv_position_bytes(shape) * shape->n_layers;
  size_t n = ((size_t)1 << 28) / per_token;
  n = n < 16 * max_rows ? n : 16 * max_rows;
  return n > max_positions ? n : max_positions;
}

bs_status bs_engine_memory_parts(const bs_checkpoint *checkpoint, const bs_engine_options *options,
                                 bs_engine_parts *parts, bs_error *err) {
  const bs_blueprint *blueprint = bs_checkpoint_blueprint(checkpoint);
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
  if (status != BS_OK)
    return status;
  /* Scoring keeps one path for all layers, generation more. */
  const bs_kv_shape shape = bs_kv_shape_of(blueprint, arithmetic);
  double per_token = (double)bs_kv_position_bytes(&shape) * (double)blueprint->n_layers;
  double path = per_token * (double)blueprint->max_positions;
  double kept =
      per_token * (double)bs_generation_tokens(&shape, blueprint->max_positions, max_rows);
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
