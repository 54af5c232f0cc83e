/* ROUGE (Lin 2004) by the definition of the rouge_score package, without stemming, after the
   preparation that BIG-bench does: each " . " ends a line. F-measures, the best over the
   references, 0 to 100. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "metrics/ngram_internal.h"
#include "metrics/table_internal.h"

/* A table of the longest common subsequence has a bit a cell: 256 MB at most. */
static const size_t MAX_CELLS = (size_t)1 << 31;

/* Words of [a-z0-9] after lower-casing; all else separates. Beside A-Z the only capitals whose
   lower case has ASCII letters are the Kelvin sign (k) and the dotted I (i and a combining dot). */
static bs_status prepare(const char *text, bs_text *words, bs_error *err) {
  bs_status status = bs_text_reserve(words, strlen(text), err);
  if (status != BS_OK)
    return status;
  for (const char *at = text; *at != '\0'; at++) {
    char c = *at, kept = ' ';
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\n')
      kept = c;
    else if (c >= 'A' && c <= 'Z')
      kept = (char)(c - 'A' + 'a');
    else if (strncmp(at, "\xE2\x84\xAA", 3) == 0)
      kept = 'k', at += 2;
    else if (strncmp(at, "\xC4\xB0", 2) == 0)
      kept = 'i'; /* its second byte separates, as the combining dot does */
    else if (strncmp(at, " . ", 3) == 0)
      kept = '\n', at += 2;
    words->data[words->n_bytes++] = kept;
  }
  words->data[words->n_bytes] = '\0';
  return BS_OK;
}

static double f_measure(double matches, size_t n_prediction, size_t n_reference) {
  if (matches == 0)
    return 0;
  double precision = matches / (double)n_prediction, recall = matches / (double)n_reference;
  return 2 * precision * recall / (precision + recall);
}

static bs_status ngram_score(const bs_words words[2], size_t order, double *f, bs_error *err) {
  size_t n_matches;
  bs_status status = bs_clipped_matches(words, 2, order, &n_matches, err);
  if (status == BS_OK)
    *f = f_measure((double)n_matches, words[0].n - order + 1, words[1].n - order + 1);
  return status;
}

typedef struct line {
  const uint32_t *ids;
  size_t n;
} line;

static line next_line(const bs_words *words, size_t *at) {
  size_t begin = *at;
  while (*at < words->n && words->lines[*at] == words->lines[begin])
    (*at)++;
  return (line){words->ids + begin, *at - begin};
}

/* Marks in `common` the words of `a` on a longest common subsequence with `b`. Of several the one
   is taken that is found from the end by going back in `a` unless only `b` may be shortened. */
static bs_status mark_common(line a, line b, bool *common, bs_error *err) {
  size_t n_cells;
  if (!bs_size_mul(a.n, b.n, &n_cells) || n_cells > MAX_CELLS)
    return bs_error_set(err, BS_ERR_LIMIT, "lines of %zu and %zu words are too long for rougeLsum",
                        a.n, b.n);
  unsigned char *back_in_b = bs_array_new(n_cells / 8 + 1, 1, err);
  uint32_t *row = bs_array_new(b.n + 1, sizeof *row, err);
  if (back_in_b == NULL || row == NULL) {
    free(back_in_b);
    free(row);
    return BS_ERR_MEMORY;
  }
  for (size_t i = 0; i < a.n; i++) {
    uint32_t diagonal = 0; /* the row before, one to the left */
    for (size_t j = 0; j < b.n; j++) {
      uint32_t above = row[j + 1], left = row[j];
      size_t cell = i * b.n + j;
      row[j + 1] = a.ids[i] == b.ids[j] ? diagonal + 1 : left > above ? left : above;
      if (left > above)
        back_in_b[cell / 8] |= (unsigned char)(1U << cell % 8);
      diagonal = above;
    }
  }
  for (size_t i = a.n, j = b.n; i > 0 && j > 0;) {
    size_t cell = (i - 1) * b.n + j - 1;
    if (a.ids[i - 1] == b.ids[j - 1])
      common[i - 1] = true, i--, j--;
    else if ((back_in_b[cell / 8] >> cell % 8 & 1) != 0)
      j--;
    else
      i--;
  }
  free(back_in_b);
  free(row);
  return BS_OK;
}

