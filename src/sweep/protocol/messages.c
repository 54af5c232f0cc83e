/* The messages between coordinator and workers, but for the results of a unit. */
#include "sweep/protocol/messages_internal.h"

#include <limits.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "sweep/protocol/envelope_internal.h"

bs_status bs_encode_hello(bs_text *message, const bs_hello *hello, bs_error *err) {
  bs_packer packer = bs_message_begin(message, BS_MESSAGE_HELLO);
  bs_pack_text(&packer, hello->host);
  bs_pack_text(&packer, hello->isas);
  bs_pack_u32(&packer, hello->n_threads);
  bs_pack_u32(&packer, hello->n_cores);
  bs_pack_u32(&packer, hello->n_node_cores);
  bs_pack_u64(&packer, hello->memory_bytes);
  return bs_message_end(&packer, err);
}

bs_status bs_decode_hello(const bs_text *message, bs_hello *hello, bs_error *err) {
  bs_unpacker unpacker;
  bs_status status = bs_message_open(message, BS_MESSAGE_HELLO, &unpacker, err);
  if (status != BS_OK)
    return status;
  hello->host = bs_unpack_text(&unpacker);
  hello->isas = bs_unpack_text(&unpacker);
  hello->n_threads = bs_unpack_u32(&unpacker);
  hello->n_cores = bs_unpack_u32(&unpacker);
  hello->n_node_cores = bs_unpack_u32(&unpacker);
  hello->memory_bytes = bs_unpack_u64(&unpacker);
  return bs_message_close(&unpacker, BS_MESSAGE_HELLO, err);
}

bs_status bs_encode_setup(bs_text *message, const bs_setup *setup, bs_error *err) {
  bs_packer packer = bs_message_begin(message, BS_MESSAGE_SETUP);
  bs_pack_u32(&packer, setup->protocol.seed);
  bs_pack_u32(&packer, setup->protocol.border);
  bs_pack_u32(&packer, setup->protocol.overlong);
  bs_pack_u64(&packer, setup->protocol.max_tokens);
  bs_pack_u32(&packer, setup->protocol.precision);
  bs_pack_u32(&packer, setup->protocol.reading);
  bs_pack_u32(&packer, (uint32_t)setup->threads);
  bs_pack_text(&packer, setup->isa);
  bs_pack_u64(&packer, setup->n_models);
  for (size_t i = 0; i < setup->n_models; i++) {
    bs_pack_text(&packer, setup->model_paths[i]);
    bs_pack_text(&packer, setup->model_prints[i]);
    bs_pack_text(&packer, setup->model_wraps[i]);
  }
  bs_pack_u64(&packer, setup->n_tasks);
  for (size_t i = 0; i < setup->n_tasks; i++) {
    bs_pack_text(&packer, setup->task_specs[i]);
    bs_pack_text(&packer, setup->task_hashes[i]);
  }
  return bs_message_end(&packer, err);
}

bs_status bs_decode_setup(const bs_text *message, bs_setup *setup, bs_error *err) {
  *setup = (bs_setup){0};
  bs_unpacker unpacker;
  bs_status status = bs_message_open(message, BS_MESSAGE_SETUP, &unpacker, err);
  if (status != BS_OK)
    return status;
  setup->protocol.seed = bs_unpack_u32(&unpacker);
  setup->protocol.border = (bs_border)bs_unpack_limited(&unpacker, BS_BORDER_SEPARATE);
  setup->protocol.overlong = (bs_overlong)bs_unpack_limited(&unpacker, BS_OVERLONG_SKIP);
  setup->protocol.max_tokens = bs_unpack_u64(&unpacker);
  setup->protocol.precision = (bs_precision)bs_unpack_limited(&unpacker, BS_PRECISION_BF16);
  setup->protocol.reading = (bs_reading)bs_unpack_limited(&unpacker, BS_READING_5_0);
  setup->threads = (int)bs_unpack_limited(&unpacker, INT_MAX);
  setup->isa = bs_unpack_text(&unpacker);
  setup->n_models = bs_unpack_count(&unpacker, 3 * BS_LEAST_STRING_BYTES);
  setup->model_paths = bs_array_new(setup->n_models, sizeof(char *), err);
  setup->model_prints = bs_array_new(setup->n_models, sizeof(char *), err);
  setup->model_wraps = bs_array_new(setup->n_models, sizeof(char *), err);
  bool have_models =
      setup->model_paths != NULL && setup->model_prints != NULL && setup->model_wraps != NULL;
  for (size_t i = 0; have_models && i < setup->n_models; i++) {
    setup->model_paths[i] = bs_unpack_text(&unpacker);
    setup->model_prints[i] = bs_unpack_text(&unpacker);
    setup->model_wraps[i] = bs_unpack_text(&unpacker);
  }
  setup->n_tasks = bs_unpack_count(&unpacker, 2 * BS_LEAST_STRING_BYTES);
  setup->task_specs = bs_array_new(setup->n_tasks, sizeof(char *), err);
  setup->task_hashes = bs_array_new(setup->n_tasks, sizeof(char *), err);
  if (!have_models || setup->task_specs == NULL || setup->task_hashes == NULL) {
    bs_setup_free(setup);
    return BS_ERR_MEMORY;
  }
  for (size_t i = 0; i < setup->n_tasks; i++) {
    setup->task_specs[i] = bs_unpack_text(&unpacker);
    setup->task_hashes[i] = bs_unpack_text(&unpacker);
  }
  status = bs_message_close(&unpacker, BS_MESSAGE_SETUP, err);
  if (status != BS_OK)
    bs_setup_free(setup);
  return status;
}

