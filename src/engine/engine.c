#include "bigsweep/engine.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/available_memory_internal.h"
#include "base/memory_internal.h"
#include "engine/engine_internal.h"
#include "kernels/isa_internal.h"
#include "kernels/scratch_internal.h"

static const struct {
  bs_precision precision;
  const char *name;
} precisions[] = {{BS_PRECISION_AUTO, "auto"},
                  {BS_PRECISION_F32, "f32"},
                  {BS_PRECISION_BF16X2, "bf16x2"},
                  {BS_PRECISION_BF16, "bf16"}};

bs_status bs_precision_parse(bs_precision *out, const char *name, bs_error *err) {
  for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++) {
    if (strcmp(name, precisions[i].name) == 0) {
      *out = precisions[i].precision;
      return BS_OK;
    }
  }
  return bs_error_set(err, BS_ERR_USAGE, "unknown precision \"%s\"; known: auto, f32, bf16x2, bf16",
                      name);
}

const char *bs_precision_name(bs_precision precision) { return precisions[precision].name; }

bs_status bs_floats_need(bs_floats *floats, size_t rows, size_t columns, bs_error *err) {
  size_t n, n_bytes;
  if (!bs_size_mul(rows, columns, &n) || !bs_size_mul(n, sizeof(float), &n_bytes))
    return bs_error_set(err, BS_ERR_MEMORY, "a buffer of %zu x %zu", rows, columns);
  if (n <= floats->capacity)
    return BS_OK;
  free(floats->data);
  floats->capacity = 0;
  floats->data = bs_aligned_new(n_bytes);
  if (floats->data == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate %zu bytes", n_bytes);
  floats->capacity = n;
  return BS_OK;
}

bs_status bs_rotary_table_grow(bs_rotary_table *table, const bs_decoder *decoder,
                               size_t n_positions, bs_error *err) {
  if (n_positions <= table->n_positions)
    return BS_OK;
  size_t n_half = decoder->n_rotary / 2, n;
  size_t larger = 2 * table->n_positions > n_positions ? 2 * table->n_positions : n_positions;
  if (!bs_size_mul(larger, n_half, &n))
    return bs_error_set(err, BS_ERR_MEMORY, "a rotary table of %zu x %zu", larger, n_half);
  float *cosines = bs_array_new(n, sizeof *cosines, err);
  float *sines = bs_array_new(n, sizeof *sines, err);
  if (cosines == NULL || sines == NULL) {
    free(cosines);
    free(sines);
    return BS_ERR_MEMORY;
  }
  for (size_t p = 0; p < larger; p++) {
    for (size_t i = 0; i < n_half; i++) {
      double angle = (double)p * decoder->inverse_frequencies[i];
      cosines[p * n_half + i] = (float)cos(angle);
      sines[p * n_half + i] = (float)sin(angle);
    }
  }
  bs_rotary_table_free(table);
  *table = (bs_rotary_table){.cosines = cosines, .sines = sines, .n_positions = larger};
  return BS_OK;
}

void bs_rotary_table_free(bs_rotary_table *table) {
  free(table->cosines);
  free(table->sines);
  *table = (bs_rotary_table){0};
}

int bs_engine_enter(const bs_engine *engine) {
  int before = omp_get_max_threads();
  if (engine->n_threads > 0)
    omp_set_num_threads(engine->n_threads);
  return before;
}

void bs_engine_leave(int before) { omp_set_num_threads(before); }

bs_status bs_check_ids(const bs_decoder *decoder, bs_token_span span, const char *what,
                       bs_error *err) {
  for (size_t i = 0; i < span.n; i++)
    if (span.ids[i] < 0 || (size_t)span.ids[i] >= decoder->vocab_size)
      return bs_error_set(err, BS_ERR_INPUT, "%s: token %zu is %d, the model's vocabulary has %zu",
                          what, i, (int)span.ids[i], decoder->vocab_size);
  return BS_OK;
}

bs_status bs_default_context(const bs_decoder *decoder, bs_token_span *span, bs_error *err) {
  if (span->n > 0)
    return BS_OK;
  if (decoder->bos >= 0)
    *span = (bs_token_span){.ids = &decoder->bos, .n = 1};
  else if (decoder->n_eos > 0)
    *span = (bs_token_span){.ids = &decoder->eos[0], .n = 1};
  else
    return bs_error_set(err, BS_ERR_INPUT,
                        "an empty context, and config.json has neither bos_token_id nor "
                        "eos_token_id to begin with");
  return bs_check_ids(decoder, *span, "config.json's bos_token_id or eos_token_id", err);
}

/* Refuses a model that does not fit, before the system kills a process for it. */
static bs_status check_fits(const bs_checkpoint *checkpoint, const bs_engine_options *options,
                            bs_error *err) {
  bs_engine_parts parts;
  bs_status status = bs_engine_memory_parts(checkpoint, options, &parts, err);
  if (status != BS_OK)
    return status;
  uint64_t need = parts.weights + parts.pass + parts.mapped, available = bs_memory_available(NULL);
  if (need <= available)
    return BS_OK;
  return bs_error_set(
      err, BS_ERR_LIMIT,
      "the model needs %.0f MiB of memory (packed weights %.0f, a pass %.0f, tables "
      "read in place %.0f), %.0f MiB are available",
      (double)need / 1048576, (double)parts.weights / 1048576, (double)parts.pass / 1048576,
      (double)parts.mapped / 1048576, (double)available / 1048576);
}

bs_kv_shape bs_kv_shape_of(const bs_decoder *decoder, bs_tier tier, const char *isa) {
  return (bs_kv_shape){.n_layers = decoder->n_layers,
                       .n_kv_heads = decoder->n_kv_heads,
                       .head_dim = decoder->head_dim,
                       .tiles = bs_tiles_for(isa, tier)};
}

bs_status bs_engine_open(bs_engine **out, const bs_checkpoint *checkpoint,
                         const bs_engine_options *options, bs_error *err) {
  *out = NULL;
  const bs_engine_options defaults = {0};
  if (options == NULL)
    options = &defaults;
  if (options->n_threads < 0)
    return bs_error_set(err, BS_ERR_USAGE, "expected 0 or more threads, found %d",
                        options->n_threads);
  const char *isa = bs_isa_choose(options->isa, err);
  if (isa == NULL)
    return BS_ERR_USAGE;
  bs_status status = check_fits(checkpoint, options, err);
  if (status != BS_OK)
    return status;
  const bs_decoder *decoder = bs_checkpoint_decoder(checkpoint);
  bs_engine *engine = bs_array_new(1, sizeof *engine, err);
  if (engine == NULL)
    return BS_ERR_MEMORY;
  *engine = (bs_engine){
      .decoder = decoder,
      .precision = options->precision == BS_PRECISION_AUTO ? BS_PRECISION_F32 : options->precision,
      .isa = isa,
      .rows = bs_rows_for(isa),
      .n_threads = options->n_threads,
      .max_rows =
          options->max_batch_tokens > 0 ? options->max_batch_tokens : BS_DEFAULT_BATCH_TOKENS,
      .kv = bs_kv_shape_of(decoder, bs_tier_of(options->precision), isa),
  };
  int before = bs_engine_enter(engine);
  status = bs_model_weights_load(&engine->weights, checkpoint, engine->precision, isa, err);
  bs_engine_leave(before);
  if (status != BS_OK)
    bs_engine_free(&engine);
  *out = engine;
  return status;
}

void bs_engine_free(bs_engine **engine) {
  if (*engine == NULL)
    return;
  bs_workspace *work = &(*engine)->work;
  bs_model_weights_free(&(*engine)->weights);
  bs_rotary_table_free(&(*engine)->rotary);
  free(work->x.data);
  free(work->qkv.data);
  free(work->attention.data);
  free(work->hidden.data);
  free(work->transient.data);
  free(work->scores.data);
  free(*engine);
  *engine = NULL;
}

bs_precision bs_engine_precision(const bs_engine *engine) { return engine->precision; }

const char *const *bs_engine_isas(size_t *n) { return bs_isa_names(n); }

bool bs_engine_has_isa(const char *name) {
  bs_isa isa;
  return bs_isa_find(&isa, name, NULL) == BS_OK;
}

bs_status bs_engine_check_isa(const char *name, bs_error *err) {
  bs_isa isa;
  bs_error fault = {0};
  if (bs_isa_find(&isa, name, &fault) != BS_ERR_USAGE)
    return BS_OK;
  return bs_error_set(err, fault.status, "%s", fault.message);
}

const char *bs_engine_isa(const bs_engine *engine) { return engine->isa; }

void bs_engine_work_done(const bs_engine *engine, bs_engine_work *work) { *work = engine->done; }
