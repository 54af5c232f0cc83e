/* Words of texts as numbers, and the n-grams that texts have in common. */
#include "metrics/ngram_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

typedef struct word {
  const char *bytes;
  size_t n_bytes;
  uint32_t *id; /* where its number goes */
} word;

static int by_bytes(const void *a, const void *b) {
  const word *x = a, *y = b;
  size_t n = bs_size_min(x->n_bytes, y->n_bytes);
  int order = memcmp(x->bytes, y->bytes, n);
  return order != 0 ? order : (x->n_bytes > y->n_bytes) - (x->n_bytes < y->n_bytes);
}

static size_t count_words(const bs_text *text) {
  size_t n = 0;
  for (size_t i = 0; i < text->n_bytes; i++)
    n += text->data[i] != ' ' && text->data[i] != '\n' &&
         (i == 0 || text->data[i - 1] == ' ' || text->data[i - 1] == '\n');
  return n;
}

/* The words of one text in order, their ids still open. */
static void split(const bs_text *text, const bs_words *words, word *out) {
  uint32_t line = 0;
  size_t n = 0;
  for (size_t i = 0; i < text->n_bytes;) {
    size_t begin = i;
    while (i < text->n_bytes && text->data[i] != ' ' && text->data[i] != '\n')
      i++;
    if (i > begin) {
      words->lines[n] = line;
      out[n] = (word){text->data + begin, i - begin, &words->ids[n]};
      n++;
    }
    if (i < text->n_bytes)
      line += text->data[i++] == '\n';
  }
}

bs_status bs_words_read(const bs_text *texts, size_t n_texts, bs_words *words, size_t *n_ids,
                        bs_error *err) {
  size_t n_all = 0, at = 0;
  for (size_t i = 0; i < n_texts; i++) {
    words[i] = (bs_words){.n = count_words(&texts[i])};
    n_all += words[i].n;
  }
  if (n_all >= UINT32_MAX)
    return bs_error_set(err, BS_ERR_LIMIT, "%zu words are too many to compare", n_all);
  word *all = bs_array_new(n_all, sizeof *all, err);
  bs_status status = all != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; i < n_texts && status == BS_OK; i++) {
    words[i].ids = bs_array_new(words[i].n, sizeof *words[i].ids, err);
    words[i].lines = bs_array_new(words[i].n, sizeof *words[i].lines, err);
    if (words[i].ids == NULL || words[i].lines == NULL) {
      status = BS_ERR_MEMORY;
      break;
    }
    split(&texts[i], &words[i], all + at);
    at += words[i].n;
  }
  uint32_t id = 0;
  if (status == BS_OK)
    qsort(all, n_all, sizeof *all, by_bytes);
  for (size_t i = 0; i < n_all && status == BS_OK; i++) {
    if (i == 0 || by_bytes(&all[i - 1], &all[i]) != 0)
      id++;
    *all[i].id = id;
  }
  if (n_ids != NULL)
    *n_ids = (size_t)id + 1;
  free(all);
  return status;
}

void bs_words_free(bs_words *words, size_t n_texts) {
  for (size_t i = 0; i < n_texts; i++) {
    free(words[i].ids);
    free(words[i].lines);
    words[i] = (bs_words){0};
  }
}

typedef struct gram {
  uint32_t ids[BS_MAX_NGRAM];
} gram;

static int by_ids(const void *a, const void *b) {
  const gram *x = a, *y = b;
  for (size_t i = 0; i < BS_MAX_NGRAM; i++)
    if (x->ids[i] != y->ids[i])
      return x->ids[i] < y->ids[i] ? -1 : 1;
  return 0;
}

/* The n-grams of a text in order of ids. */
static bs_status sorted_grams(const bs_words *words, size_t order, gram **grams, size_t *n,
                              bs_error *err) {
  *n = words->n >= order ? words->n - order + 1 : 0;
  *grams = bs_array_new(*n, sizeof **grams, err);
  if (*grams == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < *n; i++)
    memcpy((*grams)[i].ids, words->ids + i, order * sizeof *words->ids);
  qsort(*grams, *n, sizeof **grams, by_ids);
  return BS_OK;
}

static size_t run_length(const gram *grams, size_t n) {
  size_t length = 1;
  while (length < n && by_ids(&grams[0], &grams[length]) == 0)
    length++;
  return length;
}

/* most[i] = the most often that the n-gram beginning a run at grams[i] stands in one text. */
static void raise_most(const gram *grams, size_t n, const gram *others, size_t n_others,
                       size_t *most) {
  size_t i = 0, j = 0;
  while (i < n && j < n_others) {
    int order = by_ids(&grams[i], &others[j]);
    size_t length =
        run_length(order < 0 ? grams + i : others + j, order < 0 ? n - i : n_others - j);
    if (order == 0 && length > most[i])
      most[i] = length;
    if (order < 0)
      i += length;
    else
      j += length;
  }
}

bs_status bs_clipped_matches(const bs_words *texts, size_t n_texts, size_t order, size_t *n_matches,
                             bs_error *err) {
  gram *grams = NULL;
  size_t *most = NULL, n;
  *n_matches = 0;
  bs_status status = sorted_grams(&texts[0], order, &grams, &n, err);
  if (status == BS_OK && (most = bs_array_new(n, sizeof *most, err)) == NULL)
    status = BS_ERR_MEMORY;
  for (size_t i = 1; i < n_texts && status == BS_OK; i++) {
    gram *others = NULL;
    size_t n_others;
    status = sorted_grams(&texts[i], order, &others, &n_others, err);
    if (status == BS_OK)
      raise_most(grams, n, others, n_others, most);
    free(others);
  }
  for (size_t i = 0, length; i < n && status == BS_OK; i += length) {
    length = run_length(grams + i, n - i);
    *n_matches += bs_size_min(length, most[i]);
  }
  free(grams);
  free(most);
  return status;
}
