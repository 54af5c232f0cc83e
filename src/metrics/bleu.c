/* Corpus BLEU (Papineni et al. 2002) as sacrebleu 2 computes it: four orders, smoothing "exp",
   tokenization "intl", the closest reference's length for the brevity penalty. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "metrics/estimate_internal.h"
#include "metrics/ngram_internal.h"
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

/* Of one segment or summed over segments; as doubles, which hold these counts exactly. */
typedef struct counts {
  double length, reference_length;
  double matches[BS_MAX_NGRAM], totals[BS_MAX_NGRAM];
} counts;

static void add(counts *sum, const counts *one, double sign) {
  sum->length += sign * one->length;
  sum->reference_length += sign * one->reference_length;
  for (size_t i = 0; i < BS_MAX_NGRAM; i++) {
    sum->matches[i] += sign * one->matches[i];
    sum->totals[i] += sign * one->totals[i];
  }
}

static double score(const counts *c) {
  double any = 0;
  for (size_t i = 0; i < BS_MAX_NGRAM; i++)
    any += c->matches[i];
  if (any == 0)
    return 0;
  double logs = 0, smooth = 1;
  for (size_t i = 0; i < BS_MAX_NGRAM; i++) {
    if (c->totals[i] == 0)
      return 0; /* too short for this order: the effective order is not used */
    if (c->matches[i] == 0)
      smooth *= 2;
    logs +=
        log(c->matches[i] > 0 ? 100 * c->matches[i] / c->totals[i] : 100 / (smooth * c->totals[i]));
  }
  double penalty = c->length < c->reference_length ? exp(1 - c->reference_length / c->length) : 1;
  return penalty * exp(logs / BS_MAX_NGRAM);
}

/* The reference length nearest to the segment's, the shorter one on a tie. */
static double closest_length(const bs_words *words, size_t n_texts) {
  double length = (double)words[0].n, closest = (double)words[1].n;
  for (size_t i = 2; i < n_texts; i++) {
    double other = (double)words[i].n;
    double nearer = fabs(closest - length) - fabs(other - length);
    if (nearer > 0 || (nearer == 0 && other < closest))
      closest = other;
  }
  return closest;
}

static bs_status count_segment(const bs_outcome *outcome, counts *c, bs_error *err) {
  size_t n_texts = outcome->n_targets + 1;
  bs_text *texts = bs_array_new(n_texts, sizeof *texts, err);
  bs_words *words = bs_array_new(n_texts, sizeof *words, err);
  bs_status status = texts != NULL && words != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; i < n_texts && status == BS_OK; i++)
    status =
        bs_tokenize_intl(i == 0 ? outcome->prediction : outcome->targets[i - 1], &texts[i], err);
  if (status == BS_OK)
    status = bs_words_read(texts, n_texts, words, NULL, err);
  for (size_t i = 0; i < BS_MAX_NGRAM && status == BS_OK; i++) {
    size_t n_matches;
    status = bs_clipped_matches(words, n_texts, i + 1, &n_matches, err);
    c->matches[i] = (double)n_matches;
    c->totals[i] = words[0].n > i ? (double)(words[0].n - i) : 0;
  }
  if (status == BS_OK) {
    c->length = (double)words[0].n;
    c->reference_length = closest_length(words, n_texts);
  }
  if (words != NULL)
    bs_words_free(words, n_texts);
  for (size_t i = 0; texts != NULL && i < n_texts; i++)
    bs_text_free(&texts[i]);
  free(texts);
  free(words);
  return status;
}

static bs_status corpus(const bs_outcome *outcomes, size_t n, bs_estimate *out, double *influences,
                        bs_error *err) {
  counts *segments = bs_array_new(n, sizeof *segments, err);
  double *without = bs_array_new(n, sizeof *without, err);
  bs_status status = segments != NULL && without != NULL ? BS_OK : BS_ERR_MEMORY;
  counts sum = {0};
  out->n = 0;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    if (!bs_influence_note(influences, i, bs_metric_applies(&bs_metric_bleu, &outcomes[i])))
      continue;
    status = count_segment(&outcomes[i], &segments[out->n], err);
    if (status == BS_OK)
      add(&sum, &segments[out->n++], 1);
  }
  if (status == BS_OK && out->n > 0) {
    out->value = score(&sum);
    for (size_t i = 0; i < out->n; i++) {
      counts rest = sum;
      add(&rest, &segments[i], -1);
      without[i] = score(&rest);
    }
    out->standard_error = bs_jackknife_error(without, out->n);
    bs_jackknife_influences(without, out->n, influences, n);
  }
  free(segments);
  free(without);
  return status;
}

const bs_metric bs_metric_bleu = {
    .name = "bleu",
    .definition = "corpus BLEU, 0 to 100: smoothing exp, tokenization intl",
    .source = "sacrebleu 2",
    .needs = BS_NEEDS_TEXT,
    .higher_is_better = true,
    .low_score = 0,
    .high_score = 100,
    .corpus = corpus,
};