/* Words of the reference that lie on a common subsequence with any line of the prediction, each
   counted no oftener than it stands in either text. */
static bs_status summary_score(const bs_words words[2], size_t n_ids, double *f, bs_error *err) {
  bool *common = bs_array_new(words[1].n, sizeof *common, err);
  size_t *left = bs_array_new(n_ids, sizeof *left, err);
  bs_status status = common != NULL && left != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t at = 0; at < words[1].n && status == BS_OK;) {
    bool *marks = common + at;
    line reference = next_line(&words[1], &at);
    for (size_t other = 0; other < words[0].n && status == BS_OK;)
      status = mark_common(reference, next_line(&words[0], &other), marks, err);
  }
  double hits = 0;
  for (size_t i = 0; i < words[0].n && status == BS_OK; i++)
    left[words[0].ids[i]]++;
  for (size_t i = 0; i < words[1].n && status == BS_OK; i++)
    if (common[i] && left[words[1].ids[i]] > 0)
      left[words[1].ids[i]]--, hits++;
  if (status == BS_OK)
    *f = f_measure(hits, words[0].n, words[1].n);
  free(common);
  free(left);
  return status;
}

enum variant { ROUGE_1 = 1, ROUGE_2 = 2, ROUGE_LSUM };

static bs_status score_one(enum variant variant, const char *prediction, const char *reference,
                           double *f, bs_error *err) {
  bs_text texts[2] = {{0}, {0}};
  bs_words words[2] = {{0}, {0}};
  size_t n_ids;
  bs_status status = prepare(prediction, &texts[0], err);
  if (status == BS_OK)
    status = prepare(reference, &texts[1], err);
  if (status == BS_OK)
    status = bs_words_read(texts, 2, words, &n_ids, err);
  if (status == BS_OK)
    status = variant == ROUGE_LSUM ? summary_score(words, n_ids, f, err)
                                   : ngram_score(words, (size_t)variant, f, err);
  bs_words_free(words, 2);
  bs_text_free(&texts[0]);
  bs_text_free(&texts[1]);
  return status;
}

static double best(enum variant variant, const bs_outcome *outcome) {
  double most = 0, f = 0;
  for (size_t i = 0; i < outcome->n_targets; i++) {
    if (score_one(variant, outcome->prediction, outcome->targets[i], &f, NULL) != BS_OK)
      return NAN;
    most = f > most ? f : most;
  }
  return 100 * most;
}

static double rouge1(const bs_outcome *outcome) { return best(ROUGE_1, outcome); }
static double rouge2(const bs_outcome *outcome) { return best(ROUGE_2, outcome); }
static double rouge_lsum(const bs_outcome *outcome) { return best(ROUGE_LSUM, outcome); }

/* `leads`: where one metric is wanted, "rouge" means this one. */
#define ROUGE_ROW(which, leads, text, function)                                                    \
  {                                                                                                \
    .name = which, .alias = "rouge", .leads_alias = leads,                                         \
    .definition = "F-measure of " text ", 0 to 100", .source = "Lin 2004; rouge_score",            \
    .needs = BS_NEEDS_TEXT, .higher_is_better = true, .low_score = 0, .high_score = 100,           \
    .example = function                                                                            \
  }

const bs_metric bs_metric_rouge1 = ROUGE_ROW("rouge1", false, "words in common", rouge1);
const bs_metric bs_metric_rouge2 = ROUGE_ROW("rouge2", false, "pairs of words in common", rouge2);
const bs_metric bs_metric_rouge_lsum =
    ROUGE_ROW("rougeLsum", true, "the longest common subsequences by lines", rouge_lsum);
