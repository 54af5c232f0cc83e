/* Metrics against goldens of other programs, and the post-processing of text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/json.h"
#include "harness.h"
#include "metrics/estimate_internal.h"
#include "metrics/postprocess_internal.h"
#include "metrics/text_internal.h"

static void close_to(double found, double expected, const char *what) {
  double scale = fabs(expected) > 1e-12 ? fabs(expected) : 1;
  if (!(fabs(found - expected) <= 1e-9 * scale)) {
    printf("\n    %s: expected %.17g, found %.17g", what, expected, found);
    CU_FAIL("not within 1e-9");
  }
}

/* The lines of a golden file, parsed one at a time. */
typedef void (*line_check)(const bs_json *json, const char *id);

static void each_line(const char *name, line_check check, size_t n_expected) {
  if (!bs_test_have_data(name))
    return;
  bs_text text = bs_test_read(bs_test_data(name));
  bs_error err = {0};
  size_t n_lines = 0;
  for (size_t at = 0; at < text.n_bytes; n_lines++) {
    const char *end = memchr(text.data + at, '\n', text.n_bytes - at);
    size_t n = end != NULL ? (size_t)(end - text.data) - at : text.n_bytes - at;
    bs_json *json = NULL;
    BS_TEST_OK(bs_json_parse(&json, text.data + at, n, name, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    const char *id = "";
    BS_TEST_OK(bs_json_get_string(json, json->root, "id", true, &id, &err), err);
    check(json, id);
    bs_json_free(&json);
    at += n + 1;
  }
  CU_ASSERT_EQUAL(n_lines, n_expected);
  bs_text_free(&text);
}

static double number(const bs_json *json, const cJSON *object, const char *key) {
  bs_error err = {0};
  double value = NAN;
  BS_TEST_OK(bs_json_get_double(json, object, key, true, &value, &err), err);
  return value;
}

enum { MAX_ITEMS = 256 };

static size_t strings_of(const cJSON *list, const char *strings[MAX_ITEMS]) {
  size_t n = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    CU_ASSERT_TRUE_FATAL(n < MAX_ITEMS);
    strings[n++] = item->valuestring;
  }
  return n;
}

static double value_of(const char *metric, const bs_outcome *outcomes, size_t n) {
  bs_error err = {0};
  bs_estimate estimate;
  const bs_metric *row = bs_metric_find(metric);
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  BS_TEST_OK(bs_metric_evaluate(row, outcomes, n, &estimate, &err), err);
  return estimate.value;
}

/* Against the definition: leaving out one at a time and scoring the rest anew. */
static void check_jackknife(const char *metric, const bs_outcome *outcomes, size_t n,
                            const char *id) {
  bs_error err = {0};
  bs_estimate all, rest;
  BS_TEST_OK(bs_metric_evaluate(bs_metric_find(metric), outcomes, n, &all, &err), err);
  CU_ASSERT_EQUAL(all.n, n);
  if (n < 2) {
    CU_ASSERT_TRUE(isnan(all.standard_error));
    return;
  }
  double values[MAX_ITEMS], mean = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    bs_outcome others[MAX_ITEMS];
    memcpy(others, outcomes, i * sizeof *others);
    memcpy(others + i, outcomes + i + 1, (n - i - 1) * sizeof *others);
    BS_TEST_OK(bs_metric_evaluate(bs_metric_find(metric), others, n - 1, &rest, &err), err);
    values[i] = rest.value;
    mean += rest.value / (double)n;
  }
  for (size_t i = 0; i < n; i++)
    squares += (values[i] - mean) * (values[i] - mean);
  double expected = sqrt((double)(n - 1) / (double)n * squares);
  if (fabs(all.standard_error - expected) > 1e-9 * (1 + expected))
    printf("\n    %s: standard error %g, expected %g", id, all.standard_error, expected);
  CU_ASSERT_TRUE(fabs(all.standard_error - expected) <= 1e-9 * (1 + expected));
  double influences[MAX_ITEMS];
  BS_TEST_OK(bs_metric_influences(bs_metric_find(metric), outcomes, n, &all, influences, &err),
             err);
  for (size_t i = 0; i < n; i++)
    CU_ASSERT_DOUBLE_EQUAL(influences[i], (double)(n - 1) * (mean - values[i]), 1e-7);
}

