/* Words as numbers and clipped counts of their n-grams, for BLEU and ROUGE. */
#ifndef BIGSWEEP_METRICS_NGRAM_INTERNAL_H
#define BIGSWEEP_METRICS_NGRAM_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"

enum { BS_MAX_NGRAM = 4 };

/* The words of one text: equal words have equal ids, from 1 on, in all texts read together; `lines`
   counts the line ends before each. */
typedef struct bs_words {
  uint32_t *ids, *lines;
  size_t n;
} bs_words;

/* Reads the words of texts[n_texts], separated by spaces and line ends, into words[n_texts]. The
   caller frees each, also after an error. *n_ids (optional) is one more than the largest id. */
bs_status bs_words_read(const bs_text *texts, size_t n_texts, bs_words *words, size_t *n_ids,
                        bs_error *err);
void bs_words_free(bs_words *words, size_t n_texts);

/* How many n-grams of `order` words of texts[0] occur in the other texts, each counted at most as
   often as it stands in that one of them that has most of it. */
bs_status bs_clipped_matches(const bs_words *texts, size_t n_texts, size_t order, size_t *n_matches,
                             bs_error *err);

#endif
