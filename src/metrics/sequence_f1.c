/* Words in common as the question-answering metrics of SQuAD and T5 count them: lower case, ASCII
   punctuation and the words a, an, the left out. */
#include <math.h>
#include <string.h>

#include <utf8proc.h>

#include "base/text_internal.h"
#include "metrics/ngram_internal.h"
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

static bool is_letter_or_number(uint32_t c) {
  utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

static bool is_ascii_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

static void drop_punctuation(bs_text *text) {
  size_t n = 0;
  for (size_t i = 0; i < text->n_bytes; i++)
    if (!is_ascii_punctuation(text->data[i]))
      text->data[n++] = text->data[i];
  text->n_bytes = n;
  text->data[n] = '\0';
}

static bool is_article(const char *bytes, size_t n) {
  return (n == 1 && memcmp(bytes, "a", 1) == 0) || (n == 2 && memcmp(bytes, "an", 2) == 0) ||
         (n == 3 && memcmp(bytes, "the", 3) == 0);
}

/* Articles and white space become one space each. */
static bs_status append_words(const bs_text *from, bs_text *words, bs_error *err) {
  bs_status status = bs_text_append(words, "", 0, err);
  for (size_t at = 0, n; at < from->n_bytes && status == BS_OK; at += n) {
    uint32_t c;
    size_t run = 0, length;
    n = bs_utf8_decode(from->data + at, from->n_bytes - at, &c);
    while ((length = bs_utf8_decode(from->data + at + run, from->n_bytes - at - run, &c)) > 0 &&
           is_letter_or_number(c))
      run += length;
    if (run > 0)
      n = run;
    bool gap = run > 0 ? is_article(from->data + at, run) : bs_is_space(c);
    status =
        gap ? bs_text_append(words, " ", 1, err) : bs_text_append(words, from->data + at, n, err);
  }
  return status;
}

static bs_status prepare(const char *text, bs_text *words, bs_error *err) {
  bs_text lower = {0};
  bs_status status = bs_text_lower(text, &lower, err);
  if (status == BS_OK) {
    drop_punctuation(&lower);
    status = append_words(&lower, words, err);
  }
  bs_text_free(&lower);
  return status;
}

static bs_status score_one(const char *prediction, const char *target, double *f, bs_error *err) {
  bs_text texts[2] = {{0}, {0}};
  bs_words words[2] = {{0}, {0}};
  size_t n_matches = 0;
  bs_status status = prepare(prediction, &texts[0], err);
  if (status == BS_OK)
    status = prepare(target, &texts[1], err);
  if (status == BS_OK)
    status = bs_words_read(texts, 2, words, NULL, err);
  if (status == BS_OK)
    status = bs_clipped_matches(words, 2, 1, &n_matches, err);
  size_t n = words[0].n + words[1].n;
  *f = n > 0 ? 2 * (double)n_matches / (double)n : 1;
  bs_words_free(words, 2);
  bs_text_free(&texts[0]);
  bs_text_free(&texts[1]);
  return status;
}

static double example(const bs_outcome *outcome) {
  double most = 0, f = 0;
  for (size_t i = 0; i < outcome->n_targets; i++) {
    if (score_one(outcome->prediction, outcome->targets[i], &f, NULL) != BS_OK)
      return NAN;
    most = f > most ? f : most;
  }
  return 100 * most;
}

const bs_metric bs_metric_sequence_f1 = {
    .name = "sequence_f1",
    .definition = "F-measure of words in common without articles and punctuation, 0 to 100, with "
                  "the best of the targets",
    .source = "Rajpurkar et al. 2016; T5",
    .needs = BS_NEEDS_TEXT,
    .higher_is_better = true,
    .low_score = 0,
    .high_score = 100,
    .example = example,
};