static void check_bleu(const bs_json *json, const char *id) {
  static const char *predictions[MAX_ITEMS], *references[MAX_ITEMS][MAX_ITEMS];
  bs_outcome outcomes[MAX_ITEMS] = {{0}};
  size_t n = strings_of(bs_json_get(json->root, "predictions"), predictions), i = 0;
  const cJSON *list;
  cJSON_ArrayForEach(list, bs_json_get(json->root, "references")) {
    CU_ASSERT_TRUE_FATAL(i < n);
    outcomes[i].prediction = predictions[i];
    outcomes[i].n_targets = strings_of(list, references[i]);
    outcomes[i].targets = references[i];
    i++;
  }
  CU_ASSERT_EQUAL(i, n);
  close_to(value_of("bleu", outcomes, n), number(json, json->root, "bleu"), id);
  check_jackknife("bleu", outcomes, n, id);
}

static void bleu_is_sacrebleus(void) { each_line("metrics/bleu.jsonl", check_bleu, 60); }

static void check_rouge(const bs_json *json, const char *id) {
  static const char *const names[] = {"rouge1", "rouge2", "rougeLsum"};
  const char *references[MAX_ITEMS];
  bs_outcome outcome = {.targets = references};
  bs_error err = {0};
  BS_TEST_OK(bs_json_get_string(json, json->root, "prediction", true, &outcome.prediction, &err),
             err);
  outcome.n_targets = strings_of(bs_json_get(json->root, "references"), references);
  const cJSON *most = bs_json_get(json->root, "max");
  const cJSON *each;
  for (size_t i = 0; i < 3; i++) {
    close_to(value_of(names[i], &outcome, 1), number(json, most, names[i]), id);
    close_to(bs_metric_find(names[i])->example(&outcome), number(json, most, names[i]), id);
    size_t j = 0;
    cJSON_ArrayForEach(each, bs_json_get(json->root, "per_reference")) {
      bs_outcome one = {
          .prediction = outcome.prediction, .targets = &references[j++], .n_targets = 1};
      close_to(value_of(names[i], &one, 1), number(json, each, names[i]), id);
    }
  }
}

static void rouge_is_the_packages(void) { each_line("metrics/rouge.jsonl", check_rouge, 60); }

enum { MAX_CHOICES = 64 };

static void check_calibration(const bs_json *json, const char *id) {
  static double logprobs[MAX_ITEMS][MAX_CHOICES], scores[MAX_ITEMS][MAX_CHOICES];
  bs_outcome outcomes[MAX_ITEMS] = {{0}};
  size_t n = 0;
  const cJSON *vector, *p, *label;
  memset(scores, 0, sizeof scores);
  cJSON_ArrayForEach(vector, bs_json_get(json->root, "probs")) {
    CU_ASSERT_TRUE_FATAL(n < MAX_ITEMS);
    size_t n_choices = 0;
    cJSON_ArrayForEach(p, vector) {
      CU_ASSERT_TRUE_FATAL(n_choices < MAX_CHOICES);
      logprobs[n][n_choices++] = log(p->valuedouble) - 30; /* renormalising takes any offset away */
    }
    outcomes[n] = (bs_outcome){.n_choices = n_choices,
                               .choice_logprobs = logprobs[n],
                               .target_scores = scores[n],
                               .target_logprob = NAN};
    n++;
  }
  size_t i = 0;
  cJSON_ArrayForEach(label, bs_json_get(json->root, "labels")) {
    CU_ASSERT_TRUE_FATAL(i < n);
    scores[i++][(size_t)label->valuedouble] = 1;
  }
  CU_ASSERT_EQUAL(i, n);
  close_to(value_of("calibration_multiple_choice_brier_score", outcomes, n),
           number(json, json->root, "brier_mean"), id);
  close_to(value_of("expected_calibration_error", outcomes, n), number(json, json->root, "ece"),
           id);
  check_jackknife("expected_calibration_error", outcomes, n, id);
}