void bs_setup_free(bs_setup *setup) {
  free(setup->model_paths);
  free(setup->model_prints);
  free(setup->model_wraps);
  free(setup->task_specs);
  free(setup->task_hashes);
  *setup = (bs_setup){0};
}

bs_status bs_encode_unit(bs_text *message, const bs_assignment *assignment, bs_error *err) {
  bs_packer packer = bs_message_begin(message, BS_MESSAGE_UNIT);
  bs_pack_unit(&packer, &assignment->unit);
  bs_pack_f64(&packer, assignment->limit_seconds);
  return bs_message_end(&packer, err);
}

bs_status bs_decode_unit(const bs_text *message, bs_assignment *assignment, bs_error *err) {
  bs_unpacker unpacker;
  bs_status status = bs_message_open(message, BS_MESSAGE_UNIT, &unpacker, err);
  if (status != BS_OK)
    return status;
  assignment->unit = bs_unpack_unit(&unpacker);
  assignment->limit_seconds = bs_unpack_f64(&unpacker);
  if (!(assignment->limit_seconds > 0))
    unpacker.failed = true;
  return bs_message_close(&unpacker, BS_MESSAGE_UNIT, err);
}

bs_status bs_encode_failed(bs_text *message, const bs_attempt *attempt, bs_error *err) {
  bs_packer packer = bs_message_begin(message, BS_MESSAGE_FAILED);
  bs_pack_unit(&packer, &attempt->unit);
  bs_pack_u32(&packer, attempt->tried);
  bs_pack_u32(&packer, attempt->fault);
  bs_pack_text(&packer, attempt->reason);
  return bs_message_end(&packer, err);
}

bs_status bs_decode_failed(const bs_text *message, bs_attempt *attempt, bs_error *err) {
  bs_unpacker unpacker;
  bs_status status = bs_message_open(message, BS_MESSAGE_FAILED, &unpacker, err);
  if (status != BS_OK)
    return status;
  attempt->unit = bs_unpack_unit(&unpacker);
  attempt->tried = bs_unpack_u32(&unpacker) != 0;
  uint32_t fault = bs_unpack_u32(&unpacker);
  if (fault >= BS_N_FAULTS)
    unpacker.failed = true;
  attempt->fault = (bs_fault_of)fault;
  attempt->reason = bs_unpack_text(&unpacker);
  return bs_message_close(&unpacker, BS_MESSAGE_FAILED, err);
}

bs_status bs_encode_end(bs_text *message, bool all_here, bs_error *err) {
  bs_packer packer = bs_message_begin(message, BS_MESSAGE_END);
  bs_pack_u32(&packer, all_here);
  return bs_message_end(&packer, err);
}

bs_status bs_decode_end(const bs_text *message, bool *all_here, bs_error *err) {
  bs_unpacker unpacker;
  bs_status status = bs_message_open(message, BS_MESSAGE_END, &unpacker, err);
  if (status != BS_OK)
    return status;
  *all_here = bs_unpack_u32(&unpacker) != 0;
  return bs_message_close(&unpacker, BS_MESSAGE_END, err);
}

bs_status bs_encode_plain(bs_text *message, bs_message_kind kind, bs_error *err) {
  bs_packer packer = bs_message_begin(message, kind);
  return bs_message_end(&packer, err);
}
