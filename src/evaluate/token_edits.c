/* How far a prediction is from an accepted answer in the model's tokens. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "evaluate/evaluate_internal.h"
#include "metrics/text_internal.h"

/* The tokens of a text by itself without the white space at its ends, as numbers. */
typedef struct numbers {
  uint32_t *all;
  size_t n;
} numbers;

static bs_status encode(const bs_tokenizer *tokenizer, const char *text, numbers *out,
                        bs_error *err) {
  bs_tokens ids = {0};
  *out = (numbers){0};
  bs_stripped part = bs_strip(text);
  bs_status status = bs_tokenizer_encode(tokenizer, part.bytes, part.n_bytes, false, &ids, err);
  if (status == BS_OK && (out->all = bs_array_new(ids.n, sizeof *out->all, err)) == NULL)
    status = BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < ids.n; i++)
    out->all[out->n++] = (uint32_t)ids.ids[i];
  bs_tokens_free(&ids);
  return status;
}

bs_status bs_token_edits(const bs_tokenizer *tokenizer, const char *prediction,
                         const char *const *targets, size_t n_targets, double *edits,
                         bs_error *err) {
  numbers from = {0}, to = {0};
  bs_error fault = {0};
  *edits = NAN;
  if (prediction == NULL || n_targets == 0)
    return BS_OK;
  bs_status status = encode(tokenizer, prediction, &from, &fault);
  for (size_t i = 0; status == BS_OK && i < n_targets; i++) {
    status = encode(tokenizer, targets[i], &to, &fault);
    if (status == BS_OK)
      *edits = fmin(*edits, bs_levenshtein(from.all, from.n, to.all, to.n));
    free(to.all);
  }
  free(from.all);
  if (status == BS_ERR_INPUT || status == BS_ERR_LIMIT) { /* the example has its other scores */
    *edits = NAN;
    status = BS_OK;
  }
  return status == BS_OK ? BS_OK : bs_error_set(err, status, "%s", fault.message);
}