static void calibration_is_the_definitions(void) {
  each_line("metrics/calibration.jsonl", check_calibration, 60);
}

static void impossible_distributions_do_not_count(void) {
  double none[] = {-INFINITY, -INFINITY}, far[] = {-1e5, -1e5 - 1}, scores[] = {1, 0};
  bs_outcome outcomes[] = {
      {.n_choices = 2, .choice_logprobs = none, .target_scores = scores, .target_logprob = NAN},
      {.n_choices = 2, .choice_logprobs = far, .target_scores = scores, .target_logprob = NAN},
      {.target_logprob = NAN}};
  double p = 1 / (1 + exp(-1));
  bs_error err = {0};
  bs_estimate estimate;
  BS_TEST_OK(bs_metric_evaluate(bs_metric_find("calibration_multiple_choice_brier_score"), outcomes,
                                3, &estimate, &err),
             err);
  CU_ASSERT_EQUAL(estimate.n, 1);
  close_to(estimate.value, (1 - p) * (1 - p), "far below exp's range");
  CU_ASSERT_TRUE(isnan(estimate.standard_error));
  BS_TEST_OK(bs_metric_evaluate(bs_metric_find("expected_calibration_error"), outcomes, 3,
                                &estimate, &err),
             err);
  CU_ASSERT_EQUAL(estimate.n, 1);
  close_to(estimate.value, 1 - p, "expected_calibration_error");
  BS_TEST_OK(bs_metric_evaluate(bs_metric_find("bleu"), outcomes, 3, &estimate, &err), err);
  CU_ASSERT_TRUE(isnan(estimate.value) && estimate.n == 0);
  BS_TEST_OK(bs_metric_evaluate(bs_metric_find("log_likelihood"), NULL, 0, &estimate, &err), err);
  CU_ASSERT_TRUE(isnan(estimate.value) && estimate.n == 0);
}

