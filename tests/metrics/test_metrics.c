/* Metrics against values worked out by hand and by Python's str.lower, float and re. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "metrics/estimate_internal.h"
#include "metrics/estimating.h"
#include "metrics/text_internal.h"

/* One prediction against targets. */
static double text_value(const char *metric, const char *prediction, const char *target,
                         const char *other) {
  const char *targets[] = {target, other};
  bs_outcome outcome = {.prediction = prediction,
                        .targets = targets,
                        .n_targets = other != NULL ? 2 : 1,
                        .target_logprob = NAN};
  return estimate(metric, &outcome, 1).value;
}

static void lower_case_is_pythons(void) {
  static const char *const pairs[][2] = {
      {"\xCE\x9F\xCE\x94\xCE\x9F\xCE\xA3 \xCE\xA3\xCE\x91\xCE\xA3",
       "\xCE\xBF\xCE\xB4\xCE\xBF\xCF\x82 \xCF\x83\xCE\xB1\xCF\x82"},
      {"\xCE\xA3", "\xCF\x83"},
      {"\xCE\x91\xCE\xA3'\xCE\x92", "\xCE\xB1\xCF\x83'\xCE\xB2"},
      {"\xCE\x91\xCE\xA3'", "\xCE\xB1\xCF\x82'"},
      {"A\xCC\x81\xCE\xA3.\xCE\xA3", "a\xCC\x81\xCF\x83.\xCF\x82"},
      {"\xC4\xB0stanbul", "i\xCC\x87stanbul"},
      {"\xC3\x80\xC3\x89\xC3\x8E x", "\xC3\xA0\xC3\xA9\xC3\xAE x"},
      {"\xC7\x85", "\xC7\x86"},
      {"Stra\xC3\x9F"
       "e",
       "stra\xC3\x9F"
       "e"},
      {"", ""},
  };
  bs_error err = {0};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    bs_text lower = {0};
    BS_TEST_OK(bs_text_lower(pairs[i][0], &lower, &err), err);
    CU_ASSERT_STRING_EQUAL(lower.data, pairs[i][1]);
    bs_text_free(&lower);
  }
  bs_text lower = {0};
  BS_TEST_FAILS(bs_text_lower("a\xFF", &lower, &err), BS_ERR_INPUT, err, "byte 1");
  bs_text_free(&lower);
  CU_ASSERT_EQUAL(text_value("case_insensitive_str_match", "YES", "no", "Yes"), 1);
  CU_ASSERT_EQUAL(text_value("case_insensitive_str_match", "YES ", "no", "Yes"), 1);
  CU_ASSERT_EQUAL(text_value("case_insensitive_str_match", "strasse", "Stra\xC3\x9F\x65", NULL), 0);
  CU_ASSERT_EQUAL(text_value("case_insensitive_str_match", "", "", NULL), 1);
}

