/* What every request is checked for. */
#include "engine/server/server_internal.h"

bs_status bs_check_ids(const bs_engine *engine, bs_token_span span, const char *what,
                       bs_error *err) {
  for (size_t i = 0; i < span.n; i++)
    if (span.ids[i] < 0 || (size_t)span.ids[i] >= engine->blueprint->vocab_size)
      return bs_error_set(err, BS_ERR_INPUT, "%s: token %zu is %d, the model's vocabulary has %zu",
                          what, i, (int)span.ids[i], engine->blueprint->vocab_size);
  return BS_OK;
}

bs_status bs_default_context(const bs_engine *engine, bs_token_span *span, bs_error *err) {
  if (span->n > 0)
    return BS_OK;
  const bs_special_ids *special = engine->special;
  if (special->decoder_start >= 0) {
    *span = (bs_token_span){.ids = &special->decoder_start, .n = 1};
    return BS_OK;
  }
  if (special->bos >= 0)
    *span = (bs_token_span){.ids = &special->bos, .n = 1};
  else if (special->n_eos > 0)
    *span = (bs_token_span){.ids = &special->eos[0], .n = 1};
  else
    return bs_error_set(err, BS_ERR_INPUT,
                        "an empty context, and config.json has neither bos_token_id nor "
                        "eos_token_id to begin with");
  return bs_check_ids(engine, *span, "config.json's bos_token_id or eos_token_id", err);
}
