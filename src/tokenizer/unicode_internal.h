/* Character classes as the tokenizers library (Rust's char and regex) has them, normal forms, and
   repair of bytes that are not UTF-8. */
#ifndef BIGSWEEP_TOKENIZER_UNICODE_INTERNAL_H
#define BIGSWEEP_TOKENIZER_UNICODE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

/* The Unicode property White_Space. */
bool bs_is_white_space(uint32_t code_point);
/* Any of the general categories N* (numbers). */
bool bs_is_numeric(uint32_t code_point);
/* ASCII punctuation and symbols, and the general categories P*. */
bool bs_is_punctuation(uint32_t code_point);

/* The general category ("Nd") of a character that came with Unicode 15.0 to 16.0, else NULL. */
const char *bs_later_category(uint32_t code_point);
/* Appends a pattern in PCRE2's syntax whose \p{...} all stand inside of classes, with the
   characters of Unicode 15.0 to 16.0 that belong to each behind it. */
bs_status bs_append_with_later(bs_text *to, const char *pattern, size_t n_bytes, bs_error *err);

/* The code point that ends at text[end); text is UTF-8 and end > 0. Returns its length. */
size_t bs_utf8_decode_before(const char *text, size_t end, uint32_t *code_point);

/* Lower case of one code point, in full mapping (U+0130 gives two). */
size_t bs_lower_case(uint32_t code_point, char out[8]);

typedef enum bs_normal_form { BS_NFC, BS_NFD, BS_NFKC, BS_NFKD } bs_normal_form;

/* Appends the normal form of UTF-8 text; linear time whatever the marks (runs are sorted). */
bs_status bs_normalize(bs_normal_form form, const char *text, size_t n_bytes, bs_text *out,
                       bs_error *err);

/* Appends bytes as UTF-8: each maximal part of a broken sequence becomes one U+FFFD, as in the
   Unicode standard's recommended practice (chapter 3, "U+FFFD Substitution of Maximal Subparts").
 */
bs_status bs_append_repaired(bs_text *out, const char *bytes, size_t n_bytes, bs_error *err);

#endif
