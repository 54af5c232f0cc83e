/* Texts as metrics compare, count and cut them. */
#ifndef BIGSWEEP_METRICS_TEXT_INTERNAL_H
#define BIGSWEEP_METRICS_TEXT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"

/* Levenshtein (1966): the fewest insertions, deletions and replacements between two sequences; NaN
   for such as are too long or when out of memory. */
double bs_levenshtein(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b);

/* Appends the text in lower case as Python's str.lower gives it (full mapping, final sigma).
   BS_ERR_INPUT: not UTF-8. */
bs_status bs_text_lower(const char *text, bs_text *lower, bs_error *err);
/* Code points, and runs of what is not white space. UTF-8. */
size_t bs_count_characters(const char *text);
size_t bs_count_words(const char *text);

/* A text without the white space at its ends (bs_is_space), as a part of it. */
typedef struct bs_stripped {
  const char *bytes; /* borrowed; no NUL behind them */
  size_t n_bytes;
} bs_stripped;
bs_stripped bs_strip(const char *text);
/* By bytes, as strcmp orders texts. */
int bs_stripped_compare(bs_stripped a, bs_stripped b);
/* How generated text is compared with an accepted answer everywhere: every byte but for the white
   space at the ends. */
bool bs_texts_match(const char *a, const char *b);
/* The bytes of the first n_characters code points, or n_bytes when there are no more. UTF-8. */
size_t bs_utf8_head_bytes(const char *text, size_t n_bytes, size_t n_characters);

/* BLEU's tokenization "intl": punctuation and symbols cut off by Unicode category; appends words
   with one space between two. */
bs_status bs_tokenize_intl(const char *text, bs_text *words, bs_error *err);

#endif
