/* A checkpoint with its tokenizer and engine: opened, described, closed. */
#include <stdio.h>
#include <stdlib.h>

#include "backend/local_internal.h"
#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "tokenizer/folder_internal.h"

/* Opening reads, checks and packs the weights: in operations that a rank could do meanwhile. */
static const double OPENING_COST_PER_BYTE = 100;

/* Rows of a matrix product below which it slows down. */
static const double SMALLEST_BATCH_TOKENS = 512;

/* The tokens "<0x00>" to "<0xFF>", in every spelling that the library's decoder reads. */
static bs_status mark_byte_tokens(bs_local *local, bs_error *err) {
  static const char high[] = "+0123456789abcdefABCDEF", low[] = "0123456789abcdefABCDEF";
  local->vocab_size = bs_tokenizer_vocab_size(local->tokenizer);
  local->is_byte = bs_array_new(local->vocab_size, sizeof *local->is_byte, err);
  if (local->is_byte == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < sizeof high - 1; i++) {
    for (size_t j = 0; j < sizeof low - 1; j++) {
      char content[8];
      snprintf(content, sizeof content, "<0x%c%c>", high[i], low[j]);
      int32_t id = bs_tokenizer_id(local->tokenizer, content);
      if (id >= 0 && (size_t)id < local->vocab_size)
        local->is_byte[id] = true;
    }
  }
  return BS_OK;
}

static bs_status open_checkpoint(bs_local *local, const bs_backend_spec *spec, bs_error *err) {
  bs_status status = bs_checkpoint_open_as(&local->checkpoint, spec->place, spec->reading, err);
  if (status != BS_OK)
    return status;
  bs_model_info info;
  bs_checkpoint_info(local->checkpoint, &info);
  local->has_encoder = info.has_encoder;
  local->longest_source = info.max_positions;
  for (size_t i = 0; spec->note != NULL && i < bs_checkpoint_n_notes(local->checkpoint); i++)
    spec->note(spec->user, bs_checkpoint_note(local->checkpoint, i));
  return bs_engine_memory_parts(local->checkpoint, &spec->engine, &local->need, err);
}

static bs_status read_tokenizer(bs_local *local, bs_error *err) {
  bs_model_info info;
  bs_checkpoint_info(local->checkpoint, &info);
  bs_status status = bs_tokenizer_check_fits(local->tokenizer, info.vocab_size, err);
  if (status == BS_OK)
    status = bs_border_prefix(local->tokenizer, &local->prefix, err);
  if (status == BS_OK && local->has_encoder)
    status = bs_tokenizer_surroundings(local->tokenizer, NULL, &local->suffix, err);
  return status == BS_OK ? mark_byte_tokens(local, err) : status;
}

static bs_status open_tokenizer(bs_local *local, const bs_backend_spec *spec, bs_error *err) {
  if (spec->may_lack_tokenizer && !bs_folder_has_tokenizer(spec->place)) {
    bs_error_set(&local->no_text, BS_ERR_INPUT, "the model has no tokenizer.json: give token ids");
    return BS_OK;
  }
  bs_status status = bs_tokenizer_open(&local->tokenizer, spec->place, err);
  if (status != BS_OK || !spec->may_lack_tokenizer)
    return status == BS_OK ? read_tokenizer(local, err) : status;
  return read_tokenizer(local, &local->no_text) == BS_ERR_MEMORY
             ? bs_error_set(err, BS_ERR_MEMORY, "%s", local->no_text.message)
             : BS_OK;
}

static void close_local(void *state) {
  bs_local *local = state;
  bs_engine_free(&local->engine);
  bs_checkpoint_free(&local->checkpoint);
  bs_tokenizer_free(&local->tokenizer);
  bs_tokens_free(&local->prefix);
  bs_tokens_free(&local->suffix);
  free(local->is_byte);
  free(local->dir);
  free(local);
}

static bs_status open_local(void **state, const bs_backend_spec *spec, bs_error *err) {
  bs_local *local = bs_array_new(1, sizeof *local, err);
  *state = local;
  if (local == NULL || (local->dir = bs_string_copy(spec->place, err)) == NULL)
    return BS_ERR_MEMORY;
  bs_status status = open_checkpoint(local, spec, err);
  if (status == BS_OK)
    status = open_tokenizer(local, spec, err);
  if (status == BS_OK && !spec->is_to_look)
    status = bs_engine_open(&local->engine, local->checkpoint, &spec->engine, err);
  return status;
}

static void info_of(const void *state, bs_backend_info *info) {
  const bs_local *local = state;
  info->can = BS_CAN_SCORE | BS_CAN_GENERATE | BS_CAN_COUNT_TOKENS | BS_CAN_TAKE_IDS |
              BS_CAN_SPLIT_LOGPROBS | BS_CAN_TELL_GREEDY;
  info->tokenizer = local->no_text.status == BS_OK ? local->tokenizer : NULL;
  bs_checkpoint_info(local->checkpoint, &info->model);
}

static bs_status cost_of(const void *state, bs_backend_cost *cost, bs_error *err) {
  const bs_local *local = state;
  bs_model_info info;
  (void)err;
  bs_checkpoint_info(local->checkpoint, &info);
  uint64_t n_weights = info.non_embedding_parameters - (info.parameters - info.active_parameters);
  double per_token = 2.0 * (double)(n_weights + 1); /* for each weight that it goes through */
  double per_answer_token = 0;
  if (info.has_encoder) { /* a context is read by the encoder alone */
    per_answer_token = 2.0 * (double)(n_weights - info.encoder_parameters + 1);
    per_token = 2.0 * (double)(info.encoder_parameters + 1);
  }
  *cost = (bs_backend_cost){.per_token = per_token,
                            .per_answer_token = per_answer_token,
                            .opening = OPENING_COST_PER_BYTE * (double)info.weights_bytes,
                            .smallest = per_token * SMALLEST_BATCH_TOKENS,
                            .memory_bytes =
                                local->need.weights + local->need.pass + local->need.generation,
                            .least_bytes = sizeof(uint16_t) * info.parameters};
  return BS_OK;
}

static bs_status identify(const void *state, char sha256[65], bs_text *fingerprints,
                          bs_error *err) {
  const bs_local *local = state;
  bs_status status = bs_checkpoint_check_finite(local->checkpoint, err);
  if (status == BS_OK)
    status = bs_checkpoint_sha256(local->dir, sha256, err);
  return status == BS_OK ? bs_checkpoint_fingerprints(local->dir, fingerprints, err) : status;
}

static bs_status check_copy(const bs_backend_spec *spec, const char *fingerprints, bs_error *err) {
  return bs_checkpoint_check_copy(spec->place, fingerprints, err);
}

static void work_done(const void *state, bs_engine_work *work) {
  const bs_local *local = state;
  *work = (bs_engine_work){0};
  if (local->engine != NULL)
    bs_engine_work_done(local->engine, work);
}

const bs_backend_kind bs_backend_local = {.name = "local",
                                          .open = open_local,
                                          .info = info_of,
                                          .cost = cost_of,
                                          .identify = identify,
                                          .check_copy = check_copy,
                                          .ask = bs_local_ask,
                                          .score = bs_local_score,
                                          .generate = bs_local_generate,
                                          .work_done = work_done,
                                          .close = close_local};