static void numbers_are_read_as_python_reads_them(void) {
  static const char *const good[][2] = {{"1_000", "1000"},
                                        {" 3.5\n", "3.5"},
                                        {"1e3", "1000"},
                                        {".5", "0.5"},
                                        {"5.", "5"},
                                        {"\xC2\xA0+.5e-1", ".05"},
                                        {"1e1_0", "10000000000"},
                                        {"-0", "0"},
                                        {"109", "100"},
                                        {"110", "100"},
                                        {"90", "100"},
                                        {"-95", "-100"}};
  static const char *const bad[][2] = {
      {"1e", "1"},    {"_1", "1"},      {"1__0", "10"},   {"0x10", "16"},  {"1,000", "1000"},
      {"", "0"},      {"-", "0"},       {"1_", "1"},      {"1._5", "1.5"}, {"nan", "nan"},
      {"inf", "inf"}, {"1e999", "inf"}, {"110.1", "100"}, {"89.9", "100"}, {"95", "-95"},
      {"0.01", "0"},  {"5", "five"},    {"1 2", "1"}};
  static const char name[] = "numeric_match_with_0_1_relative_error";
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    close_to(text_value(name, good[i][0], good[i][1], NULL), 1, good[i][0]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    close_to(text_value(name, bad[i][0], bad[i][1], NULL), 0, bad[i][0]);
  CU_ASSERT_EQUAL(text_value(name, "7", "1", "7.5"), 1);
}

static void words_in_common_are_counted(void) {
  static const struct {
    const char *prediction, *target;
    double expected;
  } cases[] = {
      {"Maru the cat", "the cat Maru, again", 80},
      {"a", "the", 100},
      {"", "cat", 0},
      {"cat", "", 0},
      {"The \xE2\x80\x9Cthe\xE2\x80\x9D end", "end \xE2\x80\x9C \xE2\x80\x9D", 100},
      {"they theme a-an", "they theme aan", 100},
      {"x x y", "x y y", 200.0 / 3},
      {"A.\xCC\x81 cat", "cat", 200.0 / 3},
      {"l'an", "lan", 100},
      {"a\xCC\x81n the \xC3\xA9", "\xC3\xA9", 200.0 / 3},
      {"the\xC2\xB2 cat", "\xC2\xB2 cat", 50},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    close_to(text_value("sequence_f1", cases[i].prediction, cases[i].target, NULL),
             cases[i].expected, cases[i].prediction);
  close_to(text_value("sequence_f1", "x y", "z", "Y, X!"), 100, "the best target");
}

static void classes_are_averaged(void) {
  /* Three of "a" (two found, one called "b"), two of "b" (one found, one called something else),
     one of "c" (called "a"): F1 of a 4/6, of b 2/4, of c 0. */
  static const char *const truths[] = {"a", "a", "a", "b", "b", "c"};
  static const char *const predictions[] = {"a", "a", "b", "b", "none", "a"};
  enum { N = 6 };
  bs_outcome outcomes[N], others[N];
  for (size_t i = 0; i < N; i++)
    outcomes[i] = (bs_outcome){.prediction = predictions[i], .targets = &truths[i], .n_targets = 1};
  bs_estimate all = estimate("macro_f1", outcomes, N);
  close_to(all.value, (4.0 / 6 + 2.0 / 4 + 0) / 3, "macro F1");
  CU_ASSERT_EQUAL(all.n, N);
  double without[N];
  for (size_t i = 0; i < N; i++) {
    memcpy(others, outcomes, i * sizeof *others);
    memcpy(others + i, outcomes + i + 1, (N - i - 1) * sizeof *others);
    without[i] = estimate("macro_f1", others, N - 1).value;
  }
  close_to(all.standard_error, bs_jackknife_error(without, N), "jackknife");
  const char *both[] = {"a", "b"};
  outcomes[2].targets = both; /* "b" is accepted too: of b 2 are found, and 2 of 2 of a */
  outcomes[2].n_targets = 2;
  close_to(estimate("macro_f1", outcomes, N).value, (4.0 / 5 + 4.0 / 5 + 0) / 3, "several answers");
  bs_estimate one = estimate("macro_f1", outcomes, 1);
  CU_ASSERT_EQUAL(one.value, 1);
  CU_ASSERT_TRUE(isnan(one.standard_error));
  bs_outcome nothing = {.target_logprob = NAN};
  CU_ASSERT_TRUE(isnan(estimate("macro_f1", &nothing, 1).value));
}

static void choices_count_by_length(void) {
  static const double logprobs[] = {-4, -6, -5}, scores[] = {1, -0.5, 0.25};
  static const char *const texts[] = {"ab", "\xE4\xBD\xA0\xE5\xA5\xBD\xE4\xBD\xA0", ""};
  static const uint32_t tokens[] = {1, 2, 4};
  bs_outcome outcome = {.n_choices = 3,
                        .choice_logprobs = logprobs,
                        .target_scores = scores,
                        .choice_texts = texts,
                        .choice_tokens = tokens,
                        .target_logprob = -4};
  CU_ASSERT_EQUAL(estimate("multiple_choice_grade", &outcome, 1).value, 1);
  CU_ASSERT_EQUAL(estimate("multiple_choice_grade_per_byte", &outcome, 1).value, -0.5); /* -6 / 9 */
  CU_ASSERT_EQUAL(estimate("multiple_choice_grade_per_char", &outcome, 1).value,
                  scores[bs_best_choice((const double[]){-2, -2, -5}, 3)]);
  CU_ASSERT_EQUAL(estimate("multiple_choice_grade_per_token", &outcome, 1).value, 0.25);
  double sum = 0, weighted = 0;
  for (size_t i = 0; i < 3; i++) {
    sum += exp(logprobs[i]);
    weighted += exp(logprobs[i]) * scores[i];
  }
  close_to(estimate("weighted_probabilities", &outcome, 1).value, weighted / sum, "weighted");
  outcome.choice_texts = NULL;
  CU_ASSERT_EQUAL(estimate("multiple_choice_grade_per_byte", &outcome, 1).n, 0);
  CU_ASSERT_EQUAL(estimate("multiple_choice_grade_per_token", &outcome, 1).n, 1);
}

static void answers_count_by_length(void) {
  bs_outcome outcome = {.target_logprob = -12,
                        .answer = " \xE4\xBD\xA0 ab\tc\xC2\xA0",
                        .answer_tokens = 5,
                        .has_greedy = true,
                        .greedy_tokens = 2};
  close_to(estimate("answer_probability", &outcome, 1).value, exp(-12), "probability");
  close_to(estimate("log_likelihood_per_byte", &outcome, 1).value, -12.0 / 11, "byte");
  close_to(estimate("log_likelihood_per_char", &outcome, 1).value, -12.0 / 8, "char");
  close_to(estimate("log_likelihood_per_word", &outcome, 1).value, -12.0 / 3, "word");
  close_to(estimate("log_likelihood_per_token", &outcome, 1).value, -12.0 / 5, "token");
  close_to(estimate("per_token_accuracy", &outcome, 1).value, 0.4, "accuracy");
  outcome.answer = " ";
  CU_ASSERT_TRUE(isnan(estimate("log_likelihood_per_word", &outcome, 1).value));
  outcome.has_greedy = false;
  CU_ASSERT_EQUAL(estimate("per_token_accuracy", &outcome, 1).n, 0);
  outcome.answer = NULL;
  CU_ASSERT_EQUAL(estimate("log_likelihood_per_char", &outcome, 1).n, 0);
}

static void edits_are_counted(void) {
  static const struct {
    const char *prediction, *target;
    double expected;
  } cases[] = {
      {"kitten", "sitting", 3},
      {"", "abc", 3},
      {"abc", "", 3},
      {"", "", 0},
      {"same", "same", 0},
      {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", "\xE6\x97\xA5\xE8\xAA\x9E\xE6\x9C\xAC", 2},
      {"flaw", "lawn", 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    close_to(text_value("character_edit_distance", cases[i].prediction, cases[i].target, NULL),
             cases[i].expected, cases[i].target);
  CU_ASSERT_EQUAL(text_value("character_edit_distance", "abc", "xyz", "abd"), 1);
}

int main(void) {
  static const bs_test tests[] = {
      {"lower case is Python's", lower_case_is_pythons},
      {"numbers are read as Python reads them", numbers_are_read_as_python_reads_them},
      {"words in common are counted", words_in_common_are_counted},
      {"classes are averaged", classes_are_averaged},
      {"choices count by length", choices_count_by_length},
      {"answers count by length", answers_count_by_length},
      {"edits are counted", edits_are_counted},
  };
  return bs_test_main("metrics", tests, sizeof tests / sizeof *tests);
}
