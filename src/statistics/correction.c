/* Probabilities of many comparisons, corrected for their number. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/comparison.h"

typedef struct question {
  double p;
  size_t at;
} question;

static int by_p(const void *left, const void *right) {
  const question *a = left, *b = right;
  if (a->p != b->p)
    return a->p < b->p ? -1 : 1;
  return a->at < b->at ? -1 : a->at > b->at;
}

/* The questions of p[n] in ascending order of p; *n_asked is their number. */
static question *asked(const double *p, size_t n, size_t *n_asked, bs_error *err) {
  question *questions = bs_array_new(n, sizeof *questions, err);
  *n_asked = 0;
  for (size_t i = 0; questions != NULL && i < n; i++)
    if (!isnan(p[i]))
      questions[(*n_asked)++] = (question){p[i], i};
  if (questions != NULL)
    qsort(questions, *n_asked, sizeof *questions, by_p);
  return questions;
}

bs_status bs_adjust_holm(double *adjusted, const double *p, size_t n, bs_error *err) {
  size_t n_asked;
  question *questions = asked(p, n, &n_asked, err);
  if (questions == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    adjusted[i] = p[i];
  double largest = 0;
  for (size_t i = 0; i < n_asked; i++) {
    largest = fmax(largest, fmin(1, (double)(n_asked - i) * questions[i].p));
    adjusted[questions[i].at] = largest;
  }
  free(questions);
  return BS_OK;
}

bs_status bs_adjust_false_discovery(double *adjusted, const double *p, size_t n, bs_error *err) {
  size_t n_asked;
  question *questions = asked(p, n, &n_asked, err);
  if (questions == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    adjusted[i] = p[i];
  double smallest = 1;
  for (size_t i = n_asked; i-- > 0;) {
    smallest = fmin(smallest, (double)n_asked / (double)(i + 1) * questions[i].p);
    adjusted[questions[i].at] = smallest;
  }
  free(questions);
  return BS_OK;
}
