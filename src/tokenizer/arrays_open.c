/* A tokenizer from arrays: their skeleton as the document, their model beside it. */
#include "tokenizer/arrays_internal.h"

bs_status bs_tokenizer_from_arrays_and(bs_tokenizer **out, const bs_token_arrays *arrays,
                                       const bs_settings *settings, bs_error *err) {
  bs_text text = {0};
  bs_json *json = NULL;
  *out = NULL;
  bs_status status = bs_arrays_skeleton(arrays, &text, err);
  if (status == BS_OK)
    status = bs_json_parse(&json, text.data, text.n_bytes, arrays->name, err);
  if (status == BS_OK)
    status = bs_tokenizer_from_skeleton(out, json, arrays, settings, err);
  bs_json_free(&json);
  bs_text_free(&text);
  return status;
}

bs_status bs_tokenizer_from_arrays(bs_tokenizer **out, const bs_token_arrays *arrays,
                                   bs_error *err) {
  return bs_tokenizer_from_arrays_and(out, arrays, NULL, err);
}