static void ties_are_broken_by_sha256(void) {
  /* int(hashlib.sha256(struct.pack("<4d", ...)).hexdigest(), 16) % ties, computed with Python */
  static const struct {
    double values[4];
    size_t n, expected;
  } cases[] = {{{-1, -2, -3, -4}, 4, 0},      {{-4, -2, -3, -1}, 4, 3}, {{-1, -1}, 2, 0},
               {{-2.5, -1, -1, -1}, 4, 2},    {{0, 0, 0, 0}, 4, 1},     {{-1, -3, -1}, 3, 2},
               {{-0.5, -0.5, -7, -0.5}, 4, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    CU_ASSERT_EQUAL(bs_best_choice(cases[i].values, cases[i].n), cases[i].expected);
  double scores[] = {0.25, -3};
  double logprobs[] = {-2, -1};
  bs_outcome outcome = {
      .n_choices = 2, .choice_logprobs = logprobs, .target_scores = scores, .target_logprob = NAN};
  CU_ASSERT_EQUAL(value_of("multiple_choice_grade", &outcome, 1), -3);
}

static void text_is_matched_exactly(void) {
  static const char *const targets[] = {"a b", "\xC3\xA9"};
  static const struct {
    const char *prediction;
    double expected;
  } cases[] = {{"a b", 1}, {"a b ", 1}, {"a  b", 0}, {"A b", 0}, {"\xC3\xA9", 1}, {"", 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_outcome outcome = {.prediction = cases[i].prediction,
                          .targets = targets,
                          .n_targets = 2,
                          .target_logprob = NAN};
    CU_ASSERT_EQUAL(value_of("exact_str_match", &outcome, 1), cases[i].expected);
  }
}

static void means_have_their_errors(void) {
  static const double values[] = {1, NAN, 2, 4, NAN};
  bs_estimate estimate = bs_mean(values, 5);
  CU_ASSERT_EQUAL(estimate.n, 3);
  close_to(estimate.value, 7.0 / 3, "mean");
  close_to(estimate.standard_error, sqrt((16.0 + 1 + 25) / 9 / 2 / 3), "standard error");
  estimate = bs_mean(values, 1);
  CU_ASSERT_TRUE(estimate.value == 1 && isnan(estimate.standard_error) && estimate.n == 1);
  estimate = bs_mean(NULL, 0);
  CU_ASSERT_TRUE(isnan(estimate.value) && isnan(estimate.standard_error) && estimate.n == 0);
  static const double one_short[] = {1, 2, 6};
  close_to(bs_jackknife_error(one_short, 3), sqrt(2.0 / 3 * 14), "jackknife");
}

static void intl_splits_by_category(void) {
  static const struct {
    const char *text, *words;
  } cases[] = {
      {"", ""},
      {"  a\tb \xC2\xA0 c  ", "a b c"},
      {"Hello, world!", "Hello , world !"},
      {"3.14, 5", "3.14 , 5"},
      {"5. ", "5."}, /* trailing space goes first */
      {"(a)(b)", "( a ) ( b )"},
      {"a...b", "a . . . b"},
      {"\xE2\x82\xAC"
       "5",
       "\xE2\x82\xAC 5"},
      {"\xE3\x80\x8C\xE4\xBD\xA0\xE3\x80\x8D", "\xE3\x80\x8C \xE4\xBD\xA0 \xE3\x80\x8D"},
      {"x^2", "x ^ 2"},
      {"1-2", "1-2"},
      {"\xC2\xBD.x", "\xC2\xBD . x"},
  };
  bs_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_text words = {0};
    BS_TEST_OK(bs_tokenize_intl(cases[i].text, &words, &err), err);
    CU_ASSERT_STRING_EQUAL(words.data != NULL ? words.data : "", cases[i].words);
    bs_text_free(&words);
  }
  bs_text words = {0};
  BS_TEST_FAILS(bs_tokenize_intl("ab\xFF", &words, &err), BS_ERR_INPUT, err, "byte 2");
  bs_text_free(&words);
}

static const char *postprocessed(const char *text, size_t max_length, const char *stop,
                                 const char *regex) {
  static char result[512];
  bs_text out = {0};
  bs_error err = {0};
  BS_TEST_OK(bs_postprocess(text, strlen(text), max_length, stop, regex, &out, &err), err);
  snprintf(result, sizeof result, "%s", out.data != NULL ? out.data : "");
  bs_text_free(&out);
  return result;
}

static const char DEFAULT[] = "[^\\.\\?\\!\\;\\n]+";
static const char OPERATORS[] = "([-+]?\\d+)[.]{0,1}$";

static void text_is_postprocessed_as_python_does(void) {
  static const struct {
    const char *text;
    size_t max_length;
    const char *stop, *regex, *expected;
  } cases[] = {
      {"abc. def", 128, NULL, DEFAULT, "abc"},
      {"\n\nabc\n", 128, NULL, DEFAULT, "abc"},
      {"...", 128, NULL, DEFAULT, ""},
      {"", 128, NULL, DEFAULT, ""},
      {"\xC3\xA9\xC3\xA9\xC3\xA9", 2, NULL, NULL, "\xC3\xA9\xC3\xA9"},
      {"abc", 0, NULL, NULL, "abc"},
      {" 17\nQ: op", 128, "\n", OPERATORS, "17"}, /* $ stands before a line end at the very end */
      {" 17. \n", 128, "\n", OPERATORS, ""},
      {"is -3.", 128, "\n", OPERATORS, "-3"},
      {"\n12\n13", 128, "\n", OPERATORS, "13"}, /* at the start the stop string does not cut */
      {"12\n\n13", 128, "\n", OPERATORS, "12"},
      {"a STOP b STOP", 128, "STOP", NULL, "a STOP"},
      {"abcSTOP", 5, "STOP", NULL, "abcST"},
      {"abc", 128, "", "", "abc"},
      {"xay", 128, NULL, "b*", ""},
      {"xay", 128, NULL, "x(b)?", ""},
      {"\xD9\xA3", 128, NULL, "\\d", "\xD9\xA3"}, /* a digit in Unicode */
      {"a\xC3\xA9 b", 128, NULL, "\\w+", "a\xC3\xA9"},
      {"ab\n", 128, NULL, "b\\Z", ""}, /* Python's \Z is the very end */
      {"ab", 128, NULL, "b\\Z", "b"},
      {"aaa", 128, NULL, "a{,2}", "aa"},
      {"a]b", 128, NULL, "[]{,2}]", "]"},
      {"x=1", 128, NULL, "(?P<name>\\d)", "1"},
      {"\xE5\x9B\x9E\xE7\xAD\x94\xEF\xBC\x9A 4", 128, NULL,
       "(?:Answer|\\u56de\\u7b54)\\s*[:\\uff1a]\\s*(\\w+)", "4"},
      {"a\xF0\x9F\x98\x80", 128, NULL, "\\U0001F600", "\xF0\x9F\x98\x80"},
      {"a\xC3\xA9 b", 128, NULL, "(?a)\\w+", "a"},
      {"a\xC3\xA9 b", 128, NULL, "(?u)\\w+", "a\xC3\xA9"},
      {"baaa", 128, NULL, "ba{,}", "baaa"},
      {"ab:]", 128, NULL, "[[:alpha:]]", ":]"}, /* a class of "[:alph" and a bracket */
      {"a\x1C"
       "b",
       128, NULL, "a\\s", "a\x1C"},
      {"aab", 128, NULL, "\\141+", "aa"},
      {"a.b", 128, NULL, "a(?#any).b", "a.b"},
      {"a.b", 128, NULL, "a . b", ""},
      {"a.b", 128, NULL, "(?x)a . b # spaced", "a.b"},
      {"xAb", 128, NULL, "(?i:a)b", "Ab"},
      {"\xC4\xB1", 128, NULL, "(?i)I", "\xC4\xB1"}, /* the dotless i is one, for Python */
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    CU_ASSERT_STRING_EQUAL(
        postprocessed(cases[i].text, cases[i].max_length, cases[i].stop, cases[i].regex),
        cases[i].expected);
}

static void bad_expressions_are_errors(void) {
  bs_error err = {0};
  bs_text out = {0};
  BS_TEST_FAILS(bs_postprocess("a", 1, 128, NULL, "(", &out, &err), BS_ERR_INPUT, err,
                "regex \"(\"");
  BS_TEST_FAILS(bs_postprocess("a", 1, 128, NULL, "(a)(b)", &out, &err), BS_ERR_INPUT, err,
                "2 groups");
  static const struct {
    const char *regex, *reason;
  } refused[] = {{"\\N{BULLET}", "characters by name"},
                 {"\\h", "escape \\h has no meaning"},
                 {"(?L)a", "flag L is for bytes"},
                 {"a(?i)b", "at its beginning alone"},
                 {"(?<=a*)b", "fixed width"},
                 {"a**", "a repetition of a repetition"},
                 {"^*", "nothing to repeat"},
                 {"[z-a]", "ends before it begins"},
                 {"\\ud800", "surrogate"},
                 {"(?<n>a)", "(?P<name>...)"},
                 {"a{3,2}", "at least 3 and at most 2"},
                 {"[a", "a class without its ]"},
                 {"(?P<n>a)(?P<n>b)", "two groups"},
                 {"a)", "a ) without its ("},
                 {"\\1", "has not been"},
                 {"a{1,70000}", "number too big"}};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    BS_TEST_FAILS(bs_postprocess("a", 1, 128, NULL, refused[i].regex, &out, &err), BS_ERR_INPUT,
                  err, refused[i].reason);
  BS_TEST_FAILS(bs_postprocess("a\xFF", 2, 128, NULL, "a", &out, &err), BS_ERR_INPUT, err,
                "byte 1");
  char text[2001];
  memset(text, 'a', 2000);
  text[2000] = '\0';
  BS_TEST_FAILS(bs_postprocess(text, 2000, 0, NULL, "(?:a|aa)+[^a]", &out, &err), BS_ERR_LIMIT, err,
                "too long");
  bs_text_free(&out);
}

static void settled_predictions_stay(void) {
  /* Every prefix of every text that is said to be settled gives what the whole text gives. */
  static const struct {
    size_t max_length;
    const char *stop, *regex;
  } ways[] = {{128, NULL, DEFAULT}, {128, "\n", OPERATORS}, {128, "\n", NULL},  {4, NULL, NULL},
              {6, "ab", "b?"},      {128, "Q:", "\\w+\\b"}, {128, NULL, "^.*$"}};
  static const char *const texts[] = {"\nabc. De ab\nQ: x\n 12.\nabab", "17\n18\xC3\xA9\xC3\xA9.\n",
                                      "\xE4\xBD\xA0\xE5\xA5\xBD Q: Q: 3\n\n3", "ab ab", "-5."};
  size_t n_settled = 0;
  bs_error err = {0};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
      size_t n = strlen(texts[j]);
      for (size_t k = 0; k <= n; k++) {
        if (!bs_prediction_settled(texts[j], k, ways[i].max_length, ways[i].stop, ways[i].regex))
          continue;
        n_settled++;
        bs_text all = {0}, part = {0};
        BS_TEST_OK(bs_postprocess(texts[j], n, ways[i].max_length, ways[i].stop, ways[i].regex,
                                  &all, &err),
                   err);
        BS_TEST_OK(bs_postprocess(texts[j], k, ways[i].max_length, ways[i].stop, ways[i].regex,
                                  &part, &err),
                   err);
        CU_ASSERT_STRING_EQUAL(all.data, part.data);
        bs_text_free(&all);
        bs_text_free(&part);
      }
    }
  }
  CU_ASSERT_TRUE(n_settled > 100);
  CU_ASSERT_TRUE(bs_prediction_settled("abc.", 4, 128, NULL, DEFAULT));
  CU_ASSERT_FALSE(bs_prediction_settled("abc", 3, 128, NULL, DEFAULT));
  CU_ASSERT_TRUE(bs_prediction_settled("12\n", 3, 128, "\n", OPERATORS));
  CU_ASSERT_FALSE(bs_prediction_settled("12", 2, 128, "\n", OPERATORS));
  CU_ASSERT_TRUE(bs_prediction_settled("abcd", 4, 4, NULL, NULL));
}

int main(void) {
  static const bs_test tests[] = {
      {"BLEU is sacrebleu's", bleu_is_sacrebleus},
      {"ROUGE is rouge_score's", rouge_is_the_packages},
      {"calibration is the definition's", calibration_is_the_definitions},
      {"impossible distributions do not count", impossible_distributions_do_not_count},
      {"ties are broken by SHA-256", ties_are_broken_by_sha256},
      {"text is matched exactly", text_is_matched_exactly},
      {"means have their errors", means_have_their_errors},
      {"intl splits by category", intl_splits_by_category},
      {"text is postprocessed as Python does", text_is_postprocessed_as_python_does},
      {"bad expressions are errors", bad_expressions_are_errors},
      {"settled predictions stay", settled_predictions_stay},
  };
  return bs_test_main("scoring", tests, sizeof tests / sizeof *tests);
}
