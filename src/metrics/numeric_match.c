/* Numbers are read as Python's float() reads them: white space around, digits with single
   underscores between, a fraction, an exponent; no thousands separators, no units. "nan" and "inf"
   match nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

static const double TOLERANCE = 0.1;

/* Copies digits, single underscores between them left out. Returns their number. */
static size_t take_digits(const char **at, const char *end, char **to) {
  size_t n = 0;
  while (*at < end) {
    bool joins = **at == '_' && n > 0 && *at + 1 < end && (*at)[1] >= '0' && (*at)[1] <= '9';
    *at += joins;
    if (**at < '0' || **at > '9')
      break;
    *(*to)++ = *(*at)++;
    n++;
  }
  return n;
}

static bool take_one_of(const char **at, const char *end, const char *marks, char **to) {
  if (*at == end || strchr(marks, **at) == NULL)
    return false;
  *(*to)++ = *(*at)++;
  return true;
}

/* The number in text[0..n_bytes), spelled for strtod in `spelled`, or NaN. */
static double parse(const char *text, size_t n_bytes, char *spelled) {
  const char *at = text, *end = text + n_bytes;
  char *to = spelled;
  take_one_of(&at, end, "+-", &to);
  size_t n = take_digits(&at, end, &to);
  if (take_one_of(&at, end, ".", &to))
    n += take_digits(&at, end, &to);
  bool good = n > 0;
  if (good && take_one_of(&at, end, "eE", &to)) {
    take_one_of(&at, end, "+-", &to);
    good = take_digits(&at, end, &to) > 0;
  }
  *to = '\0';
  double value = good && at == end ? strtod(spelled, NULL) : NAN;
  return isfinite(value) ? value : NAN;
}

static bool read_number(const char *text, double *value) {
  bs_stripped number = bs_strip(text);
  char *spelled = bs_string_new(number.bytes, number.n_bytes, NULL);
  if (spelled == NULL)
    return false;
  *value = parse(number.bytes, number.n_bytes, spelled);
  free(spelled);
  return true;
}

static double example(const bs_outcome *outcome) {
  double prediction, target, value = 0;
  if (!read_number(outcome->prediction, &prediction))
    return NAN;
  for (size_t i = 0; i < outcome->n_targets; i++) {
    if (!read_number(outcome->targets[i], &target))
      return NAN;
    if (fabs(prediction - target) <= TOLERANCE * fabs(target)) /* never for NaN */
      value = 1;
  }
  return value;
}

const bs_metric bs_metric_numeric_match = {
    .name = "numeric_match_with_0_1_relative_error",
    .definition = "1 when the text is a number within a tenth of one of the targets",
    .source = "BIG-bench",
    .needs = BS_NEEDS_TEXT,
    .higher_is_better = true,
    .low_score = 0,
    .high_score = 1,
    .example = example,
};
