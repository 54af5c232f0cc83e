/* Edit distances: how many insertions, deletions and replacements make the text the nearest target.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

/* Sequences whose table would have more cells than this have no distance. */
enum { MAX_CELLS = 400000000 };

/* The code points of a text without the white space at its ends; what is not UTF-8 counts byte by
   byte. NULL: no memory. */
static uint32_t *points_of(const char *whole, size_t *n) {
  bs_stripped part = bs_strip(whole);
  const char *text = part.bytes;
  size_t n_bytes = part.n_bytes;
  uint32_t *points = bs_array_new(n_bytes, sizeof *points, NULL);
  *n = 0;
  for (size_t at = 0, length; points != NULL && at < n_bytes; at += length) {
    length = bs_utf8_decode(text + at, n_bytes - at, &points[*n]);
    if (length == 0)
      points[*n] = (unsigned char)text[at], length = 1;
    ++*n;
  }
  return points;
}

static uint32_t least(uint32_t a, uint32_t b, uint32_t c) {
  a = a < b ? a : b;
  return a < c ? a : c;
}

double bs_levenshtein(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b) {
  size_t n_cells;
  if (!bs_size_mul(n_a, n_b, &n_cells) || n_cells > MAX_CELLS)
    return NAN;
  uint32_t *row = bs_array_new(n_b + 1, sizeof *row, NULL);
  if (row == NULL)
    return NAN;
  for (size_t j = 0; j <= n_b; j++)
    row[j] = (uint32_t)j;
  for (size_t i = 0; i < n_a; i++) {
    uint32_t diagonal = row[0];
    row[0] = (uint32_t)i + 1;
    for (size_t j = 0; j < n_b; j++) {
      uint32_t above = row[j + 1];
      row[j + 1] = least(diagonal + (a[i] != b[j]), above + 1, row[j] + 1);
      diagonal = above;
    }
  }
  double result = row[n_b];
  free(row);
  return result;
}

static double example(const bs_outcome *outcome) {
  size_t n, n_target;
  double nearest = NAN;
  uint32_t *prediction = points_of(outcome->prediction, &n);
  for (size_t i = 0; prediction != NULL && i < outcome->n_targets; i++) {
    uint32_t *target = points_of(outcome->targets[i], &n_target);
    double d = target != NULL ? bs_levenshtein(prediction, n, target, n_target) : NAN;
    if (!(d >= nearest)) /* also when there is none yet */
      nearest = isnan(d) ? nearest : d;
    free(target);
  }
  free(prediction);
  return nearest;
}

const bs_metric bs_metric_edit_distance = {
    .name = "character_edit_distance",
    .definition = "Levenshtein distance in characters to the nearest target",
    .source = "Levenshtein 1966",
    .needs = BS_NEEDS_TEXT,
    .is_always_computed = true,
    .higher_is_better = false,
    .low_score = NAN,
    .high_score = 0,
    .example = example,
};

static double tokens(const bs_outcome *outcome) { return (double)outcome->token_edits; }

const bs_metric bs_metric_token_edit_distance = {
    .name = "token_edit_distance",
    .definition = "Levenshtein distance in the model's tokens to the nearest target",
    .source = "Schaeffer et al. 2023",
    .needs = BS_NEEDS_TEXT | BS_NEEDS_TOKEN_EDITS,
    .is_always_computed = true,
    .higher_is_better = false,
    .low_score = NAN,
    .high_score = 0,
    .example = tokens,
};
