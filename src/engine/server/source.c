/* Reading texts with the encoder, and who still needs them. */
#include "engine/server/source_internal.h"

#include <stdlib.h>

#include "base/memory_internal.h"

bs_status bs_check_source(const bs_engine *engine, bs_token_span *ids, size_t *cut, bs_error *err) {
  *cut = 0;
  if (engine->encoder == NULL && ids->n == 0)
    return BS_OK;
  if (engine->encoder == NULL)
    return bs_error_set(err, BS_ERR_INPUT,
                        "ids for an encoder, but this model has none: it is a decoder alone");
  if (ids->n == 0)
    return bs_error_set(err, BS_ERR_INPUT,
                        "the ids for the encoder are missing: this model has an encoder, which "
                        "takes the context");
  bs_status status = bs_check_ids(engine, *ids, "encoder", err);
  size_t longest = engine->encoder_blueprint->max_positions;
  if (status == BS_OK && ids->n > longest) {
    *cut = ids->n - longest;
    *ids = (bs_token_span){.ids = ids->ids + *cut, .n = longest};
  }
  return status;
}

bs_status bs_sources_of(bs_sources *sources, bs_sequence *sequences, size_t n, bs_error *err) {
  *sources = (bs_sources){0};
  if (n == 0 || sequences[0].source.n == 0)
    return BS_OK;
  sources->items = bs_array_new(n, sizeof *sources->items, err);
  if (sources->items == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) {
    if (i == 0 || bs_span_compare(sequences[i - 1].source, sequences[i].source) != 0)
      sources->items[sources->n++].ids = sequences[i].source;
    sequences[i].source_index = sources->n - 1;
    sources->items[sources->n - 1].n_users++;
  }
  return BS_OK;
}

/* The encoder's outputs become keys and values of the decoder. */
static bs_status run(bs_engine *engine, bs_batch *batch, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < batch->n_rows && status == BS_OK; i++)
    status = bs_batch_want(batch, i, err);
  if (status == BS_OK)
    status = bs_stack_run(engine->encoder, batch, err);
  if (status == BS_OK)
    status = bs_stack_see(engine->stack, engine->encoder, batch, err);
  if (status == BS_OK)
    engine->done.tokens_computed += batch->n_rows;
  bs_batch_clear(batch);
  return status;
}

/* A text goes through the encoder as a whole, for each of its tokens sees all of it. */
bs_status bs_sources_read(bs_engine *engine, bs_sources *sources, size_t first, size_t end,
                          bs_error *err) {
  bs_batch batch = {0};
  bs_status status = BS_OK;
  for (size_t i = first; i < end && status == BS_OK; i++) {
    bs_source *source = &sources->items[i];
    if (batch.n_rows > 0 && batch.n_rows + source->ids.n > engine->max_rows)
      status = run(engine, &batch, err);
    if (status == BS_OK)
      status = bs_batch_add(&batch, &source->path, source->ids.ids, source->ids.n, 0, 0, err);
  }
  if (status == BS_OK && batch.n_rows > 0)
    status = run(engine, &batch, err);
  bs_batch_free(&batch);
  return status;
}

bool bs_source_leave(bs_source *source) {
  if (--source->n_users > 0)
    return false;
  bs_kv_path_free(&source->path);
  return true;
}

void bs_sources_free(bs_sources *sources) {
  for (size_t i = 0; i < sources->n; i++)
    bs_kv_path_free(&sources->items[i].path);
  free(sources->items);
  *sources = (bs_sources){0};
}
