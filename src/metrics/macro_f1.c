/* F1 of each class against the rest, averaged over the classes. A class is an accepted answer; of
   an example's several answers that one counts which the prediction equals, else the first. A
   prediction that is no class misses its example's and touches no other. White space at the ends
   belongs to no class. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "metrics/estimate_internal.h"
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

typedef struct label {
  bs_stripped text;
  size_t *id; /* where its number goes */
} label;

typedef struct class_counts {
  size_t n_true, n_predicted, n_right;
} class_counts;

/* One example: numbers of its class and of what was predicted. */
typedef struct answer {
  size_t truth, predicted;
} answer;

static int by_text(const void *a, const void *b) {
  return bs_stripped_compare(((const label *)a)->text, ((const label *)b)->text);
}

static const char *truth_of(const bs_outcome *outcome) {
  for (size_t i = 0; i < outcome->n_targets; i++)
    if (bs_texts_match(outcome->targets[i], outcome->prediction))
      return outcome->targets[i];
  return outcome->targets[0];
}

/* Numbers the labels of labels[n]; returns how many there are. */
static size_t number_labels(label *labels, size_t n) {
  size_t id = 0;
  qsort(labels, n, sizeof *labels, by_text);
  for (size_t i = 0; i < n; i++) {
    id += i > 0 && by_text(&labels[i - 1], &labels[i]) != 0;
    *labels[i].id = id;
  }
  return n > 0 ? id + 1 : 0;
}

static double f1(const class_counts *c) {
  return 2 * (double)c->n_right / (double)(c->n_true + c->n_predicted);
}

/* Mean over the labels that are some example's class. */
static double macro(const class_counts *counts, size_t n) {
  double sum = 0, n_classes = 0;
  for (size_t i = 0; i < n; i++) {
    if (counts[i].n_true == 0)
      continue;
    sum += f1(&counts[i]);
    n_classes++;
  }
  return n_classes > 0 ? sum / n_classes : NAN;
}

static void count_answer(class_counts *counts, const answer *a, bool add) {
  size_t step = add ? 1 : SIZE_MAX; /* unsigned arithmetic wraps: + SIZE_MAX takes one away */
  counts[a->truth].n_true += step;
  counts[a->predicted].n_predicted += step;
  if (a->truth == a->predicted)
    counts[a->truth].n_right += step;
}

/* Leaving out an example changes at most two classes: the rest of the sum stays. */
typedef struct total {
  double sum, n_classes;
} total;

static void add_class(total *to, const class_counts *c, double sign) {
  if (c->n_true == 0)
    return;
  to->sum += sign * f1(c);
  to->n_classes += sign;
}

static double without_one(class_counts *counts, total all, const answer *a) {
  add_class(&all, &counts[a->truth], -1);
  if (a->predicted != a->truth)
    add_class(&all, &counts[a->predicted], -1);
  count_answer(counts, a, false);
  add_class(&all, &counts[a->truth], 1);
  if (a->predicted != a->truth)
    add_class(&all, &counts[a->predicted], 1);
  count_answer(counts, a, true);
  return all.n_classes > 0 ? all.sum / all.n_classes : NAN;
}

static bs_status corpus(const bs_outcome *outcomes, size_t n, bs_estimate *out, double *influences,
                        bs_error *err) {
  bs_status status = BS_ERR_MEMORY;
  size_t n_labels = 0;
  label *labels = bs_array_new(n, 2 * sizeof *labels, err);
  answer *answers = bs_array_new(n, sizeof *answers, err);
  class_counts *counts = bs_array_new(n, 2 * sizeof *counts, err);
  double *without = bs_array_new(n, sizeof *without, err);
  if (labels == NULL || answers == NULL || counts == NULL || without == NULL)
    goto cleanup;
  out->n = 0;
  for (size_t i = 0; i < n; i++) {
    if (!bs_influence_note(influences, i, bs_metric_applies(&bs_metric_macro_f1, &outcomes[i])))
      continue;
    answer *added = &answers[out->n++];
    labels[n_labels++] = (label){bs_strip(truth_of(&outcomes[i])), &added->truth};
    labels[n_labels++] = (label){bs_strip(outcomes[i].prediction), &added->predicted};
  }
  status = BS_OK;
  if (out->n == 0)
    goto cleanup;
  n_labels = number_labels(labels, n_labels);
  for (size_t i = 0; i < out->n; i++)
    count_answer(counts, &answers[i], true);
  out->value = macro(counts, n_labels);
  total all = {0};
  for (size_t i = 0; i < n_labels; i++)
    add_class(&all, &counts[i], 1);
  for (size_t i = 0; i < out->n && out->n > 1; i++)
    without[i] = without_one(counts, all, &answers[i]);
  out->standard_error = bs_jackknife_error(without, out->n);
  bs_jackknife_influences(without, out->n, influences, n);

cleanup:
  free(labels);
  free(answers);
  free(counts);
  free(without);
  return status;
}

const bs_metric bs_metric_macro_f1 = {
    .name = "macro_f1",
    .definition = "mean over the targets, taken as classes, of their F1",
    .source = "BIG-bench",
    .needs = BS_NEEDS_TEXT,
    .higher_is_better = true,
    .low_score = 0,
    .high_score = 1,
    .corpus = corpus,
};
