/* The tokenizer's parts, for those who put it together. */
#ifndef BIGSWEEP_TOKENIZER_TOKENIZER_INTERNAL_H
#define BIGSWEEP_TOKENIZER_TOKENIZER_INTERNAL_H

#include "bigsweep/tokenizer.h"
#include "tokenizer/added_internal.h"
#include "tokenizer/model_internal.h"
#include "tokenizer/parts_internal.h"
#include "tokenizer/settings_internal.h"

struct bs_tokenizer {
  bs_vocabulary vocabulary;
  const bs_model_kind *model;
  void *model_state;
  bs_added added;
  bs_chain normalizers, pretokenizers, postprocessors, decoders;
  bool has_decoder; /* without one decoded tokens are joined by spaces */
  char **notes;
  size_t n_notes, note_capacity;
};

/* Keeps a remark for bs_tokenizer_notes. */
bs_status bs_tokenizer_note(bs_tokenizer *tokenizer, bs_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What settings (with a file) change, in the order in which a tokenizer is put together: the chains
   of `json`, the tokenizer.json; added tokens, before the search is prepared; the template, when
   all tokens are known. */
bs_status bs_settings_apply_parts(bs_tokenizer *tokenizer, const bs_settings *settings,
                                  const bs_json *json, bs_error *err);
bs_status bs_settings_apply_added(bs_tokenizer *tokenizer, const bs_settings *settings,
                                  bs_error *err);
bs_status bs_settings_apply_template(bs_tokenizer *tokenizer, const bs_settings *settings,
                                     bs_error *err);
/* Remarks on what stands before a text: none where a family needs BOS, another than the model's. */
bs_status bs_settings_note_start(bs_tokenizer *tokenizer, const bs_settings *settings,
                                 bs_error *err);

#endif
