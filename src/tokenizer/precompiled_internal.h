/* "Precompiled": the normalizer of a SentencePiece model, a map from texts to their normal forms.
   The file has it as one block: a number of bytes (32 bits, little-endian), a double-array trie of
   that size (darts-clone: 32-bit units) whose values are places in what follows, the normal forms,
   each with a NUL behind. Sources: sentencepiece's normalizer.cc, darts.h of darts-clone; which
   parts of a text are looked up: normalizers/precompiled.rs of the tokenizers library. */
#ifndef BIGSWEEP_TOKENIZER_PRECOMPILED_INTERNAL_H
#define BIGSWEEP_TOKENIZER_PRECOMPILED_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/json.h"

/* Reads "precompiled_charsmap", base64. */
bs_status bs_precompiled_parse(void **state, const bs_json *json, const cJSON *item, bs_error *err);
void bs_precompiled_release(void *state);
bs_status bs_precompiled_text(const void *state, const char *text, size_t n_bytes, bs_text *out,
                              bs_error *err);

/* Appends base64 of bytes, and the bytes of base64; white space in it and a length that is no
   multiple of four are BS_ERR_INPUT. */
bs_status bs_base64_append(bs_text *out, const unsigned char *bytes, size_t n_bytes, bs_error *err);
bs_status bs_base64_undo(bs_text *out, const char *text, bs_error *err);

#endif
